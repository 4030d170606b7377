"""Chained ridge regressions by updates of one Gram matrix: incomplete columns in, complete out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.linalg import blas, lapack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from sklearn.impute import IterativeImputer

    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class Regression:
    """Column `target` as intercept + x'coefficients, where the target's own coefficient is 0."""

    target: int
    coefficients: Floats  # (p,)
    intercept: float


class ChainedRidge(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The numbers of `IterativeImputer(Ridge(alpha))`, for a fraction of the work.

    Missing values start as the column's mean. In each round, column after column (the least
    missing first) is regressed on all others over the rows where it is observed, and its missing
    values are replaced by the predictions; rounds end when the largest change of a row (the sum
    over its cells) is below `tol` times the largest observed value, or after `max_iter` of them.
    With A = [X, 1] of the values as they stand, and R the rows where column j is missing, the
    regression needs

        A'A - A_R' A_R

    only, and replacing column j changes A'A in its row and column j, by A_R' (new - old). So a
    column costs |R| p^2 and not n p^2, and no row is touched where nothing is missing.

    Args:
        alpha: penalty of the sum of squared coefficients, as Ridge has it.
        max_iter: rounds at the most.
        tol: see above.
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        max_iter: int = 10,
        tol: float = 1e-3,
    ) -> None:
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the regressions; see `fit_transform`."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None, **_: object) -> Floats:
        """Learn the regressions from rows (n, p), and return these rows completed.

        A column without any observed value is filled with 0.
        """
        del y
        values, missing = self._read(X, reset=True)
        empty = missing.all(axis=0)
        with np.errstate(invalid="ignore"):
            mean = np.nansum(values, axis=0) / np.maximum((~missing).sum(axis=0), 1)
        self.mean_: Floats = np.where(empty, 0.0, mean)
        self.gappy_: Integers = np.flatnonzero(missing.any(axis=0))
        self.regressions_: list[Regression] = []
        self.n_iter_ = 0
        self.converged_ = True
        filled = np.where(missing, self.mean_, values)
        if self.gappy_.size and values.shape[1] > 1:
            self._run_rounds(filled, missing & ~empty, float(np.nanmax(np.abs(values))))
        return filled

    def transform(self, X: ArrayLike) -> Floats:
        """Complete rows (n, p) by the regressions learnt, in the order in which they were."""
        check_is_fitted(self)
        values, missing = self._read(X, reset=False)
        filled = np.where(missing, self.mean_, values)
        rows = [np.flatnonzero(column) for column in missing.T]
        for regression in self.regressions_:
            gaps = rows[regression.target]
            if gaps.size:
                predicted = filled[gaps] @ regression.coefficients + regression.intercept
                filled[gaps, regression.target] = predicted
        return filled

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> Any:  # noqa: ANN401
        """The columns' names."""
        return np.asarray(
            getattr(self, "feature_names_in_", None) if input_features is None else input_features,
            dtype=object,
        )

    def as_iterative_imputer(self, X: ArrayLike) -> IterativeImputer:
        """A fitted scikit-learn imputer that transforms as this one does.

        Args:
            X: (n, p), the rows that this one was fitted to.
        """
        from sklearn.dummy import DummyRegressor
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
        from sklearn.impute import IterativeImputer
        from sklearn.linear_model import Ridge

        imputer = IterativeImputer(
            DummyRegressor(),
            max_iter=1,
            tol=1e9,  # one round of means, to have every attribute set
            keep_empty_features=True,
        ).fit(np.array(X, dtype=np.float64))
        step = type(imputer.imputation_sequence_[0]) if imputer.imputation_sequence_ else None
        everyone = np.arange(self.n_features_in_)
        sequence = []
        for regression in self.regressions_:
            others = np.delete(everyone, regression.target)
            ridge = Ridge(alpha=self.alpha)
            ridge.coef_ = regression.coefficients[others]
            ridge.intercept_ = regression.intercept
            ridge.n_features_in_ = len(others)
            sequence.append(step(regression.target, others, ridge))  # type: ignore[misc]
        imputer.set_params(estimator=Ridge(alpha=self.alpha), max_iter=self.max_iter, tol=self.tol)
        imputer.imputation_sequence_, imputer.n_iter_ = sequence, self.n_iter_
        return imputer

    def _read(self, X: ArrayLike, *, reset: bool) -> tuple[Floats, Booleans]:
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset
        )
        return values, np.isnan(values)

    def _run_rounds(self, filled: Floats, missing: Booleans, largest: float) -> None:
        """Complete `filled` in place, and keep every regression on the way."""
        n, p = filled.shape
        A = np.empty((n, p + 1))  # row-major: rows are gathered, again and again
        # centred, so that the Gram keeps its digits
        A[:, :p], A[:, p] = filled - self.mean_, 1.0
        gram = A.T @ A
        rows = [np.flatnonzero(column) for column in missing.T]
        order = np.argsort(missing.mean(axis=0), kind="mergesort")
        self.converged_ = False
        while self.n_iter_ < self.max_iter and not self.converged_:
            change = np.zeros(n)
            for j in order:
                gaps = A.take(rows[j], axis=0)
                regression = _regress(gram, gaps, int(j), self.alpha)
                self.regressions_.append(self._uncentred(regression))
                if gaps.size:
                    predicted = gaps[:, :p] @ regression.coefficients + regression.intercept
                    change[rows[j]] += np.abs(predicted - gaps[:, j])
                    _replace(gram, gaps, int(j), predicted)
                    A[rows[j], j] = predicted
            self.n_iter_ += 1
            self.converged_ = bool(change.max() < self.tol * largest)
        filled[:] = np.where(missing, A[:, :p] + self.mean_, filled)

    def _uncentred(self, regression: Regression) -> Regression:
        """The same regression of the columns in their own units."""
        j, b = regression.target, regression.coefficients
        return Regression(j, b, float(regression.intercept + self.mean_[j] - self.mean_ @ b))


def _regress(gram: Floats, gaps: Floats, j: int, alpha: float) -> Regression:
    """Ridge of column j on the others over the rows that are not `gaps`.

    With H = A'A - A_R'A_R = [[S, s], [s', N]] and m = s / N, the centred cross products are
    C = S - N m m', and the coefficients b solve (C + alpha I) b = C_j without row and column j;
    a row and column of zeros in their place, with a 1 on the diagonal, leaves b_j = 0.
    """
    p = len(gram) - 1
    H = blas.dsyrk(-1.0, gaps.T, beta=1.0, c=gram.T, lower=0) if gaps.size else gram.T.copy("F")
    N = H[p, p]  # only the upper triangles are right, here and below
    m = H[:p, p] / N
    C = blas.dsyr(-N, m, a=H[:p, :p], lower=0)
    right = np.concatenate([C[:j, j], [0.0], C[j, j + 1 :]])
    C[:j, j], C[j, j + 1 :] = 0.0, 0.0
    C[np.arange(p), np.arange(p)] += alpha
    C[j, j] = 1.0
    _, b, failed = lapack.dposv(C, right, lower=0, overwrite_a=1)
    if failed:  # alpha is 0, and columns depend on one another
        full = np.triu(C) + np.triu(C, 1).T
        b = np.linalg.lstsq(full, right)[0]
    return Regression(j, b, float(m[j] - m @ b))


def _replace(gram: Floats, gaps: Floats, j: int, predicted: Floats) -> None:
    """Update A'A, in place, for column j of the rows `gaps` becoming `predicted`."""
    old = gaps[:, j]
    step = gaps.T @ (predicted - old)
    gram[j, :] += step
    gram[:, j] += step
    gram[j, j] += predicted @ predicted - old @ old - 2 * step[j]
