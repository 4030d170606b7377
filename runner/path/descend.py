"""Coordinate descent for equal penalties, with Newton steps where it is slow.

A Gram problem is handed to `enet_path` as its Gram matrix and a single pseudo-row: given a Gram,
the solver takes from the rows only their number (1, so that alpha needs no rescaling) and y'y
(the row's target is sqrt(yy), so that the tolerance and the dual gap mean what they say). No factor
of the Gram is needed, so collinear and constant columns do no harm.

An alpha that takes many sweeps has correlated columns, whose signs settle long before their values.
There a Newton step on the support A with signs s solves the stationarity condition outright,

    (G_AA + c I) b_A = xy_A - a s,    a = alpha * l1_ratio,  c = alpha * (1 - l1_ratio),

and is cut short where a coefficient would change its sign, so that the objective never rises.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

if TYPE_CHECKING:
    from runner.path.settings import PathSettings
    from runner.records import Floats, GramProblem, Integers

# Sweeps before a Newton step, which costs about as much as p / 8 sweeps: 300 x 5,000 to a gap of
# 1e-9 takes 0.3 s with the steps and 3.2 s without.
FEWEST_SWEEPS = 30
COLUMNS_PER_SWEEP = 8
# Cuts at a sign change before the sweeps get another turn.
NEWTON_CUTS = 3


def descend(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> tuple[Floats, Integers]:
    """Solve along falling alphas, (a,): coefficients, (p, a), and sweeps, (a,).

    Penalty factors are not looked at here.
    """
    sweeps = max(FEWEST_SWEEPS, len(problem.xy) // COLUMNS_PER_SWEEP)
    coefficients, gaps, iterations = _sweep(
        problem, alphas, l1_ratio, settings, min(sweeps, settings.max_iter)
    )
    unfinished = np.flatnonzero(gaps > settings.tol * problem.yy)
    if len(unfinished) and sweeps < settings.max_iter:
        start = coefficients[:, unfinished[0]]
        for i in range(unfinished[0], len(alphas)):
            start, iterations[i] = _solve_slow(
                problem, alphas[i : i + 1], l1_ratio, settings, start
            )
            coefficients[:, i] = start
    return coefficients, iterations


def newton_step(
    problem: GramProblem, coefficients: Floats, alpha: float, l1_ratio: float
) -> Floats:
    """Move coefficients, (p,), to the stationary point of their signs, or to the last sign change.

    A support that is not of full rank is returned as it came.
    """
    b = coefficients.copy()
    for _ in range(NEWTON_CUTS):
        support = np.flatnonzero(b)
        sign = np.sign(b[support])
        hessian = problem.gram[np.ix_(support, support)]
        hessian[np.diag_indices(len(support))] += alpha * (1 - l1_ratio)
        try:
            factor = cho_factor(hessian, overwrite_a=True, check_finite=False)
        except np.linalg.LinAlgError:
            return b
        right = problem.xy[support] - alpha * l1_ratio * sign
        target = cho_solve(factor, right, check_finite=False)
        crossing = np.sign(target) != sign
        if not crossing.any():
            b[support] = target
            return b
        old = b[support]
        step = np.divide(old, old - target, out=np.ones_like(old), where=crossing)
        shortest = step.min()
        b[support] = np.where(crossing & (step <= shortest), 0.0, old + shortest * (target - old))
    return b


def _solve_slow(
    problem: GramProblem, alpha: Floats, l1_ratio: float, settings: PathSettings, start: Floats
) -> tuple[Floats, int]:
    """Alternate Newton steps and sweeps for one alpha, (1,), until the gap is small enough."""
    sweeps = max(FEWEST_SWEEPS, len(problem.xy) // COLUMNS_PER_SWEEP)
    b, done = start, 0
    while done < settings.max_iter:
        turn = min(sweeps, settings.max_iter - done)
        if done or turn < sweeps:
            b = newton_step(problem, b, float(alpha[0]), l1_ratio)
        solution, gaps, iterations = _sweep(problem, alpha, l1_ratio, settings, turn, start=b)
        b, done = solution[:, 0], done + max(int(iterations[0]), 1)
        if gaps[0] <= settings.tol * problem.yy:
            break
    return b, done


def _sweep(  # noqa: PLR0913 - the last two vary by call, the rest by path
    problem: GramProblem,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
    sweeps: int,
    *,
    start: Floats | None = None,
) -> tuple[Floats, Floats, Integers]:
    """Coefficients, (p, a), dual gaps, (a,), and sweeps, (a,), of plain coordinate descent.

    With its public function scikit-learn needs 20 microseconds per alpha at p = 100 and 200 per
    call; its private solver, called directly, 18 and 10. That does not buy a private interface.
    """
    start = settings.start if start is None else start
    with warnings.catch_warnings():
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
