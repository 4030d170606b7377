"""Fold problems from rows: the training side's imputer, encoder and scaler are fitted and used."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError
from runner.folds.problem import FoldProblem, Side
from runner.records import GramProblem, PooledProblem, RowProblem

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
    make = _single
    if preparation.imputer.draws > 1:
        from runner.folds.draws import pooled, stacked

        make = stacked if preparation.imputer.stacks else pooled
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        posed = make(table, training, validation, preparation, fit_intercept=fit_intercept)
    side = Side(
        X=posed.X_validation,
        y=table.target[validation],
        weight=None if table.weight is None else table.weight[validation],
    )
    return FoldProblem(
        train=posed.train,
        intercept=posed.intercept,
        make_side=lambda: side,
        warnings=tuple(dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)),
    )


@dataclass(frozen=True)
class Posed:
    """A training side as a problem, and the validation rows in its coordinates."""

    train: GramProblem | RowProblem | PooledProblem
    intercept: float
    X_validation: Floats  # (n, q)


def _single(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    fit_intercept: bool,
) -> Posed:
    X, X_validation = prepare_rows(table, training, validation, preparation)
    y, weight = table.target[training], training_weight(table, training)
    return pose(X, y, weight, X_validation, fit_intercept=fit_intercept)


def pose(
    X: Floats, y: Floats, weight: Floats, X_validation: Floats, *, fit_intercept: bool
) -> Posed:
    """Centre both sides by the training side's weighted means, if an intercept is fitted."""
    centre = np.average(X, axis=0, weights=weight) if fit_intercept else np.zeros(X.shape[1])
    y_mean = float(np.average(y, weights=weight)) if fit_intercept else 0.0
    return Posed(_problem(X - centre, y - y_mean, weight), y_mean, X_validation - centre)


def training_weight(table: Table, training: Integers) -> Floats:
    """The rows' weights, (n,), 1 where the dataset has none."""
    return np.ones(len(training)) if table.weight is None else table.weight[training]


def kept_rows(
    table: Table, training: Integers, validation: Integers, preparation: Preparation
) -> tuple[Integers, Integers]:
    """The rows that train, and those that get a prediction, by the imputer's rule for rows.

    Raises:
        FitError: no row is left to train on, or to predict.
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
    predicted = validation[rule.predicted(table.features.iloc[validation])]
    if len(validation) and not len(predicted):
        raise FitError(
            f"every row to predict misses more than {rule.drop:.0%} of its features: "
            "raise imputer.rows.drop, or set imputer.rows.predict=impute"
        )
    return kept, predicted


def prepare_rows(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    scaled: bool = True,
) -> tuple[Floats, Floats]:
    """Both sides as the model sees them, (n, q) each, after what the training side says.

    Without `scaled`, as they are before they are standardised.
    """
    columns = preparation.transformer()[:1]
    weight = None if table.weight is None else table.weight[training]
    with warnings.catch_warnings():
        # a level that the training side lacks becomes zeros, as intended
        warnings.filterwarnings("ignore", message="Found unknown categories")
        X = columns.fit_transform(table.frame.iloc[training])
        if X.shape[1] == 0:
            raise FitError(NO_COLUMN)
        X_validation = (
            columns.transform(table.frame.iloc[validation])
            if len(validation)
            else np.empty((0, X.shape[1]))
        )
    for _, scaler in preparation.features.scaler_steps() if scaled else []:
        X = scaler.fit_transform(X, sample_weight=weight)
        X_validation = scaler.transform(X_validation) if len(validation) else X_validation
    return np.asarray(X, dtype=np.float64), np.asarray(X_validation, dtype=np.float64)


def _problem(X: Floats, y: Floats, weight: Floats) -> GramProblem | RowProblem:
    """Cross products, unless they would be larger than the rows."""
    n, q = X.shape
    if q > n:
        return RowProblem(X=X, y=y, weight=weight, centre=np.zeros(q), scale=np.ones(q))
    share = weight / weight.sum()
    root = np.sqrt(share)
    Z = X * root[:, None]
    return GramProblem(gram=Z.T @ Z, xy=Z.T @ (root * y), yy=float(share @ y**2))
