"""Fold problems from rows: the training side's imputer, encoder and scaler are fitted and used."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError
from runner.folds.problem import FoldProblem, Side
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from runner.folds.preparation import Preparation
    from runner.records import Floats, Integers, Table

NO_COLUMN = (
    "no column is left: imputer.columns.drop leaves out all of them, or imputer.indicator=only "
    "finds none with gaps"
)


def problem_from_rows(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    fit_intercept: bool,
) -> FoldProblem:
    """Fit the preparation on the training rows and apply it to both sides.

    Args:
        table: all rows.
        training: positions of the training rows.
        validation: positions of the validation rows, possibly none.
        preparation: what to fit.
        fit_intercept: whether both sides are centred by the training side's means.
    """
    training, validation = kept_rows(table, training, validation, preparation)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X, X_validation = prepare_rows(table, training, validation, preparation)
    y = table.target[training]
    weight = np.ones(len(y)) if table.weight is None else table.weight[training]
    centre = np.average(X, axis=0, weights=weight) if fit_intercept else np.zeros(X.shape[1])
    y_mean = float(np.average(y, weights=weight)) if fit_intercept else 0.0
    side = Side(
        X=X_validation - centre,
        y=table.target[validation],
        weight=None if table.weight is None else table.weight[validation],
    )
    return FoldProblem(
        train=_pose(X - centre, y - y_mean, weight),
        intercept=y_mean,
        make_side=lambda: side,
        warnings=tuple(str(warning.message).splitlines()[0] for warning in caught),
    )


def kept_rows(
    table: Table, training: Integers, validation: Integers, preparation: Preparation
) -> tuple[Integers, Integers]:
    """The rows that train, and those that get a prediction, by the imputer's rule for rows.

    Raises:
        FitError: no row is left to train on.
        DataError: a validation row must be refused.
    """
    rule = preparation.imputer.rows
    if rule.drop is None:
        return training, validation
    kept = training[rule.within(table.features.iloc[training])]
    if not len(kept):
        raise FitError(
            f"every training row misses more than {rule.drop:.0%} of its features: "
            "raise imputer.rows.drop"
        )
    return kept, validation[rule.predicted(table.features.iloc[validation])]


def prepare_rows(
    table: Table, training: Integers, validation: Integers, preparation: Preparation
) -> tuple[Floats, Floats]:
    """Both sides as the model sees them, (n, q) each, after what the training side says."""
    transformer = preparation.transformer()
    weight = None if table.weight is None else table.weight[training]
    with warnings.catch_warnings():
        # a level that the training side lacks becomes zeros, as intended
        warnings.filterwarnings("ignore", message="Found unknown categories")
        X = transformer.fit_transform(
            table.frame.iloc[training], **preparation.fit_parameters(weight)
        )
        if X.shape[1] == 0:
            raise FitError(NO_COLUMN)
        X_validation = (
            transformer.transform(table.frame.iloc[validation])
            if len(validation)
            else np.empty((0, X.shape[1]))
        )
    return np.asarray(X, dtype=np.float64), np.asarray(X_validation, dtype=np.float64)


def _pose(X: Floats, y: Floats, weight: Floats) -> GramProblem | RowProblem:
    """Cross products, unless they would be larger than the rows."""
    n, q = X.shape
    if q > n:
        return RowProblem(X=X, y=y, weight=weight, centre=np.zeros(q), scale=np.ones(q))
    share = weight / weight.sum()
    root = np.sqrt(share)
    Z = X * root[:, None]
    return GramProblem(gram=Z.T @ Z, xy=Z.T @ (root * y), yy=float(share @ y**2))
