"""Chained ridge regressions by updates of one Gram matrix: incomplete columns in, complete out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.linalg import blas, lapack
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from runner.imputer.iterative_form import iterative_form
from runner.imputer.reading import read_gaps

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


class ChainedRidge(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
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
        draw_seed: if given, missing values are drawn around the predictions of regressions drawn
            from their posterior (see `_draw`), in `max_iter` rounds. Rows that are transformed
            later get the predictions of the drawn regressions, without the draws around them: a
            linear model's average over these is its prediction there.
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        max_iter: int = 10,
        tol: float = 1e-3,
        draw_seed: int | None = None,
    ) -> None:
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.draw_seed = draw_seed

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the regressions; see `fit_transform`."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None, **_: object) -> Floats:
        """Learn the regressions from rows (n, p), and return these rows completed.

        A column without any observed value is filled with 0.
        """
        del y
        values = read_gaps(self, X, reset=True)
        missing = np.isnan(values)
        empty = missing.all(axis=0)
        self.mean_: Floats = np.nansum(values, axis=0) / np.maximum((~missing).sum(axis=0), 1)
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
        values = read_gaps(self, X, reset=False)
        missing = np.isnan(values)
        filled = np.where(missing, self.mean_, values)
        rows = [np.flatnonzero(column) for column in missing.T]
        for regression in self.regressions_:
            gaps = rows[regression.target]
            if gaps.size:
                predicted = filled[gaps] @ regression.coefficients + regression.intercept
                filled[gaps, regression.target] = predicted
        return filled

    def as_iterative_imputer(self, X: ArrayLike) -> IterativeImputer:
        """A fitted scikit-learn imputer that transforms as this one does.

        Args:
            X: (n, p), the rows that this one was fitted to.
        """
        from sklearn.linear_model import Ridge

        regressors = []
        for regression in self.regressions_:
            ridge = Ridge(alpha=self.alpha)
            ridge.coef_ = np.delete(regression.coefficients, regression.target)
            ridge.intercept_ = regression.intercept
            ridge.n_features_in_ = len(ridge.coef_)
            regressors.append((regression.target, ridge))
        return iterative_form(
            X,
            regressors,
            n_iter=self.n_iter_,
            skip_complete=False,
            estimator=Ridge(alpha=self.alpha),
            max_iter=self.max_iter,
            tol=self.tol,
        )

    def _run_rounds(self, filled: Floats, missing: Booleans, largest: float) -> None:
        """Complete `filled` in place, and keep every regression on the way."""
        n, p = filled.shape
        A = np.empty((n, p + 1))  # row-major: rows are gathered, again and again
        # centred, so that the Gram keeps its digits
        A[:, :p], A[:, p] = filled - self.mean_, 1.0
        gram = A.T @ A
        rows = [np.flatnonzero(column) for column in missing.T]
        order = np.argsort(missing.mean(axis=0), kind="mergesort")
        rng = None if self.draw_seed is None else np.random.default_rng(self.draw_seed)
        self.converged_ = False
        while self.n_iter_ < self.max_iter and not self.converged_:
            change = np.zeros(n)
            for j in order:
                gaps = A.take(rows[j], axis=0)
                regression, noise = _regress(gram, gaps, int(j), self.alpha, rng)
                self.regressions_.append(self._uncentred(regression))
                if gaps.size:
                    predicted = gaps[:, :p] @ regression.coefficients + regression.intercept
                    if rng is not None:
                        predicted += noise * rng.standard_normal(len(predicted))
                    change[rows[j]] += np.abs(predicted - gaps[:, j])
                    _replace(gram, gaps, int(j), predicted)
                    A[rows[j], j] = predicted
            self.n_iter_ += 1
            # draws have no limit: they end after all rounds
            self.converged_ = bool(change.max() < self.tol * largest) and rng is None
        self.converged_ |= rng is not None
        filled[:] = np.where(missing, A[:, :p] + self.mean_, filled)

    def _uncentred(self, regression: Regression) -> Regression:
        """The same regression of the columns in their own units."""
        j, b = regression.target, regression.coefficients
        return Regression(j, b, float(regression.intercept + self.mean_[j] - self.mean_ @ b))


def _regress(
    gram: Floats, gaps: Floats, j: int, alpha: float, rng: np.random.Generator | None
) -> tuple[Regression, float]:
    """Ridge of column j on the others over the rows that are not `gaps`, and the noise around it.

    With H = A'A - A_R'A_R = [[S, s], [s', N]] and m = s / N, the centred cross products are
    C = S - N m m', and the coefficients b solve (C + alpha I) b = C_j without row and column j;
    a row and column of zeros in their place, with a 1 on the diagonal, leaves b_j = 0.

    With `rng`, regression and noise are drawn from their posterior; without, the noise is 0.
    """
    p = len(gram) - 1
    H = blas.dsyrk(-1.0, gaps.T, beta=1.0, c=gram.T, lower=0) if gaps.size else gram.T.copy("F")
    N = H[p, p]  # only the upper triangles are right, here and below
    m = H[:p, p] / N
    C = blas.dsyr(-N, m, a=H[:p, :p], lower=0)
    own = C[j, j]
    right = np.concatenate([C[:j, j], [0.0], C[j, j + 1 :]])
    C[:j, j], C[j, j + 1 :] = 0.0, 0.0
    C[np.arange(p), np.arange(p)] += alpha
    C[j, j] = 1.0
    factor, b, failed = lapack.dposv(C, right, lower=0)
    if failed:  # alpha is 0, and columns depend on one another
        full = np.triu(C) + np.triu(C, 1).T
        b = np.linalg.lstsq(full, right)[0]
    mean, noise = m[j], 0.0
    if rng is not None and not failed:
        # (C + alpha I) b = C_j, so that the sum of squared residuals is as follows
        squares = max(own - b @ right - alpha * (b @ b), 0.0)
        b, mean, noise = _draw(factor, b, float(mean), squares=squares, N=float(N), rng=rng)
        b[j] = 0.0
    return Regression(j, b, float(mean - m @ b)), noise


def _draw(  # noqa: PLR0913 - the letters of one formula
    factor: Floats, b: Floats, mean: float, *, squares: float, N: float, rng: np.random.Generator
) -> tuple[Floats, float, float]:
    """Draw the coefficients, the mean and the residual spread from their posterior.

    With U'U = C + alpha I, q coefficients and z, z0 standard normal,

        s^2 ~ squares / chi2(N - q - 1)    b* = b + s U^-1 z    mean* = mean + s z0 / sqrt(N)

    (Rubin 1987, p. 167; with a ridge, van Buuren 2018, algorithm 3.1).
    """
    freedom = max(N - len(b), 1.0)  # one of the p columns is the target
    noise = float(np.sqrt(squares / rng.chisquare(freedom)))
    away, _ = lapack.dtrtrs(factor, rng.standard_normal(len(b)), lower=0)
    return b + noise * away, mean + noise * rng.standard_normal() / np.sqrt(N), noise


def _replace(gram: Floats, gaps: Floats, j: int, predicted: Floats) -> None:
    """Update A'A, in place, for column j of the rows `gaps` becoming `predicted`."""
    old = gaps[:, j]
    step = gaps.T @ (predicted - old)
    gram[j, :] += step
    gram[:, j] += step
    gram[j, j] += predicted @ predicted - old @ old - 2 * step[j]
