"""Which columns a path needs to look at: sequential strong rules, and the check that guards them.

The gradient g_j changes more slowly than alpha does, so that a column whose |g_j| is well below the
next alpha stays out. Tibshirani et al. (2012) bound its slope by 1: with a = alpha * l1_ratio,
column j is looked at on the way from a to a' < a if

    |g_j| >= f_j (a' - slope (a - a')),   slope = 1.

Observed slopes are far smaller. A smaller slope keeps the working set small, and the check costs
little when it is made for several alphas at once. A column that the rule missed violates

    |g_j| <= f_j a'

at the solution found without it, and is let in then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.core.path.settings import Limits
    from runner.records import Booleans, Floats, Integers

# 300 x 5,000 to a gap of 1e-3: 0.16 s at 0.25, 0.25 s at 1; most of the rest is coordinate descent.
SLOPE = 0.25
# Alphas solved between two checks; reading X once for 4 gradients takes 40 % of reading it 4 times.
BATCH = 4
# A path that falls faster than this from one alpha to the next gets alphas in between.
STEEPEST = 0.75


def pick_columns(  # noqa: PLR0913 - where the path stands, and what may follow
    gradient: Floats, factors: Floats, now: float, then: float, *, outside: Booleans, most: int
) -> Integers:
    """Columns, (k,), that may enter while the L1 strength falls from `now` to `then`.

    A gradient at a solution of a loose tolerance is rough, and can put half of all columns above
    the threshold; no more than `most` of them, the largest, are worth their cost.

    Args:
        gradient: The size of the gradient at the solution for `now`, (p,); see `reach`.
        factors: Penalty factors, (p,).
        now: alpha * l1_ratio of the last solution.
        then: alpha * l1_ratio of the smallest of the next alphas.
        outside: Columns that are not in yet, (p,).
        most: The largest k.
    """
    threshold = then - SLOPE * max(now - then, 0.0)
    picked = np.flatnonzero((gradient >= factors * threshold) & outside)
    if len(picked) <= most:
        return picked
    excess = gradient[picked] - factors[picked] * threshold
    return picked[np.argpartition(-excess, most)[:most]]


def find_violators(gradient: Floats, factors: Floats, l1: float) -> Integers:
    """Columns, (k,), whose gradient at a solution is too large for a coefficient of 0."""
    return np.flatnonzero(gradient > factors * l1)


def reach(gradient: Floats, limits: Limits | None) -> Floats:
    """The size of a gradient, (p, a), in the directions in which coefficients may leave 0."""
    if limits is None:
        return np.abs(gradient)
    up, down = limits.upper[:, None] > 0, limits.lower[:, None] < 0
    return np.maximum(np.where(up, gradient, 0.0), np.where(down, -gradient, 0.0))


def fill_in(alphas: Floats, largest: float) -> tuple[Floats, Integers]:
    """Falling alphas, with stepping stones wherever they fall too fast for screening.

    Args:
        alphas: Falling and positive, (a,).
        largest: Where the path sets out; nothing happens above it.

    Returns:
        The filled alphas, (b,) with b >= a, and the places of the given ones among them, (a,).
    """
    filled: list[float] = []
    places = []
    last = largest
    for alpha in alphas:
        if alpha < last * STEEPEST:
            stones = int(np.ceil(np.log(alpha / last) / np.log(STEEPEST)))
            filled.extend(np.geomspace(last, alpha, stones + 1)[1:-1])
        places.append(len(filled))
        filled.append(float(alpha))
        last = min(float(alpha), last)
    return np.array(filled), np.array(places, dtype=np.int64)


def next_batch(alphas: Floats, size: int) -> Floats:
    """The first few of the falling alphas that are close enough to share one check."""
    close = alphas[:size] >= alphas[0] * STEEPEST
    return alphas[: int(np.sum(close))]
