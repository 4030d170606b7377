"""Least squares of weighted rows with a penalty: one step of a likelihood that is taken by rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet

from runner.core.path.native.follow_rows import Rows, follow_rows
from runner.core.path.native.library import library
from runner.core.path.native.path_penalty import PathPenalty
from runner.records import RowProblem

if TYPE_CHECKING:
    from runner.records import Floats, Matrix

SWEEPS = 1000  # of coordinate descent
TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class Weighted:
    """The quadratic sum_i w_i (z_i - b0 - b'x_i)^2 / 2, with an intercept b0 or without.

    A sparse X is never filled: it is centred by its means.
    """

    X: Matrix  # (n, k)
    target: Floats  # (n,), z
    weight: Floats  # (n,), w, positive
    with_intercept: bool

    def minimise(
        self, alpha: float, l1_ratio: float, leave: float, start: Floats
    ) -> tuple[Floats, float]:
        """Coefficients, (k,), and the intercept, at most `leave` above the least objective.

        Args:
            alpha: the penalty's strength, on the scale of the sum.
            l1_ratio: its L1 share, positive.
            leave: of the objective, what need not be gained.
            start: coefficients, (k,), to set out from.
        """
        total = self.weight.sum()
        mean = float(self.weight @ self.target) / total if self.with_intercept else 0.0
        if not len(start):
            return start, mean
        tol = leave / max(float(self.weight @ (self.target - mean) ** 2), TINY)
        found = self._compiled(alpha / total, l1_ratio, tol, start, mean)
        return self._by_numpy(alpha / total, l1_ratio, tol, start) if found is None else found

    def _compiled(
        self, alpha: float, l1_ratio: float, tol: float, start: Floats, mean: float
    ) -> tuple[Floats, float] | None:
        if library() is None:
            return None
        k = self.X.shape[1]
        centre = np.zeros(k)
        if self.with_intercept:
            centre = np.asarray(self.weight @ self.X) / self.weight.sum()
        rows = Rows.of(RowProblem(self.X, self.target - mean, self.weight, centre, np.ones(k)))
        if rows is None:
            return None
        l1 = alpha * l1_ratio
        found = follow_rows(
            rows,
            PathPenalty(np.array([l1]), np.array([alpha - l1])),
            tol=tol,
            most=SWEEPS,
            patience=SWEEPS,
            before=l1,
            kept=np.zeros(1, dtype=np.int64),
            start=start,
        )
        if found is None:
            return None
        b = found.coefficients[:, 0]
        return b, mean - float(centre @ b)

    def _by_numpy(
        self, alpha: float, l1_ratio: float, tol: float, start: Floats
    ) -> tuple[Floats, float]:
        model = ElasticNet(
            alpha=alpha,
            l1_ratio=l1_ratio,
            fit_intercept=self.with_intercept,
            tol=tol,
            max_iter=SWEEPS,
            warm_start=True,
            random_state=0,
        )
        model.coef_ = start
        X = self.X
        if sparse.issparse(X):
            X = sparse.csc_array(X)
            X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, self.target, sample_weight=self.weight)
        return model.coef_, float(model.intercept_)
