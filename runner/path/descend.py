"""Coordinate descent for equal penalties, and an active set where it is slow.

A Gram problem is handed to `enet_path` as its Gram matrix and a single pseudo-row: given a Gram,
the solver takes from the rows only their number (1, so that alpha needs no rescaling) and y'y
(the row's target is sqrt(yy), so that the tolerance and the dual gap mean what they say). No factor
of the Gram is needed, so collinear and constant columns do no harm.

An alpha that takes many sweeps has correlated columns, whose signs settle long before their values:
it, and those below it, are solved from their support (see `active_set`).
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from runner.path.active_set import solve_near
from runner.path.gap import gram_gaps, within_tolerance

if TYPE_CHECKING:
    from runner.path.settings import PathSettings
    from runner.records import Floats, GramProblem, Integers

# Sweeps for one alpha, after which the support is solved outright: about what that costs, which is
# calls of numpy where columns are few, and systems where they are many.
FEWEST_SWEEPS = 30
CALLS = 4_000  # worth this many updates of a coefficient
COLUMNS_PER_SWEEP = 8
# Alphas between two looks at whether coordinate descent still is fast enough.
FEWEST_ALPHAS = 10
STRETCHES = 4


def descend(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Solve along falling alphas, (a,): coefficients, (p, a), and sweeps or systems, (a,).

    Penalty factors are not looked at here.
    """
    p = len(problem.xy)
    most = max(FEWEST_SWEEPS, CALLS // max(p, 1), p // COLUMNS_PER_SWEEP)
    stretch = max(FEWEST_ALPHAS, -(-len(alphas) // STRETCHES))
    coefficients = np.zeros((p, len(alphas)))
    iterations = np.zeros(len(alphas), dtype=np.int64)
    start, solved = settings.start, 0
    while solved < len(alphas):
        some = slice(solved, solved + stretch)
        coefficients[:, some], gaps, iterations[some] = _sweep(
            problem, alphas[some], l1_ratio, settings, min(most, settings.max_iter), start=start
        )
        slow = np.flatnonzero(gaps > settings.tol * problem.yy)
        solved += int(slow[0]) if len(slow) else len(gaps)
        if solved:
            start = coefficients[:, solved - 1]
        if len(slow) and most < settings.max_iter:
            break
        solved = max(solved, some.start + len(gaps))
    for i in range(solved, len(alphas)):
        near = coefficients[:, max(i - 1, solved)]  # at first, what the sweeps have reached
        found = solve_near(problem, alphas[i], l1_ratio, near, positive=settings.positive)
        if found is not None:
            coefficients[:, i], iterations[i] = found
    _polish(problem, alphas, l1_ratio, settings, (coefficients, iterations), solved)
    return coefficients, iterations


def _polish(  # noqa: PLR0913, PLR0917 - a part of `descend`
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    found: tuple[Floats, Integers],
    first: int,
) -> None:
    """Sweep, in place, where no support was found, or the one found was all but dependent."""
    coefficients, iterations = found
    some = slice(first, len(alphas))
    equal = replace(settings, penalty_factors=None)
    gaps = gram_gaps(problem, coefficients[:, some], alphas[some], l1_ratio, equal)
    for late in np.flatnonzero(~within_tolerance(gaps, problem.yy, settings)):
        i = first + int(late)
        solution, _, iterations[i : i + 1] = _sweep(
            problem,
            alphas[i : i + 1],
            l1_ratio,
            settings,
            settings.max_iter,
            start=coefficients[:, max(i - 1, 0)],
        )
        coefficients[:, i] = solution[:, 0]


def _sweep(  # noqa: PLR0913 - the last two vary by call, the rest by path
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    sweeps: int,
    *,
    start: Floats | None,
) -> tuple[Floats, Floats, Integers]:
    """Coefficients, (p, a), dual gaps, (a,), and sweeps, (a,), of plain coordinate descent.

    With its public function scikit-learn needs 20 microseconds per alpha at p = 100 and 200 per
    call; its private solver, called directly, 18 and 10. That does not buy a private interface.
    """
    with warnings.catch_warnings(), config_context(skip_parameter_validation=True):
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, coefficients, gaps, iterations = enet_path(
            np.zeros((1, len(problem.xy)), order="F"),
            np.sqrt([problem.yy]),
            l1_ratio=l1_ratio,
            alphas=alphas,
            precompute=np.ascontiguousarray(problem.gram),
            Xy=np.ascontiguousarray(problem.xy),
            copy_X=False,
            # a copy, because the solver works in place
            coef_init=None if start is None else start.copy(),
            check_input=False,
            return_n_iter=True,
            positive=settings.positive,
            tol=settings.tol,
            max_iter=sweeps,
            random_state=0,  # never drawn from, but None would advance numpy's global state
        )
    return coefficients, gaps, np.asarray(iterations, dtype=np.int64)
