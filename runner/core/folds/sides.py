"""A fold's rows come in; both sides as the model sees them, and a problem to solve, go out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from runner.core.folds.model_columns import ModelColumns
from runner.core.folds.wide_rows import WideRows, suits
from runner.core.path import to_gram
from runner.core.target_scale import learn_scale
from runner.errors import FitError
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from runner.core.folds.preparation import Preparation
    from runner.core.target_scale import TargetScale
    from runner.records import Floats, Integers, Matrix, Table

MANY_CELLS = 10_000_000  # of a dense X, of which no copy is made that differs by rounding alone
ROUNDING = 1e-12  # of a mean
SPARSE_COLUMNS = 1000  # above this a sparse X is solved by its rows, and not by its Gram
NO_COLUMN = (
    "no column is left: imputer.columns.drop leaves out all of them, or imputer.indicator=only "
    "finds none with gaps"
)


@dataclass(frozen=True)
class FoldRows:
    """The rows that train and that are predicted, and what they are prepared with."""

    table: Table
    training: Integers
    validation: Integers
    preparation: Preparation
    fit_intercept: bool  # whether both sides are centred by the training side's means

    @cached_property
    def target_scale(self) -> TargetScale | None:
        """How the target is transformed, learnt from the training rows, if it is."""
        return learn_scale(self.table.transform_name, self.table.target[self.training])

    @property
    def y(self) -> Floats:
        """The training rows' target, (n,), as the model is fitted to it."""
        y = self.table.target[self.training]
        return y if self.target_scale is None else self.target_scale.apply(y)

    @property
    def weight(self) -> Floats:
        """The training rows' weights, (n,), 1 where the dataset has none."""
        return training_weight(self.table, self.training)

    def prepare(
        self, preparation: Preparation, *, scaled: bool = True
    ) -> tuple[Matrix, Matrix, ModelColumns]:
        """Both sides after a preparation, see `prepare_rows`, and their columns."""
        return prepare_sides(self.table, self.training, self.validation, preparation, scaled=scaled)

    def prepare_densely(
        self, preparation: Preparation, *, scaled: bool = True
    ) -> tuple[Floats, Floats, ModelColumns]:
        """The same for several imputations, whose rows are none of them sparse."""
        X, X_validation, columns = self.prepare(preparation, scaled=scaled)
        return as_dense(X), as_dense(X_validation), columns


@dataclass(frozen=True)
class Posed:
    """A training side as a problem, and where its coordinates have their origin."""

    train: GramProblem | RowProblem
    intercept: float
    centre: Floats  # (q,)

    @classmethod
    def of(cls, X: Matrix, y: Floats, weight: Floats, *, fit_intercept: bool) -> Posed:
        """Centre by the weighted means, if an intercept is fitted."""
        rows, intercept, centre = _centred(X, y, weight, fit_intercept=fit_intercept)
        n, q = X.shape
        if q > n or (q > SPARSE_COLUMNS and sparse.issparse(X)):
            return cls(rows, intercept, centre)
        crossed = to_gram(rows) if sparse.issparse(X) else _cross_products(rows)
        return cls(crossed, intercept, centre)

    @classmethod
    def of_rows(cls, X: Matrix, y: Floats, weight: Floats, *, fit_intercept: bool) -> Posed:
        """The same, kept as rows whatever their number."""
        return cls(*_centred(X, y, weight, fit_intercept=fit_intercept))


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
    X, X_validation, _ = prepare_sides(table, training, validation, preparation, scaled=scaled)
    return as_dense(X), as_dense(X_validation)


def prepare_sides(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    scaled: bool = True,
) -> tuple[Matrix, Matrix, ModelColumns]:
    """Both sides, as `prepare_rows` has them, and their columns."""
    if suits(table, preparation):
        wide = WideRows.of(table, training, validation, preparation, scaled=scaled)
        return wide.X, wide.X_validation, ModelColumns.as_given(table.numeric, wide.scale)
    columns = preparation.unscaled(table)
    weight = None if table.weight is None else table.weight[training]
    with warnings.catch_warnings():
        # a level that the training side lacks becomes zeros, as intended
        warnings.filterwarnings("ignore", message="Found unknown categories")
        X = columns.fit_transform(table.frame_rows(training), table.target[training])
        if X.shape[1] == 0:
            raise FitError(NO_COLUMN)
        X_validation = (
            columns.transform(table.frame_rows(validation))
            if len(validation)
            else np.empty((0, X.shape[1]))
        )
    scale = None
    for _, scaler in preparation.scaler_steps() if scaled else []:
        X = scaler.fit_transform(X, sample_weight=weight)
        X_validation = scaler.transform(X_validation) if len(validation) else X_validation
        scale = scaler.scale_
    return as_matrix(X), as_matrix(X_validation), ModelColumns.of(columns, scale)


def as_dense(X: Matrix) -> Floats:
    """The same with every 0 in it."""
    return X if isinstance(X, np.ndarray) else X.toarray()


def as_matrix(X: Any) -> Matrix:  # noqa: ANN401 - any array or sparse matrix
    """The same as floats, a sparse one by columns, as solvers take it."""
    if sparse.issparse(X):
        columns: sparse.csc_array = sparse.csc_array(X)  # type: ignore[call-overload]
        return columns.astype(np.float64, copy=False)
    return np.asarray(X, dtype=np.float64)


def _centred(
    X: Matrix, y: Floats, weight: Floats, *, fit_intercept: bool
) -> tuple[RowProblem, float, Floats]:
    """The rows as a problem, the intercept and the origin, (q,); a sparse X is not touched."""
    q = X.shape[1]
    centre = X.T @ (weight / weight.sum()) if fit_intercept else np.zeros(q)
    y_mean = float(np.average(y, weights=weight)) if fit_intercept else 0.0
    if not sparse.issparse(X) and X.size > MANY_CELLS and np.abs(centre).max() < ROUNDING:
        return RowProblem(X, y - y_mean, weight, np.zeros(q), np.ones(q)), y_mean, np.zeros(q)
    if sparse.issparse(X):
        rows = RowProblem(X, y - y_mean, weight, centre=centre, scale=np.ones(q))
    else:
        rows = RowProblem(X - centre, y - y_mean, weight, centre=np.zeros(q), scale=np.ones(q))
    return rows, y_mean, centre


def _cross_products(rows: RowProblem) -> GramProblem:
    share = rows.weight / rows.weight.sum()
    root = np.sqrt(share)
    Z = rows.X * root[:, None]
    return GramProblem(gram=Z.T @ Z, xy=Z.T @ (root * rows.y), yy=float(share @ rows.y**2))
