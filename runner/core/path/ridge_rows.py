"""Ridge and least squares of row problems, through whichever of rows and columns are fewer.

With fewer columns than rows the Gram problem is solved, or the dense rows themselves where there is
no penalty. With fewer rows, and Z, t as in `runner.core.path.centred_columns`, penalty factors f
and P the projection off the unpenalised columns,

    K = P Z diag(1 / f) Z' P = U diag(d) U'      b(alpha) = diag(1 / f) Z' P U (d + alpha)^-1 U' P t

takes one eigendecomposition of (n, n) for every alpha. Where both are many, LSQR (Paige & Saunders
1982) solves each alpha by products with Z alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, lsqr

from runner.core.path.centred_columns import Columns, to_columns, to_gram
from runner.core.path.gap import ridge_gaps, within_tolerance
from runner.core.path.ridge import solve_least_squares, solve_ridge
from runner.core.path.ridge_within import solve_ridge_within
from runner.core.path.squares import EPS, inverse_above
from runner.records import Path

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, RowProblem

# An eigendecomposition of this order takes about half a minute.
LARGEST_ORDER = 5000


def solve_ridge_rows(problem: RowProblem, alphas: Floats, settings: PathSettings) -> Path:
    """Solve for every alpha, (a,), each positive and falling, with l1_ratio 0.

    Bounded coefficients are solved through the dual where rows are few and every column penalised,
    else through the Gram of all columns, whatever their number.
    """
    n, p = problem.X.shape
    factors = settings.factors(p)
    if settings.constrained and n < p and n <= LARGEST_ORDER and factors.all():
        return _solve_within(problem, alphas, settings, factors)
    if _prefers_gram(problem, settings):
        return solve_ridge(to_gram(problem), alphas, settings)
    return _solve(problem, alphas, settings, settings.penalty_factors)


def solve_least_squares_rows(problem: RowProblem, settings: PathSettings) -> Path:
    """The path of the single alpha 0: the least-squares solution of least norm."""
    if _prefers_gram(problem, settings):
        if not (settings.constrained or sparse.issparse(problem.X)):
            return _solve_orthogonally(to_columns(problem), settings)
        return solve_least_squares(to_gram(problem), settings)
    return _solve(problem, np.zeros(1), settings, None)


def _prefers_gram(problem: RowProblem, settings: PathSettings) -> bool:
    n, p = problem.X.shape
    return settings.constrained or (p <= n and p <= LARGEST_ORDER)


def _solve_orthogonally(columns: Columns, settings: PathSettings) -> Path:
    """Least squares of no more columns than rows, (n, p), by Householder's QR decomposition.

    With Z = Q R the problem is that of R and Q't, whose condition is that of the rows; a Gram's is
    its square. R = U diag(s) V' gives b = V diag(1 / s) U' Q't and, for the gradient g, the gap
    |diag(1 / s) V' g|^2 / 2.
    """
    p = columns.count
    every = np.arange(p)
    rows = np.column_stack([columns.dense(every), columns.target])
    triangle = np.asarray(np.linalg.qr(rows, mode="r"))
    R, projected = triangle[:p, :p], triangle[:p, p]
    size = np.linalg.norm(R, axis=0)
    units = np.where(size > 0, size, 1.0)
    U, s, V = np.linalg.svd(R / units)
    least = len(rows) * EPS
    if s[-1] <= least * s[0]:  # the least norm is that of the columns' own units
        units = np.ones(p)
        U, s, V = np.linalg.svd(R)
    inverse = inverse_above(s, least * s[0])
    b = V.T @ (inverse * (U.T @ projected)) / units
    gradient = columns.gradient(columns.target - columns.fitted(b[:, None], every)[:, 0])
    gaps = np.array([np.sum((inverse * (V @ (gradient / units))) ** 2) / 2])
    return Path(
        alphas=np.zeros(1),
        coefficients=b[:, None],
        dual_gaps=gaps,
        iterations=np.ones(1, dtype=np.int64),
        converged=within_tolerance(gaps, columns.yy, settings),
    )


@dataclass(frozen=True)
class _Penalised:
    """The penalised columns over sqrt(f), projected off the free ones."""

    columns: Columns
    factors: Floats  # (p,)
    free: Floats  # (n, f), the unpenalised columns
    basis: Floats  # (n, k), orthonormal, of their span

    def project(self, values: Floats) -> Floats:
        return np.asarray(values - self.basis @ (self.basis.T @ values))

    def matvec(self, scaled: Floats) -> Floats:
        """From scaled coefficients, (p,), to rows, (n,)."""
        b = scaled * inverse_above(np.sqrt(self.factors), 0.0)
        every = np.arange(len(b))
        return self.project(self.columns.fitted(b[:, None], every)[:, 0])

    def rmatvec(self, rows: Floats) -> Floats:
        """From rows, (n,), to scaled coefficients, (p,)."""
        return self.columns.gradient(self.project(rows)) * inverse_above(np.sqrt(self.factors), 0.0)

    def restore(self, coefficients: Floats) -> Floats:
        """Add the best free coefficients to penalised ones, both (p, a)."""
        chosen = np.flatnonzero(self.factors == 0)
        every = np.arange(len(coefficients))
        left = self.columns.target[:, None] - self.columns.fitted(coefficients, every)
        restored = coefficients.copy()
        restored[chosen] = np.linalg.pinv(self.free) @ left
        return restored


def _solve(
    problem: RowProblem, alphas: Floats, settings: PathSettings, factors: Floats | None
) -> Path:
    columns = to_columns(problem)
    factors = np.ones(columns.count) if factors is None else factors
    penalised = _prepare(columns, factors)
    if len(columns.target) <= LARGEST_ORDER:
        coefficients = _solve_kernel(penalised, alphas)
    else:
        coefficients = _solve_iteratively(penalised, alphas, settings)
    coefficients = penalised.restore(coefficients)
    residual = columns.target[:, None] - columns.fitted(coefficients, np.arange(columns.count))
    gradient = columns.gradient(residual)
    if alphas.all():
        gaps = ridge_gaps(coefficients, gradient, l2=alphas, factors=factors, limits=None)
    else:
        # There is no dual without a penalty; scikit-learn's stand-in is the squared gradient.
        gaps = np.sum(gradient**2, axis=0)
    return Path(
        alphas=alphas,
        coefficients=coefficients,
        dual_gaps=gaps,
        iterations=np.ones(len(alphas), dtype=np.int64),
        converged=within_tolerance(gaps, columns.yy, settings),
    )


def _solve_within(
    problem: RowProblem, alphas: Floats, settings: PathSettings, factors: Floats
) -> Path:
    """A ridge between bounds, each column penalised."""
    columns, limits = to_columns(problem), settings.bounds(len(factors))
    assert limits is not None  # noqa: S101 - asked by the caller
    coefficients, steps = solve_ridge_within(columns, alphas, factors, limits)
    residual = columns.target[:, None] - columns.fitted(coefficients, np.arange(columns.count))
    gradient = columns.gradient(residual)
    gaps = ridge_gaps(coefficients, gradient, l2=alphas, factors=factors, limits=limits)
    return Path(
        alphas=alphas,
        coefficients=coefficients,
        dual_gaps=gaps,
        iterations=steps,
        converged=within_tolerance(gaps, columns.yy, settings),
    )


def _prepare(columns: Columns, factors: Floats) -> _Penalised:
    chosen = np.flatnonzero(factors == 0)
    free = columns.fitted(np.eye(len(chosen)), chosen)
    left, d, _ = np.linalg.svd(free, full_matrices=False)
    kept = d > max(free.shape) * EPS * np.max(d, initial=0.0)
    return _Penalised(columns, factors, free, left[:, kept])


def _solve_kernel(penalised: _Penalised, alphas: Floats) -> Floats:
    """Penalised coefficients, (p, a), by one eigendecomposition of the rows' kernel."""
    shares = inverse_above(penalised.factors, 0.0)
    kernel = penalised.project(penalised.columns.kernel(shares))
    kernel = penalised.project(kernel.T)
    d, U = np.linalg.eigh((kernel + kernel.T) / 2)
    projected = (U.T @ penalised.project(penalised.columns.target))[:, None]
    # What the columns cannot reach is rounding here; it would be blown up by a small alpha.
    reached = (d > len(d) * EPS * d[-1])[:, None]
    weights = np.divide(
        projected,
        d[:, None] + alphas,
        out=np.zeros((len(d), len(alphas))),
        where=np.broadcast_to(reached, (len(d), len(alphas))),
    )
    gradient = penalised.columns.gradient(penalised.project(U @ weights))
    return np.asarray(shares[:, None] * gradient)


def _solve_iteratively(penalised: _Penalised, alphas: Floats, settings: PathSettings) -> Floats:
    """Penalised coefficients, (p, a), by LSQR to machine precision or `max_iter` steps."""
    columns = penalised.columns
    shape = (len(columns.target), columns.count)
    operator = LinearOperator(
        shape, matvec=penalised.matvec, rmatvec=penalised.rmatvec, dtype=np.float64
    )
    target = penalised.project(columns.target)
    solutions = [
        lsqr(
            operator,
            target,
            damp=float(np.sqrt(alpha)),
            atol=EPS,
            btol=EPS,
            conlim=0.0,
            iter_lim=settings.max_iter,
        )[0]
        for alpha in alphas
    ]
    scaled = np.column_stack(solutions)
    return np.asarray(scaled * inverse_above(np.sqrt(penalised.factors), 0.0)[:, None])
