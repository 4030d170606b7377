"""Rows whose squared error is that of many more: coordinate descent wants rows, cross products do.

From the Gram of q columns and their cross products with K targets come as many rows, A (q, q) and
T (q, K), with which A'A is the Gram and A'T are the products.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from runner.core.likelihood.group_newton import newton

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, Integers

DEPENDENT = 1e-6  # share of a column that others leave, below which a Cholesky factor is inexact
SPANNED = 1e-13  # below which a column has only rounding left
FEW_SWEEPS = 5  # after which Newton's method is tried, then twice as many, and so on
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Strengths:
    """What is penalised of s columns once they are divided by their factors."""

    l1: float  # of the norms of their coefficients, positive
    l2: Floats  # of half the squares, (s,)
    factors: Floats  # (s,), positive

    def take(self, columns: Integers) -> Strengths:
        """Those of some columns."""
        return Strengths(self.l1, self.l2[columns], self.factors[columns])

    def of_whole(self) -> tuple[Floats, Floats]:
        """L1 and L2 strengths, (s,) each, of the columns as they were."""
        return self.l1 * self.factors, self.l2 * self.factors**2


@dataclass(frozen=True)
class GroupedRows:
    """Columns and targets, whose squared error is but for a constant that of all rows."""

    A: Floats  # (m, q)
    T: Floats  # (m, K)
    left: float  # the constant: what of the targets' squares T lacks

    @classmethod
    def of_gram(cls, gram: Floats, xy: Floats, yy: float) -> GroupedRows:
        """As many rows as columns, from cross products (q, q) and (q, K)."""
        A, T = _factor(gram, xy)
        return cls(A, T, max(yy - float(np.vdot(T, T)), 0.0))

    @cached_property
    def square(self) -> float:
        """Sum of the targets' squares."""
        return float(np.vdot(self.T, self.T)) + self.left

    def take(self, columns: Integers) -> GroupedRows:
        """Those of some columns."""
        return GroupedRows(self.A[:, columns], self.T, self.left)

    def residual(self, B: Floats) -> Floats:
        """What coefficients (K, q) leave of T, (m, K)."""
        live = np.flatnonzero(B.any(axis=0))
        return np.asarray(self.T - self.A[:, live] @ B[:, live].T)

    def without(self, free: Booleans) -> GroupedRows:
        """The rows of the other columns (q,) where those that are free have been minimised out."""
        if not free.any():
            return self
        U, s, _ = np.linalg.svd(self.A[:, free], full_matrices=False)
        basis = U[:, s > len(s) * EPS * s.max(initial=0.0)]
        kept = self.A[:, ~free]
        A, T = (whole - basis @ (basis.T @ whole) for whole in (kept, self.T))
        A[:, np.linalg.norm(A, axis=0) <= SPANNED * np.linalg.norm(kept, axis=0)] = 0.0
        return GroupedRows(A, T, self.left)

    def completed(self, B: Floats, free: Booleans) -> Floats:
        """Coefficients (K, q) of all columns, from those of the columns that are not free."""
        if not free.any():
            return B
        whole = np.zeros((len(B), len(free)))
        whole[:, ~free] = B
        whole[:, free] = np.linalg.lstsq(self.A[:, free], self.residual(whole), rcond=None)[0].T
        return whole

    def gap(self, B: Floats, strengths: Strengths) -> float:
        """How far at most the objective of coefficients (K, q) is above its minimum."""
        l1, l2 = strengths.of_whole()
        residual = self.residual(B)
        u = residual.T @ self.A - l2 * B
        size, reach = np.linalg.norm(B, axis=0), np.linalg.norm(u, axis=0)
        s = float(np.divide(l1, reach, out=np.ones_like(l1), where=reach > l1).min(initial=1.0))
        squares = float(np.vdot(residual, residual)) + self.left + float(l2 @ size**2)
        products = l1 * size - s * np.sum(B * u, axis=0)
        return (1 - s) ** 2 / 2 * squares + float(products.sum())

    def solve(
        self, strengths: Strengths, B: Floats, enough: float, most: int
    ) -> tuple[Floats, int]:
        """Coefficients (K, q) from others: sweeps find the groups, Newton's method their sizes.

        Args:
            strengths: of the penalty.
            B: where to start.
            enough: a gap of so much is not improved upon.
            most: sweeps.

        Returns:
            The coefficients, and the sweeps.
        """
        l1, l2 = strengths.of_whole()
        swept, stretch = 0, FEW_SWEEPS
        while swept < most:
            B, sweeps = self._sweep(strengths, B, enough, min(stretch, most - swept))
            swept, stretch = swept + sweeps, 2 * stretch
            if self.gap(B, strengths) <= enough or sweeps < min(stretch // 2, most):
                break
            live = np.flatnonzero(B.any(axis=0))
            B[:, live] = newton(
                self.A[:, live], self.T, B[:, live], l1[live], l2[live], enough=enough
            )
            if self.gap(B, strengths) <= enough:
                break
        return B, swept

    def _sweep(
        self, strengths: Strengths, B: Floats, enough: float, most: int
    ) -> tuple[Floats, int]:
        """So many sweeps of block coordinate descent, or less if they are enough."""
        A, T = self._extended(strengths)
        even = _are_equal(strengths.l2)
        total = strengths.l1 + (float(strengths.l2[0]) if even else 0.0)
        with warnings.catch_warnings(), config_context(skip_parameter_validation=True):
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefficients, _, iterations = enet_path(
                A,
                T,
                l1_ratio=strengths.l1 / total,
                alphas=np.array([total / len(A)]),
                precompute=False,
                copy_X=False,
                coef_init=np.array(B * strengths.factors, order="F"),
                check_input=False,
                return_n_iter=True,
                tol=enough / self.square,
                max_iter=most,
                random_state=_unused_randomness(),
            )
        return coefficients[:, :, 0] / strengths.factors, int(iterations[0])

    def _extended(self, strengths: Strengths) -> tuple[Floats, Floats]:
        """The columns divided by their factors, and the targets, with further rows.

        One carries the constant, so that a tolerance is a share of all squares. Unequal L2
        penalties are rows too.
        """
        unequal = not _are_equal(strengths.l2)
        (m, s), K = self.A.shape, self.T.shape[1]
        A = np.zeros((m + 1 + unequal * s, s), order="F")
        T = np.zeros((len(A), K), order="F")
        np.divide(self.A, strengths.factors, out=A[:m])
        T[:m] = self.T
        T[m, 0] = np.sqrt(self.left)
        if unequal:
            A[m + 1 :] = np.diag(np.sqrt(strengths.l2))
        return A, T


@cache
def _unused_randomness() -> np.random.RandomState:
    """Not drawn from where columns take turns; making one takes longer than a sweep."""
    return np.random.RandomState(0)


def _are_equal(values: Floats) -> bool:
    return bool(np.all(values == values[0]))


def _factor(gram: Floats, xy: Floats) -> tuple[Floats, Floats]:
    """A (m, q) and T (m, K) with A'A = gram and A'T = xy, which is in the range of the Gram."""
    try:
        A = np.linalg.cholesky(gram).T
        if np.all(np.diag(A) > DEPENDENT * np.sqrt(np.diag(gram))):
            return np.asarray(A), np.asarray(solve_triangular(A, xy, trans="T"))
    except np.linalg.LinAlgError:
        pass  # columns depend on one another
    d, V = np.linalg.eigh(gram)
    kept = d > len(d) * EPS * d[-1]
    root = np.sqrt(d[kept])
    return root[:, None] * V[:, kept].T, V[:, kept].T @ xy / root[:, None]
