"""Whether log odds mean what they say: the logistic regression of the outcome on them.

With y 0 or 1 and log odds eta, the slope is b of logit P(y = 1) = a + b eta, and the intercept is a
of logit P(y = 1) = a + eta (calibration in the large; Cox 1958, Steyerberg 2019, chapter 15). A
slope below 1 says that predictions are too extreme, an intercept above 0 that they are too low.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import probability

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

STEPS = 100  # of Newton, halved ones included
TOLERANCE = 1e-9  # of a step, which leaves its square
FLAT = 1e-12  # least curvature that a step is divided by


def calibration_slope(y: Floats, eta: Floats, weight: Floats) -> Floats:
    """The slope of each model, or under each set of weights.

    It is not defined, so NaN, if a class is lacking, if eta is constant, or if a threshold of eta
    separates the classes: no finite slope is the best then.

    Args:
        y: (n,) 0 or 1.
        eta: (n, c) log odds.
        weight: (n, r), where r or c is 1.
    """
    known = _overlaps(y, eta, weight)
    if not known.any():
        return np.full(len(known), np.nan)
    own, kept = _columns(eta, known), _columns(weight, known)
    scale = own.std(axis=0)
    x = (own - own.mean(axis=0)) / scale
    return _spread(known, _newton(y, x, kept, offset=np.zeros_like(x))[1] / scale)


def calibration_intercept(y: Floats, eta: Floats, weight: Floats) -> Floats:
    """The intercept of each model, or under each set of weights; NaN if a class is lacking.

    Args:
        y: (n,) 0 or 1.
        eta: (n, c) log odds.
        weight: (n, r), where r or c is 1.
    """
    both = (y @ weight > 0) & ((1 - y) @ weight > 0)
    known = np.broadcast_to(both, max(eta.shape[1], len(both)))
    if not known.any():
        return np.full(len(known), np.nan)
    own, kept = _columns(eta, known), _columns(weight, known)
    return _spread(known, _newton(y, np.zeros_like(own), kept, offset=own)[0])


def _columns(values: Floats, known: Booleans) -> Floats:
    """Those columns that are known, or the only one."""
    return values if values.shape[1] == 1 else values[:, known]


def _spread(known: Booleans, found: Floats) -> Floats:
    """What was found where it is known, else NaN."""
    spread = np.full(len(known), np.nan)
    spread[known] = found
    return spread


def _overlaps(y: Floats, eta: Floats, weight: Floats) -> Booleans:
    """Whether either class reaches beyond the other's far end: then a finite slope is the best."""
    counted = weight > 0
    ends = []
    for label in (0.0, 1.0):
        own = counted & (y == label)[:, None]
        ends.append(np.where(own, eta, np.inf).min(axis=0))
        ends.append(np.where(own, eta, -np.inf).max(axis=0))
    low0, high0, low1, high1 = ends
    overlaps: Booleans = (high0 > low1) & (high1 > low0)
    return overlaps


def _newton(y: Floats, x: Floats, weight: Floats, offset: Floats) -> Floats:
    """Intercepts and slopes (2, m) of y on x (n, c), by Newton's method; slope 0 where x is 0.

    A step is halved where the objective rises at its end more steeply than it fell at its start.
    NaN where that has not come to an end.
    """
    share = weight / weight.sum(axis=0)
    at = _start(y, x, weight, offset)
    step, fall = np.zeros_like(at), np.zeros(at.shape[1])
    for _ in range(STEPS):
        slope, newton = _newton_step(y, x, share, offset + at[0] + x * at[1])
        beyond = (slope * step).sum(axis=0) > fall
        step = np.where(beyond, -step / 2, newton)
        fall = np.where(beyond, fall / 2, -(slope * newton).sum(axis=0))
        at = at + step
        step = np.where(beyond, -step, step)
        ended = np.abs(step).max(axis=0) <= TOLERANCE * (1 + np.abs(at).max(axis=0))
        if ended.all():
            break
    return np.where(ended, at, np.nan)


def _start(y: Floats, x: Floats, weight: Floats, offset: Floats) -> Floats:
    """Where to begin (2, m): for many weights of one model at their mean's solution, else at 0."""
    m = max(x.shape[1], weight.shape[1])
    if weight.shape[1] == 1:
        return np.zeros((2, m))
    middle = _newton(y, x, weight.mean(axis=1)[:, None], offset)
    return np.repeat(np.nan_to_num(middle), m, axis=1)


def _newton_step(y: Floats, x: Floats, share: Floats, eta: Floats) -> tuple[Floats, Floats]:
    """The objective's slope (2, m) at eta (n, m), and the step to where its parabola is least."""
    chance = probability(eta)
    pull = share * (chance - y[:, None])
    bend = share * (chance * (1 - chance))
    slope = np.array([pull.sum(axis=0), (x * pull).sum(axis=0)])
    first, mixed, second = bend.sum(axis=0), (x * bend).sum(axis=0), (x**2 * bend).sum(axis=0)
    first = np.maximum(first, FLAT)
    mean = mixed / first
    # the intercept eliminated, so that a slope without any x of its own stays where it is
    own = np.maximum(second - mixed * mean, FLAT)
    down = -(slope[1] - mean * slope[0]) / own
    return slope, np.array([-slope[0] / first - mean * down, down])
