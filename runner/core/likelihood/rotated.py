"""Ridge and unpenalised models of more columns than rows, in as many columns as there are rows.

With penalty factors f and the penalised columns X diag(f)^-1/2 = U S V', the coefficients of least
penalty with the linear predictors U S z are b = diag(f)^-1/2 V z, whose penalty is that of z:

    sum_j f_j b_j^2 = |z|^2.

So z is solved for, with the columns U S, and b follows. Columns without a penalty stay as they are.
The gap is the same, as V' V is the identity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood.problem import LikelihoodProblem

if TYPE_CHECKING:
    from runner.core.likelihood.problem import LikelihoodPaths
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, Integers, Matrix

NOTHING = 1e-13  # of the largest eigenvalue, below which one is rounding


@dataclass(frozen=True)
class Rotation:
    """From coefficients of few columns to those of all q."""

    columns: Floats  # (n, r): those without a penalty, then U S
    free: Integers  # positions of the former
    back: Floats  # diag(f)^-1/2 V, (q, r - free), 0 for the former

    @classmethod
    def of(cls, X: Matrix, factors: Floats) -> Rotation:
        """Of the columns (n, q)."""
        free = np.flatnonzero(factors == 0)
        held = np.divide(1.0, np.sqrt(factors), out=np.zeros_like(factors), where=factors > 0)
        scaled = X * held if isinstance(X, np.ndarray) else X @ sparse.diags_array(held)
        kernel = scaled @ scaled.T
        kernel = kernel if isinstance(kernel, np.ndarray) else kernel.toarray()
        squares, U = np.linalg.eigh(kernel)
        kept = squares > NOTHING * squares[-1]
        size, U = np.sqrt(squares[kept]), U[:, kept]
        back = held[:, None] * np.asarray(scaled.T @ (U / size))
        bare = X[:, free]
        bare = bare if isinstance(bare, np.ndarray) else bare.toarray()
        return cls(np.hstack([bare, U * size]), free, back)

    def problem(self, problem: LikelihoodProblem) -> LikelihoodProblem:
        """The same with the few columns."""
        return LikelihoodProblem(self.columns, problem.likelihood, problem.fit_intercept)

    def settings(self, settings: PathSettings) -> PathSettings:
        """The same with the few columns' factors, from the start."""
        factors = np.ones(self.columns.shape[1])
        factors[: len(self.free)] = 0.0
        return replace(settings, penalty_factors=factors, start=None)

    def paths(self, found: LikelihoodPaths) -> LikelihoodPaths:
        """With the coefficients of all columns."""
        count = len(self.free)
        coefficients = found.coefficients[..., count:] @ self.back.T
        coefficients[..., self.free] = found.coefficients[..., :count]
        return replace(found, coefficients=coefficients)
