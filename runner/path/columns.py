"""The columns (X - centre) / scale of a row problem, which are never formed for a sparse X.

With weights w, W = sum(w) and Z = (X - centre) / scale:

    gradient of a residual r     Z' diag(w) r / W = (X' (w r) - centre sum(w r)) / (scale W)
    fitted values                Z b = X (b / scale) - sum(centre b / scale)
    cross products               Z_A' diag(w) Z_B / W
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats, Integers, RowProblem


@dataclass(frozen=True)
class Columns:
    """Products with the columns of a row problem of shape (n, p)."""

    problem: RowProblem
    weight: Floats  # (n,), w / W

    @property
    def yy(self) -> float:
        """The weighted mean of y squared."""
        return float(self.weight @ self.problem.y**2)

    def gradient(self, residual: Floats) -> Floats:
        """Z' diag(w) r / W, (p,) or (p, a), of residuals (n,) or (n, a)."""
        weighted = (self.weight * residual.T).T
        product = (self.problem.X.T @ weighted).T - np.multiply.outer(
            weighted.sum(axis=0), self.problem.centre
        )
        return np.asarray((product / self.problem.scale).T)

    def fitted(self, coefficients: Floats, columns: Integers) -> Floats:
        """Z_A b, (n, a), of coefficients (k, a) of the given columns A, (k,)."""
        scaled = coefficients / self.problem.scale[columns, None]
        product = self.problem.X[:, columns] @ scaled
        return np.asarray(product - self.problem.centre[columns] @ scaled)

    def cross(self, left: Integers, right: Integers) -> Floats:
        """Z_A' diag(w) Z_B / W, (a, b), of columns A and B."""
        X, centre, scale = self.problem.X, self.problem.centre, self.problem.scale
        if sparse.issparse(X):
            weighted = sparse.diags_array(self.weight) @ X[:, right]
            product = (X[:, left].T @ weighted).toarray()
            left_mean = X[:, left].T @ self.weight
            right_mean = weighted.sum(axis=0)
            # (X - c)' w (X - d) with sum(w) = 1
            product -= np.outer(left_mean, centre[right]) + np.outer(centre[left], right_mean)
            product += np.outer(centre[left], centre[right])
        else:
            shifted = (X[:, right] - centre[right]) * self.weight[:, None]
            product = (X[:, left] - centre[left]).T @ shifted
        return np.asarray(product / np.outer(scale[left], scale[right]))


def to_columns(problem: RowProblem) -> Columns:
    """The columns of a row problem, its weights taken as shares of their sum."""
    return Columns(problem, problem.weight / problem.weight.sum())


def to_gram(problem: RowProblem) -> GramProblem:
    """The same problem as cross products of all its p columns, O(n p^2)."""
    columns = to_columns(problem)
    every = np.arange(problem.X.shape[1])
    return GramProblem(columns.cross(every, every), columns.gradient(problem.y), columns.yy)
