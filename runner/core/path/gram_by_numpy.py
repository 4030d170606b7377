"""Gram problems by numpy and scikit-learn, where no library is, and to hold the library to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.bounded import solve_between
from runner.core.path.descend import descend
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, Integers


def solve_by_numpy(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Solve along falling alphas, (a,), all positive, each warm-started from the last.

    Args:
        problem: the least-squares problem, p columns.
        alphas: strengths.
        l1_ratio: share of the L1 penalty, above 0 and at most 1.
        settings: how to; unless there are bounds, no penalty factor is 0.

    Returns:
        Coefficients, (p, a), and sweeps or systems, (a,).
    """
    factors = settings.factors(len(problem.xy))
    limits = settings.bounds(len(factors))
    if limits is not None and (settings.limits is not None or not factors.all()):
        return solve_between(problem, alphas, l1_ratio, settings, limits)
    if settings.penalty_factors is None:
        coefficients, _, iterations = descend(problem, alphas, l1_ratio, settings)
        return coefficients, iterations
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
