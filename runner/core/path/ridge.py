"""Ridge and least squares in closed form: one eigendecomposition gives every alpha.

With l1_ratio 0 the objective (see `GramProblem`) has, for penalty factors f and F = diag(f), the
minimum

    b(alpha) = (gram + alpha F)^-1 xy = F^(-1/2) V diag(1 / (d + alpha)) V' F^(-1/2) xy,

where V diag(d) V' = F^(-1/2) gram F^(-1/2). Columns with f = 0 are profiled out first. At alpha = 0
the answer is the least-squares solution of least norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from runner.core.path.bounded import solve_between
from runner.core.path.gap import ridge_gaps, within_tolerance
from runner.core.path.profile import profile_out
from runner.core.path.squares import EPS, pseudo_inverse
from runner.records import GramProblem, Path

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats

# Beyond this ratio of variances, eigenvectors lose the digits of the smaller columns.
LARGEST_SPREAD = 1e6


def solve_ridge(problem: GramProblem, alphas: Floats, settings: PathSettings) -> Path:
    """Solve for every alpha, (a,), each positive and falling, with l1_ratio 0."""
    p = len(problem.xy)
    factors, limits = settings.factors(p), settings.bounds(p)
    iterations = np.ones(len(alphas), dtype=np.int64)
    if limits is None:
        coefficients = _solve(problem, alphas, factors)
    else:
        coefficients, iterations = solve_between(problem, alphas, 0.0, settings, limits)
    gradient = problem.xy[:, None] - problem.gram @ coefficients
    gaps = ridge_gaps(coefficients, gradient, l2=alphas, factors=factors, limits=limits)
    return Path(
        alphas=alphas,
        coefficients=coefficients,
        dual_gaps=gaps,
        iterations=iterations,
        converged=within_tolerance(gaps, problem.yy, settings),
    )


def solve_least_squares(problem: GramProblem, settings: PathSettings) -> Path:
    """The path of the single alpha 0: least squares, of least norm where the Gram is singular.

    The gap is g' pinv(gram) g / 2 for the gradient g: by so much the objective is above its
    minimum. With bounds only the gradient's part that could still lower the objective counts. No
    column is penalised, whatever its factor.
    """
    inverse = pseudo_inverse(problem.gram)
    limits = settings.bounds(len(problem.xy))
    if limits is None:
        b = inverse @ problem.xy
    else:
        b = solve_between(problem, np.zeros(1), 0.0, settings, limits)[0][:, 0]
    g = problem.xy - problem.gram @ b
    if limits is not None:
        g = np.where(b < limits.upper, np.maximum(g, 0.0), 0.0) + np.where(
            b > limits.lower, np.minimum(g, 0.0), 0.0
        )
    gaps = np.array([g @ inverse @ g / 2])
    return Path(
        alphas=np.zeros(1),
        coefficients=b[:, None],
        dual_gaps=gaps,
        iterations=np.ones(1, dtype=np.int64),
        converged=within_tolerance(gaps, problem.yy, settings),
    )


def _solve(problem: GramProblem, alphas: Floats, factors: Floats) -> Floats:
    free = factors == 0
    if free.any():
        profile = profile_out(problem, free)
        return profile.restore(_solve(profile.problem, alphas, factors[~free]))
    if not len(factors):
        return np.empty((0, len(alphas)))
    root = np.sqrt(factors)
    gram, xy = problem.gram / np.outer(root, root), problem.xy / root
    variances = np.diag(gram)
    varying = variances[variances > 0]
    if varying.size and varying.max() > LARGEST_SPREAD * varying.min():
        return np.asarray(_solve_each(gram, xy, alphas) / root[:, None])
    d, V = np.linalg.eigh(gram)
    # xy lies in the range of gram: what shows outside of it is rounding.
    projected = np.where(d > len(d) * EPS * d[-1], V.T @ xy, 0.0)[:, None]
    return np.asarray(V @ (projected / (np.maximum(d, 0.0)[:, None] + alphas)) / root[:, None])


def _solve_each(gram: Floats, xy: Floats, alphas: Floats) -> Floats:
    """One Cholesky factor per alpha, in units in which its diagonal is 1."""
    coefficients = np.empty((len(xy), len(alphas)))
    for i, alpha in enumerate(alphas):
        unscale = 1 / np.sqrt(np.diag(gram) + alpha)
        scaled = gram * np.outer(unscale, unscale)
        np.fill_diagonal(scaled, 1.0)
        coefficients[:, i] = unscale * cho_solve(cho_factor(scaled), unscale * xy)
    return coefficients
