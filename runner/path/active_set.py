"""The exact solution for one alpha from one near it: which coefficients are not 0, then which are.

An active-set method for the elastic net's quadratic program. With the support A and its signs s,
the stationary point is

    (G_AA + c I) b_A = xy_A - a s,    a = alpha * l1_ratio,  c = alpha * (1 - l1_ratio).

The step there is cut short where a coefficient reaches 0, which then leaves A. Where none does, the
columns whose gradient |xy_j - G_j b| exceeds a, by which the optimality conditions are violated,
enter A with the gradient's sign. Between neighbouring alphas of a path few columns change, so that
a few small systems give what coordinate descent approaches in hundreds of sweeps where columns
are correlated. (Osborne, Presnell & Turlach 2000 solve the lasso so.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, GramProblem, Integers

STEPS = 60  # changes of the support, after which the answer is left to coordinate descent
# share of the worst violation that others need to enter with it
ENTERS_TOO = 0.5
DEPENDENT = 1e-13  # share of a column's square that others leave, below which it depends on them
FAR = 1e4
ROUNDING = 1e-11  # violations of this share of the largest |xy| are rounding


def solve_near(
    problem: GramProblem, alpha: float, l1_ratio: float, start: Floats, *, positive: bool
) -> tuple[Floats, int] | None:
    """The coefficients, (p,), and how many systems were solved on the way.

    Args:
        problem: the least-squares problem, p columns.
        alpha: strength, positive.
        l1_ratio: share of the L1 penalty, positive.
        start: coefficients, (p,), best of a near alpha.
        positive: whether negative coefficients are not allowed.

    Returns:
        None if the support does not settle.
    """
    a, c = alpha * l1_ratio, alpha * (1 - l1_ratio)
    rounding = ROUNDING * float(np.max(np.abs(problem.xy), initial=0.0))
    b = start.copy()
    sign = np.sign(b)
    for step in range(1, STEPS + 1):
        support = np.flatnonzero(sign)
        target = _stationary(problem, support, a * sign[support], c)
        if target is None:
            target = _down_the_valley(problem, support, a * sign[support], c, b[support])
        if _move(b, sign, support, target):
            continue
        gradient = problem.xy - problem.gram[:, support] @ target
        entering = _violators(gradient, sign, a + rounding, positive=positive)
        if not entering.any():
            return b, step
        sign[entering] = np.sign(gradient[entering])
    return None


def _stationary(problem: GramProblem, support: Integers, l1: Floats, l2: float) -> Floats | None:
    """The minimum over the support's coefficients of given signs; None if its columns depend."""
    if not len(support):
        return np.empty(0)
    hessian = _hessian(problem, support, l2)
    squares = hessian.diagonal().copy()
    factor, failed = lapack.dpotrf(hessian, overwrite_a=1)
    # a squared pivot is what the columns before it leave of a column's square
    if failed or np.any(factor.diagonal() ** 2 < DEPENDENT * squares):
        return None
    target: Floats = lapack.dpotrs(factor, problem.xy[support] - l1)[0]
    return target


def _down_the_valley(
    problem: GramProblem, support: Integers, l1: Floats, l2: float, old: Floats
) -> Floats:
    """Far along the direction in which dependent columns change no prediction.

    Only the L1 norm changes there: it falls one way, until a coefficient reaches 0.
    """
    hessian = _hessian(problem, support, l2)
    direction = np.linalg.eigh(hessian)[1][:, 0]
    if direction @ (hessian @ old - problem.xy[support] + l1) > 0:
        direction = -direction
    if not np.any((direction * l1 < 0) & (np.abs(direction) > DEPENDENT)):
        direction = -direction
    target: Floats = old + direction * FAR * (1 + np.abs(old).max())
    return target


def _hessian(problem: GramProblem, support: Integers, l2: float) -> Floats:
    hessian = problem.gram.take(support, axis=0).take(support, axis=1).T
    hessian[np.diag_indices(len(support))] += l2
    return hessian


def _move(b: Floats, sign: Floats, support: Integers, target: Floats) -> bool:
    """Move to the target, or to the first coefficient that reaches 0; whether it was cut so."""
    crossing = target * sign[support] <= 0
    if not crossing.any():
        b[support] = target
        return False
    old = b[support]
    share = np.ones(len(support))
    # one that has just entered is at 0, and leaves again where it would go the wrong way
    share[crossing] = old[crossing] / np.where(old == target, 1.0, old - target)[crossing]
    shortest = float(share.min())
    leaving = crossing & (share <= shortest)
    b[support] = np.where(leaving, 0.0, old + shortest * (target - old))
    sign[support[leaving]] = 0.0
    return True


def _violators(gradient: Floats, sign: Floats, limit: float, *, positive: bool) -> Booleans:
    """The columns outside the support that violate optimality most."""
    excess = (gradient if positive else np.abs(gradient)) - limit
    excess[sign != 0] = 0.0
    worst = float(excess.max(initial=0.0))
    violators: Booleans = (excess > 0) & (excess >= ENTERS_TOO * worst)
    return violators
