"""How far, at most, a solution's objective is above the minimum.

With the slopes u = d L / d eta and the gradient G = X'u, each s from 0 to 1 gives a point s u of
the dual, and the gap between the two objectives is, as u and eta attain each other's conjugate,

    L(eta) + L*(s u) - s <u, eta> + sum_j (p_j(b_j) + p_j*(-s G_j) + s G_j b_j),

p_j the penalty and p_j* its conjugate. At s = 1 the first three terms cancel, and what is left are
sums of two conjugates less their product, none of which is negative:

    sum_j (l1_j |b_j| + l2_j b_j^2 / 2 + max(|G_j| - l1_j, 0)^2 / (2 l2_j) + G_j b_j).

Without an L2 penalty that is infinite unless all |G_j| are within l1_j, to which s brings them.

Between limits lo <= 0 <= hi the conjugate of a column's penalty is attained at

    b* = min(max(S(v, l1) / l2, lo), hi)        v = -s G_j, S the soft threshold,

which without an L2 penalty is the limit on v's side, so that it is finite wherever that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood
    from runner.core.path.settings import Limits
    from runner.records import Floats

ROUNDING = 4 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class Point:
    """One model's solution, and the slopes there."""

    eta: Floats  # (n, K)
    slope: Floats  # (n, K)
    value: float  # L
    coefficients: Floats  # (m,), response by response
    gradient: Floats  # (m,)


def dual_gap(  # noqa: PLR0913 - a point, its penalty, and what will do
    likelihood: Likelihood,
    at: Point,
    l1: Floats,
    l2: Floats,
    limits: Limits | None = None,
    *,
    enough: float = 0.0,
) -> float:
    """The better of the two gaps, in the units of the objective.

    Args:
        likelihood: L.
        at: the point; its slopes add up to 0 for each response that has an intercept.
        l1: strength of the L1 penalty, (m,).
        l2: of the L2 penalty, (m,). Columns with neither, and without a limit on the side that
            their gradient points to, count as minimised out.
        limits: of the coefficients, (m,), if there are any.
        enough: a gap of so much is not improved upon.
    """
    reach = np.abs(at.gradient)
    ends = np.full(len(reach), np.inf)
    if limits is not None:
        ends = np.where(at.gradient < 0, limits.upper, -limits.lower)
    endless = np.isinf(ends)
    penalised = (l1 > 0) | (l2 > 0)
    free = float(np.abs(at.gradient * at.coefficients)[~penalised & endless].sum())
    whole = _terms(at, l1, l2, ends, 1.0)
    bound = penalised & endless
    if whole <= enough or not np.any(bound & (reach > l1)):
        return whole + free
    with np.errstate(divide="ignore", invalid="ignore"):
        s = float(np.min(l1[bound] / reach[bound], initial=1.0))
    slope = s * at.slope
    conjugate = float(likelihood.conjugate(slope[:, None])[0])
    apart = at.value + conjugate - float(np.vdot(slope, at.eta))
    return min(whole, max(apart, 0.0) + _terms(at, l1, l2, ends, s)) + free


def _terms(at: Point, l1: Floats, l2: Floats, ends: Floats, s: float) -> float:
    """The sum over the columns; infinite where the dual point is not feasible.

    `ends` (m,) says how far each coefficient may go to the side that its gradient points to.
    """
    b, G = at.coefficients, s * at.gradient
    excess = np.maximum(np.abs(G) - l1, 0.0)
    excess[(l1 == 0) & (l2 == 0) & np.isinf(ends)] = 0.0
    beyond = (excess > ROUNDING * l1) & (l2 == 0)
    if np.any(beyond & np.isinf(ends)):
        return float("inf")
    length = np.divide(excess, l2, out=np.where(beyond, ends, 0.0), where=l2 > 0)
    length = np.minimum(length, ends)  # of b*
    conjugate = excess * length - l2 * length**2 / 2.0
    return float(np.sum(l1 * np.abs(b) + l2 * b**2 / 2.0 + conjugate + G * b))
