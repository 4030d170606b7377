"""Elastic-net paths of Gram problems with any penalty factors and bounds of coefficients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.bounded import solve_between
from runner.core.path.descend import descend
from runner.core.path.gap import gram_gaps, within_tolerance
from runner.core.path.profile import profile_out
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
    if settings.penalty_factors is None and settings.limits is None:
        coefficients, gaps, iterations = descend(problem, alphas, l1_ratio, settings)
    else:
        factors = settings.factors(len(problem.xy))
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
    limits = settings.bounds(len(factors))
    if limits is not None and (free.any() or settings.limits is not None):
        return solve_between(problem, alphas, l1_ratio, settings, limits)
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
