"""Paths of Gram problems whose coefficients have bounds, with any penalty factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.active_set import solve_near

if TYPE_CHECKING:
    from runner.core.path.settings import Limits, PathSettings
    from runner.records import Floats, GramProblem, Integers

LEAST_CHANGE = 1e-14  # of the fitted values, as a share of the largest, below which sweeps end


def solve_between(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings, limits: Limits
) -> tuple[Floats, Integers]:
    """Solve along falling alphas, (a,), each at least 0 and warm-started from the last.

    Args:
        problem: the least-squares problem, p columns.
        alphas: strengths.
        l1_ratio: share of the L1 penalty, 0 to 1.
        settings: penalty factors, the first start, and the most sweeps of one alpha.
        limits: between which coefficients must be.

    Returns:
        Coefficients, (p, a), and systems or sweeps, (a,).
    """
    p = len(problem.xy)
    factors = settings.factors(p)
    coefficients = np.zeros((p, len(alphas)))
    iterations = np.zeros(len(alphas), dtype=np.int64)
    start = np.zeros(p) if settings.start is None else settings.start
    for i, alpha in enumerate(alphas):
        l1, l2 = alpha * l1_ratio * factors, alpha * (1 - l1_ratio) * factors
        found = solve_one(problem, l1, l2, start, limits, sweeps=settings.max_iter)
        coefficients[:, i], iterations[i] = found
        start = coefficients[:, i]
    return coefficients, iterations


def solve_one(  # noqa: PLR0913 - a problem, its penalty, its bounds, and how to solve it
    problem: GramProblem,
    l1: Floats,
    l2: Floats,
    start: Floats,
    limits: Limits,
    *,
    sweeps: int,
) -> tuple[Floats, int]:
    """The coefficients, (p,), for one penalty, and how many systems or sweeps they took.

    Where the active set does not settle, coordinate descent goes on from where it began, and the
    active set once more from there.
    """
    bounds = {"lower": limits.lower, "upper": limits.upper}
    found = solve_near(problem, l1, l2, start, **bounds)
    if found is not None:
        return found
    swept, count = sweep(problem, l1, l2, start, limits, sweeps=sweeps)
    again = solve_near(problem, l1, l2, swept, **bounds)
    return (swept, count) if again is None else (again[0], count + again[1])


def sweep(  # noqa: PLR0913 - as solve_one
    problem: GramProblem,
    l1: Floats,
    l2: Floats,
    start: Floats,
    limits: Limits,
    *,
    sweeps: int,
) -> tuple[Floats, int]:
    """Coordinate descent between bounds: coefficients, (p,), and how many sweeps it took.

    With h_j = G_jj + c_j, the gradient g and S the soft threshold,

        b_j = S(g_j + G_jj b_j, a_j) / h_j,  brought between the bounds,

    is the best b_j beside the others. It ends where no such change matters.
    """
    gram = problem.gram
    squares = gram.diagonal()
    moving = np.flatnonzero((squares > 0) & (limits.lower < limits.upper))
    b = np.where(squares > 0, np.clip(start, limits.lower, limits.upper), 0.0)
    gradient = problem.xy - gram @ b
    least = LEAST_CHANGE * np.sqrt(problem.yy)
    for count in range(1, sweeps + 1):
        largest = 0.0
        for j in moving:
            pull = gradient[j] + squares[j] * b[j]
            size = max(abs(pull) - l1[j], 0.0) * np.sign(pull)
            best = min(max(size / (squares[j] + l2[j]), limits.lower[j]), limits.upper[j])
            step = best - b[j]
            if step:
                gradient -= gram[:, j] * step
                b[j] = best
                largest = max(largest, abs(step) * np.sqrt(squares[j]))
        if largest <= least:
            return b, count
    return b, sweeps
