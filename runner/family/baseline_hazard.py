"""Times, events and linear predictors come in; Breslow's baseline hazard and survival go out.

For rows i with times t_i, weights w_i, and linear predictors eta_i, an event at t_i or none,

    H0(t) = sum over event times s <= t of  d_s / sum over t_i >= s of w_i exp(eta_i)

with d_s the weights of the events at s, ties counted together (Breslow 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from runner.records import Floats, Observed


@dataclass(frozen=True)
class Baseline:
    """The cumulative hazard of a row whose linear predictor is 0: steps at the times of events."""

    times: Floats  # (m,) rising
    hazard: Floats  # (m,) cumulated, from each time to the next
    last: float  # the last time that any row was seen

    def at(self, times: Floats) -> Floats:
        """The cumulative hazard at times (t,): 0 before the first event, NaN after the last row."""
        steps = np.concatenate([[0.0], self.hazard])
        found: Floats = steps[np.searchsorted(self.times, times, side="right")]
        return np.where(times > self.last, np.nan, found)

    def cumulative(self, eta: Floats, times: Floats) -> Floats:
        """The cumulative hazard (n, t) of linear predictors (n,) at times (t,)."""
        with np.errstate(divide="ignore", over="ignore"):
            # as a sum of logarithms: a hazard of 1e-300 times a ratio of 1e300 is 1, not overflow
            return np.exp(np.log(self.at(times))[None, :] + eta[:, None])

    def survival(self, eta: Floats, times: Floats) -> Floats:
        """The share (n, t) that has no event up to times (t,), for linear predictors (n,)."""
        survival: Floats = np.exp(-self.cumulative(eta, times))
        return survival


def breslow(observed: Observed, eta: Floats) -> Baseline:
    """The baseline hazard of some rows.

    Args:
        observed: `y` the times (n,), `event` and `weight`. An `offset` is a part of eta here, so
            that the baseline is that of offset 0.
        eta: linear predictors (n,), without the offset.

    Raises:
        FitError: no row of positive weight has an event.
    """
    event = np.zeros(len(eta), dtype=bool) if observed.event is None else observed.event
    died = np.where(event, observed.weight, 0.0)
    if not np.any(died > 0):
        raise FitError(
            "a baseline hazard needs at least one event, but no training row has one: check"
            " dataset.event"
        )
    whole = eta if observed.offset is None else eta + observed.offset
    falling = np.argsort(-observed.y)
    times = np.unique(observed.y[died > 0])
    with np.errstate(divide="ignore"):
        # a sum of exponentials by its logarithm, as they might overflow or vanish
        at_risk = np.logaddexp.accumulate((np.log(observed.weight) + whole)[falling])
    up_to = len(eta) - np.searchsorted(observed.y[falling][::-1], times, side="left")
    deaths = np.bincount(np.searchsorted(times, observed.y[died > 0]), died[died > 0])
    steps = np.exp(np.log(deaths) - at_risk[up_to - 1])
    return Baseline(times, np.cumsum(steps), float(observed.y[observed.weight > 0].max()))
