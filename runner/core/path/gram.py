"""Elastic-net paths of Gram problems with any penalty factors, by coordinate descent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.active_set import solve_near
from runner.core.path.descend import descend
from runner.core.path.gap import gram_gaps, within_tolerance
from runner.core.path.profile import profile_out
from runner.core.path.squares import solve_nonnegative
from runner.records import GramProblem, Path

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, Integers


def solve_gram(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    """Solve along falling alphas, (a,), all positive, each warm-started from the last.

    `l1_ratio` is above 0 and at most 1.
    """
    if settings.penalty_factors is None:
        coefficients, gaps, iterations = descend(problem, alphas, l1_ratio, settings)
    else:
        factors = settings.penalty_factors
        coefficients, iterations = _solve(problem, alphas, l1_ratio, factors, settings)
        gaps = gram_gaps(problem, coefficients, alphas, l1_ratio, settings)
    return Path(
        alphas=alphas,
        coefficients=coefficients,
        dual_gaps=gaps,
        iterations=iterations,
        converged=within_tolerance(gaps, problem.yy, settings),
    )


def _solve(
    problem: GramProblem, alphas: Floats, l1_ratio: float, factors: Floats, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Solve with penalty factors, (p,): coefficients, (p, a), and iterations, (a,)."""
    free = factors == 0
    if free.any() and settings.positive:
        return _solve_bounded(problem, alphas, l1_ratio, factors)
    if free.any():
        profile = profile_out(problem, free)
        inner = replace(
            settings,
            # tol is relative to yy, of which profiling leaves less
            tol=settings.tol * problem.yy / max(profile.problem.yy, np.finfo(float).tiny),
            start=None if settings.start is None else settings.start[~free],
        )
        coefficients, iterations = _solve(profile.problem, alphas, l1_ratio, factors[~free], inner)
        return profile.restore(coefficients), iterations
    if not len(factors):
        return np.empty((0, len(alphas))), np.zeros(len(alphas), dtype=np.int64)
    return _solve_scaled(problem, alphas, l1_ratio, factors, settings)


def _solve_scaled(
    problem: GramProblem, alphas: Floats, l1_ratio: float, factors: Floats, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Turn penalty factors f > 0 into units of the columns: c_j = f_j b_j.

    The L1 penalties of all c_j are equal then. The L2 penalties f_j b_j^2 = c_j^2 / f_j are not,
    and become part of the Gram's diagonal, which differs by alpha:

        alpha (1 - l1_ratio) / f_j.
    """
    gram, xy = problem.gram / np.outer(factors, factors), problem.xy / factors
    start = None if settings.start is None else settings.start * factors
    if l1_ratio == 1:
        scaled = GramProblem(gram, xy, problem.yy)
        coefficients, _, iterations = descend(scaled, alphas, 1.0, replace(settings, start=start))
        return coefficients / factors[:, None], iterations
    coefficients = np.empty((len(xy), len(alphas)))
    iterations = np.empty(len(alphas), dtype=np.int64)
    for i, alpha in enumerate(alphas):
        scaled = GramProblem(gram + np.diag(alpha * (1 - l1_ratio) / factors), xy, problem.yy)
        solution, _, iterations[i : i + 1] = descend(
            scaled, alphas[i : i + 1] * l1_ratio, 1.0, replace(settings, start=start)
        )
        start = solution[:, 0]
        coefficients[:, i] = start / factors
    return coefficients, iterations


def _solve_bounded(
    problem: GramProblem, alphas: Floats, l1_ratio: float, factors: Floats
) -> tuple[Floats, Integers]:
    """Solve with positive coefficients, some unpenalised, where profiling is not allowed."""
    coefficients = np.zeros((len(factors), len(alphas)))
    iterations = np.ones(len(alphas), dtype=np.int64)
    for i, alpha in enumerate(alphas):
        l1, l2 = alpha * l1_ratio * factors, alpha * (1 - l1_ratio) * factors
        start = coefficients[:, max(i - 1, 0)]
        found = solve_near(problem, l1, l2, start, positive=True)
        if found is None:
            # positive coefficients make the L1 penalty linear, and this a bounded quadratic
            found = solve_nonnegative(problem.gram + np.diag(l2), problem.xy - l1)[0], 1
        coefficients[:, i], iterations[i] = found
    return coefficients, iterations
