"""The columns of a row problem, centred, scaled and weighted; a sparse X stays sparse.

With row weights w, W = sum(w) and v = sqrt(w / W), the least-squares problem is that of

    Z = diag(v) (X - centre) / scale      t = diag(v) y

with no further weights: gram = Z'Z, xy = Z't, yy = t't. Z itself is never formed; a residual r is
that of Z and t, and

    Z' r = (X' (v r) - centre sum(v r)) / scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats, Integers, RowProblem

# How far from 0 the mean of a column may be, in units of its scale, to count as centred.
CENTRED = 1e-12


@dataclass(frozen=True)
class Columns:
    """Products with the columns Z, (n, p), of a row problem."""

    problem: RowProblem
    root: Floats  # (n,), v
    target: Floats  # (n,), t

    @property
    def count(self) -> int:
        """The number of columns, p."""
        return int(self.problem.X.shape[1])

    @property
    def yy(self) -> float:
        """The weighted mean of y squared, t't."""
        return float(self.target @ self.target)

    @cached_property
    def mean_centred(self) -> bool:
        """Whether the centre is the weighted mean of each column, and y has the mean 0."""
        weight = self.root**2
        error = np.abs(self.problem.X.T @ weight - self.problem.centre) / self.problem.scale
        return bool(
            error.max() < CENTRED and abs(self.root @ self.target) <= CENTRED * np.sqrt(self.yy)
        )

    def gradient(self, residual: Floats) -> Floats:
        """Z' r of residuals (n,) or (n, a): (p,) or (p, a)."""
        weighted = self.root * residual.T
        # One row per residual, so that what follows runs along contiguous columns. scipy takes
        # 1.6 ms for one product and 8 ms for four at once (20,000 x 20,000, density 0.5 %).
        if sparse.issparse(self.problem.X) and weighted.ndim > 1:
            product = np.array([self.problem.X.T @ row for row in weighted])
        else:
            product = weighted @ self.problem.X
        if self.problem.centre.any():
            product -= np.multiply.outer(weighted.sum(axis=-1), self.problem.centre)
        return np.asarray((product / self.problem.scale).T)

    def fitted(self, coefficients: Floats, chosen: Integers) -> Floats:
        """Z_A b, (n, a), of coefficients (k, a) of the chosen columns A, (k,)."""
        scaled = coefficients / self.problem.scale[chosen, None]
        product = self.problem.X[:, chosen] @ scaled - self.problem.centre[chosen] @ scaled
        return np.asarray(product * self.root[:, None])

    def dense(self, chosen: Integers) -> Floats:
        """Z_A, (n, k), of a dense X."""
        shifted = self.problem.X[:, chosen] - self.problem.centre[chosen]
        return np.asarray(self.root[:, None] * shifted / self.problem.scale[chosen])

    def scaled(self) -> sparse.csc_array:
        """diag(sqrt(n) v) X / scale, (n, p), of a sparse X, with the 32-bit indices of a solver."""
        X = sparse.csc_array(self.problem.X)
        root = self.root * np.sqrt(len(self.root))
        scale = np.repeat(self.problem.scale, np.diff(X.indptr))
        return sparse.csc_array(
            (
                X.data * root[X.indices] / scale,
                X.indices.astype(np.int32),
                X.indptr.astype(np.int32),
            ),
            shape=X.shape,
        )

    def kernel(self, shares: Floats) -> Floats:
        """Z diag(shares) Z', (n, n), for shares (p,)."""
        X, centre = self.problem.X, self.problem.centre
        shares = shares / self.problem.scale**2
        if sparse.issparse(X):
            product = (X @ (sparse.diags_array(shares) @ X.T)).toarray()
            shift = X @ (shares * centre)
            product -= shift[:, None] + shift[None, :] - shares @ centre**2
        else:
            shifted = X - centre
            product = (shifted * shares) @ shifted.T
        return np.asarray(product * np.outer(self.root, self.root))

    def cross(self, left: Integers, right: Integers) -> Floats:
        """Z_A'Z_B, (a, b), of columns A and B."""
        if not sparse.issparse(self.problem.X):
            return np.asarray(self.dense(left).T @ self.dense(right))
        centre, scale, weight = self.problem.centre, self.problem.scale, self.root**2
        X_left, X_right = self.problem.X[:, left], self.problem.X[:, right]
        product = (X_left.T @ (sparse.diags_array(weight) @ X_right)).toarray()
        # (X_A - c)' diag(w) (X_B - d), multiplied out; the weights sum to 1
        product -= np.outer(X_left.T @ weight, centre[right])
        product -= np.outer(centre[left], X_right.T @ weight - centre[right])
        return np.asarray(product / np.outer(scale[left], scale[right]))


def to_columns(problem: RowProblem) -> Columns:
    """The columns of a row problem, its weights taken as shares of their sum."""
    root = np.sqrt(problem.weight / problem.weight.sum())
    return Columns(problem, root, root * problem.y)


def to_gram(problem: RowProblem) -> GramProblem:
    """The same problem as cross products of all its p columns, O(n p^2)."""
    columns = to_columns(problem)
    every = np.arange(columns.count)
    gram = columns.cross(every, every)
    return GramProblem((gram + gram.T) / 2, columns.gradient(columns.target), columns.yy)
