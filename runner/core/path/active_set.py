"""The exact solution for one alpha from one near it: which coefficients are not 0, then which are.

An active-set method for the elastic net's quadratic program. With the support A and its signs s,
the stationary point is

    (G_AA + diag(c_A)) b_A = xy_A - a_A s,    a = alpha * l1_ratio * f,  c = alpha (1 - l1_ratio) f

with penalty factors f, 1 if there are none, of which some may be 0. The step there is cut short
where a coefficient reaches 0, which then leaves A. Where none does, the columns whose gradient
|xy_j - G_j b| exceeds a_j, by which the optimality conditions are violated, enter A with the
gradient's sign. Between neighbouring alphas of a path few columns change, so that a few small
systems give what coordinate descent approaches in hundreds of sweeps where columns are correlated.
(Osborne, Presnell & Turlach 2000 solve the lasso so.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

if TYPE_CHECKING:
    from runner.records import Floats, GramProblem, Integers

STEPS = 60  # changes of the support, after which the answer is left to coordinate descent
DEPENDENT = 1e-13  # share of a column's square that others leave, below which it depends on them
FAR = 1e4
ROUNDING = 1e-11  # violations of this share of the largest |xy| are rounding


def solve_near(  # noqa: PLR0913 - a problem, its penalty, and where to start
    problem: GramProblem,
    l1: Floats,
    l2: Floats,
    start: Floats,
    *,
    positive: bool,
    ahead: Floats | None = None,
) -> tuple[Floats, int] | None:
    """The coefficients, (p,), and how many systems were solved on the way.

    Args:
        problem: the least-squares problem, p columns.
        l1: a, (p,), not negative.
        l2: c, (p,), not negative.
        start: coefficients, (p,), best of a near alpha.
        positive: whether negative coefficients are not allowed.
        ahead: a guess of the coefficients, (p,), which foretells the support.

    Returns:
        None if the support does not settle.
    """
    gram, xy = problem.gram, problem.xy
    limit = l1 + ROUNDING * float(np.abs(xy).max(initial=0.0))
    b = start.copy()
    sign = np.sign(b)
    if ahead is not None:
        b[ahead * b <= 0] = 0.0
        support = b.nonzero()[0]
        sign = np.sign(b)
        _enter(sign, support, xy - gram @ ahead, limit, positive=positive)
    for step in range(1, STEPS + 1):
        support = sign.nonzero()[0]
        pull, ridge = l1[support] * sign[support], l2[support]
        target = _stationary(problem, support, pull, ridge)
        if target is None:
            target = _down_the_valley(problem, support, pull, ridge, b[support])
        if _move(b, sign, support, target):
            continue
        gradient = xy - gram @ b
        if not _enter(sign, support, gradient, limit, positive=positive):
            return b, step
    return None


def _stationary(
    problem: GramProblem, support: Integers, pull: Floats, ridge: Floats
) -> Floats | None:
    """The minimum over the support's coefficients of given signs; None if its columns depend."""
    if not len(support):
        return np.empty(0)
    hessian = _hessian(problem, support, ridge)
    squares = hessian.diagonal().copy()
    factor, target, failed = lapack.dposv(hessian, problem.xy[support] - pull, overwrite_a=1)
    # a squared pivot is what the columns before it leave of a column's square
    if failed or (factor.diagonal() ** 2 < DEPENDENT * squares).any():
        return None
    solution: Floats = target
    return solution


def _down_the_valley(
    problem: GramProblem, support: Integers, pull: Floats, ridge: Floats, old: Floats
) -> Floats:
    """Far along the direction in which dependent columns change no prediction.

    Only the L1 norm changes there: it falls one way, until a coefficient reaches 0.
    """
    hessian = _hessian(problem, support, ridge)
    direction = np.linalg.eigh(hessian)[1][:, 0]
    if direction @ (hessian @ old - problem.xy[support] + pull) > 0:
        direction = -direction
    if not np.any((direction * pull < 0) & (np.abs(direction) > DEPENDENT)):
        direction = -direction
    target: Floats = old + direction * FAR * (1 + np.abs(old).max())
    return target


def _hessian(problem: GramProblem, support: Integers, ridge: Floats) -> Floats:
    hessian = problem.gram.take(support, axis=0).take(support, axis=1).T
    hessian.reshape(-1, order="F")[:: len(support) + 1] += ridge  # the diagonal, of a view
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


def _enter(
    sign: Floats, support: Integers, gradient: Floats, limit: Floats, *, positive: bool
) -> bool:
    """Give signs to the columns outside the support that violate optimality; if any do."""
    excess = gradient.copy() if positive else np.abs(gradient)
    excess[support] = 0.0
    entering = excess > limit
    if not entering.any():
        return False
    sign[entering] = np.sign(gradient[entering])
    return True
