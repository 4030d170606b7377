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

A column with a_j = 0 has no kink at 0, and is in A from the start. Bounds of coefficients are in
`box`: what reaches one leaves A too, and rests there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

from runner.core.path.box import Box
from runner.core.path.squares import inverse_above

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, GramProblem, Integers

STEPS = 60  # changes of the support, after which the answer is left to coordinate descent
DEPENDENT = 1e-13  # share of a column's square that others leave, below which it depends on them
FAR = 1e4
ROUNDING = 1e-11  # violations of this share of the largest |xy| are rounding


def solve_near(  # noqa: PLR0913 - a problem, its penalty, its bounds, and where to start
    problem: GramProblem,
    l1: Floats,
    l2: Floats,
    start: Floats,
    *,
    lower: Floats | None = None,
    upper: Floats | None = None,
    ahead: Floats | None = None,
) -> tuple[Floats, int] | None:
    """The coefficients, (p,), and how many systems were solved on the way.

    Args:
        problem: the least-squares problem, p columns.
        l1: a, (p,), not negative.
        l2: c, (p,), not negative.
        start: coefficients, (p,), best of a near alpha.
        lower: the least that each coefficient may be, (p,), at most 0; None if they may be any.
        upper: the most that each may be, (p,), at least 0.
        ahead: a guess of the coefficients, (p,), which foretells the support.

    Returns:
        None if the support does not settle.
    """
    if lower is not None or upper is not None:
        return _solve_within(problem, Box.of(lower, upper, l1, l2), start, ahead)
    gram, xy = problem.gram, problem.xy
    limit = l1 + _slack(problem)
    kinked = l1 > 0
    b = start.copy()
    if ahead is not None:
        b[(ahead * b <= 0) & kinked] = 0.0
    sign = np.sign(b)
    smooth = bool(kinked.all())
    if not smooth:
        sign[~kinked & (gram.diagonal() > 0)] = 1.0
    if ahead is not None:
        _enter(sign, sign.nonzero()[0], xy - gram @ ahead, limit)
    for step in range(1, STEPS + 1):
        support = sign.nonzero()[0]
        target = _target(problem, support, l1[support] * sign[support], l2[support], b[support])
        if _move(b, sign, support, target, None if smooth else kinked[support]):
            continue
        if not _enter(sign, support, xy - gram @ b, limit):
            return b, step
    return None


def _solve_within(
    problem: GramProblem, box: Box, start: Floats, ahead: Floats | None
) -> tuple[Floats, int] | None:
    """The same between bounds."""
    gram, xy, slack, kinked = problem.gram, problem.xy, _slack(problem), box.l1 > 0
    b = np.clip(start, box.lower, box.upper)
    inside = box.inside(b)
    if ahead is not None:
        b[(ahead * b <= 0) & kinked & inside] = 0.0
    sign = np.where(inside, np.sign(b), 0.0)
    sign[~kinked & inside & (gram.diagonal() > 0)] = 1.0
    if ahead is not None:
        box.enter(b, sign, xy - gram @ ahead, slack)
    for step in range(1, STEPS + len(b) + 1):
        support = sign.nonzero()[0]
        held = box.held(problem, b, sign)
        pull = box.l1[support] * sign[support]
        target = _target(held, support, pull, box.l2[support], b[support])
        if box.move(held, b, sign, support, target):
            continue
        if not box.enter(b, sign, xy - gram @ b, slack):
            return b, step
    return None


def _slack(problem: GramProblem) -> float:
    """The size of a gradient that is rounding."""
    return ROUNDING * float(np.abs(problem.xy).max(initial=0.0))


def _target(
    problem: GramProblem, support: Integers, pull: Floats, ridge: Floats, old: Floats
) -> Floats:
    """Where the support's coefficients should go, their signs being as they are."""
    target = stationary(problem, support, pull, ridge)
    return _down_the_valley(problem, support, pull, ridge, old) if target is None else target


def stationary(
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

    Only the L1 norm changes there: it falls one way, until a coefficient reaches 0. Where no column
    that takes part has a penalty, the nearest minimum is as good as any.
    """
    hessian = _hessian(problem, support, ridge)
    direction = np.linalg.eigh(hessian)[1][:, 0]
    if not pull[np.abs(direction) > DEPENDENT].any():
        return old + _least_step(hessian, problem.xy[support] - pull - hessian @ old)
    if direction @ (hessian @ old - problem.xy[support] + pull) > 0:
        direction = -direction
    if not np.any((direction * pull < 0) & (np.abs(direction) > DEPENDENT)):
        direction = -direction
    target: Floats = old + direction * FAR * (1 + np.abs(old).max())
    return target


def _least_step(hessian: Floats, left: Floats) -> Floats:
    """The least step, in units in which the diagonal is 1, that leaves no gradient."""
    unscale = inverse_above(np.sqrt(hessian.diagonal()), 0.0)
    d, V = np.linalg.eigh(hessian * np.outer(unscale, unscale))
    step: Floats = unscale * (V @ (inverse_above(d, DEPENDENT * d[-1]) * (V.T @ (unscale * left))))
    return step


def _hessian(problem: GramProblem, support: Integers, ridge: Floats) -> Floats:
    hessian = problem.gram.take(support, axis=0).take(support, axis=1).T
    hessian.reshape(-1, order="F")[:: len(support) + 1] += ridge  # the diagonal, of a view
    return hessian


def _move(
    b: Floats,
    sign: Floats,
    support: Integers,
    target: Floats,
    kinked: Booleans | None = None,
) -> bool:
    """Move to the target, or to the first coefficient that reaches 0; whether it was cut so.

    Those of the support that are not kinked, (k,), may pass 0.
    """
    crossing = target * sign[support] <= 0
    if kinked is not None:
        crossing &= kinked
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


def _enter(sign: Floats, support: Integers, gradient: Floats, limit: Floats) -> bool:
    """Give signs to the columns outside the support that violate optimality; if any do."""
    excess = np.abs(gradient)
    excess[support] = 0.0
    entering = excess > limit
    if not entering.any():
        return False
    sign[entering] = np.sign(gradient[entering])
    return True
