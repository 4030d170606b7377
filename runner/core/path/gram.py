"""Elastic-net paths of Gram problems with any penalty factors and bounds of coefficients.

The compiled solver goes first, where there is one. Gaps are those of its answer, computed anew, and
what does not stand is solved again by numpy from where it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.gap import gram_gaps, within_tolerance
from runner.core.path.gram_by_numpy import solve_by_numpy
from runner.core.path.native.follow_gram import follow
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.profile import profile_out
from runner.records import Path

if TYPE_CHECKING:
    from runner.core.path.native.follow_gram import Memory, Solutions
    from runner.core.path.settings import PathSettings
    from runner.records import Booleans, Floats, GramProblem, Integers


def solve_gram(
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    memory: Memory | None = None,
) -> Path:
    """Solve along falling alphas, (a,), all positive, each warm-started from the last.

    `l1_ratio` is above 0 and at most 1; `memory` is of earlier paths of this Gram.
    """
    coefficients, gaps, iterations = _solve(problem, alphas, l1_ratio, settings, memory)
    return Path(
        alphas=alphas,
        coefficients=coefficients,
        dual_gaps=gaps,
        iterations=iterations,
        converged=within_tolerance(gaps, problem.yy, settings),
    )


def _solve(
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    memory: Memory | None = None,
) -> tuple[Floats, Floats, Integers]:
    """Coefficients, (p, a), gaps and iterations, (a,) each."""
    p, a = len(problem.xy), len(alphas)
    free = settings.factors(p) == 0
    if free.any() and not settings.constrained:
        coefficients, iterations = _solve_profiled(problem, alphas, l1_ratio, free, settings)
    elif not p or not a:
        coefficients, iterations = np.zeros((p, a)), np.zeros(a, dtype=np.int64)
    else:
        # of columns that no penalty holds within bounds, numpy finds the solution of least norm
        compiled = None if free.any() else _follow(problem, alphas, l1_ratio, settings, memory)
        if compiled is not None:
            return _certify(problem, alphas, l1_ratio, settings, compiled)
        coefficients, iterations = solve_by_numpy(problem, alphas, l1_ratio, settings)
    return coefficients, gram_gaps(problem, coefficients, alphas, l1_ratio, settings), iterations


def _solve_profiled(
    problem: GramProblem, alphas: Floats, l1_ratio: float, free: Booleans, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Solve for the penalised columns, the free ones being minimised out."""
    profile = profile_out(problem, free)
    inner = replace(
        settings.take(np.flatnonzero(~free)),
        # tol is relative to yy, of which profiling leaves less
        tol=settings.tol * problem.yy / max(profile.problem.yy, np.finfo(float).tiny),
    )
    coefficients, _, iterations = _solve(profile.problem, alphas, l1_ratio, inner)
    return profile.restore(coefficients), iterations


def _follow(
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    memory: Memory | None,
) -> Solutions | None:
    factors, limits = settings.penalty_factors, settings.bounds(len(problem.xy))
    return follow(
        problem,
        PathPenalty(
            l1=alphas * l1_ratio,
            l2=alphas * (1 - l1_ratio),
            pull=factors,
            ridge=factors,
            lower=None if limits is None else limits.lower,
            upper=None if limits is None else limits.upper,
        ),
        tol=settings.tol,
        most=settings.max_iter,
        start=settings.start,
        memory=memory,
    )


def _certify(
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    found: Solutions,
) -> tuple[Floats, Floats, Integers]:
    """Coefficients, gaps and iterations, with better ones where a gap is above the tolerance.

    What has taken all the sweeps there may be is left as it is.
    """
    coefficients, gaps, iterations = found.coefficients, found.gaps, found.sweeps
    within = within_tolerance(gaps, problem.yy, settings)
    for i in np.flatnonzero(~within & (iterations < settings.max_iter)):
        one, own = alphas[i : i + 1], replace(settings, start=coefficients[:, i])
        again, more = solve_by_numpy(problem, one, l1_ratio, own)
        gap = gram_gaps(problem, again, one, l1_ratio, settings)
        iterations[i] += more[0]
        if gap[0] < gaps[i] or not np.isfinite(gaps[i]):
            coefficients[:, i], gaps[i] = again[:, 0], gap[0]
    return coefficients, gaps, iterations
