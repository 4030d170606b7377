"""Twice what a partial likelihood with Breslow's ties is below that of the saturated model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import totals

if TYPE_CHECKING:
    from runner.records import Floats, Integers, Observed

WIDE = 600.0  # a spread of log hazards beyond which their exponentials do not share a scale


def breslow_deviance(observed: Observed, eta: Floats, weight: Floats) -> Floats:
    """The deviance of log hazards among rows, (c,) or (r,), glmnet's coxnet.deviance.

    With d_t the weight of the events at time t,

        loglik = sum_i event_i w_i (eta_i - log sum_(j: t_j >= t_i) w_j exp(eta_j))
        saturated = - sum_t d_t log d_t
        deviance = 2 (saturated - loglik)

    A multiple of the weights multiplies it. It is 0 without events. Under weights other than the
    rows' own d_t stays that of their own, - sum_i event_i w_i log d_t: rows that a bootstrap draws
    twice are not tied for that, and would take a tenth or more off the deviance if they were.

    Args:
        observed: (n,) times and whether they are those of events.
        eta: (n, c) log hazards.
        weight: (n, r), where r or c is 1.
    """
    events = _events(observed)
    order, last = _latest_first(observed.y)
    eta, weight, dead = eta[order], weight[order], events[order]
    risk = _log_sums(eta, weight)[last]
    own = weight * dead[:, None]
    loglik = totals(own, eta) - _paired(own, risk)
    saturated = -_paired(own, _log_tied(observed.weight[order] * dead, last))
    deviance: Floats = 2 * (saturated - loglik)
    return deviance


def event_weight(observed: Observed, weight: Floats) -> Floats:
    """How much the rows with an event weigh, (r,)."""
    return _events(observed) @ weight


def _events(observed: Observed) -> Floats:
    """1 for an event, 0 for a censored time, (n,); without a word on it all are events."""
    if observed.event is None:
        return np.ones(len(observed.y))
    return observed.event.astype(float)


def _latest_first(time: Floats) -> tuple[Integers, Integers]:
    """Rows by falling time, and the place of the last of those with an equal one."""
    order = np.argsort(-time, kind="stable")
    ordered = time[order]
    return order, np.searchsorted(-ordered, -ordered, side="right") - 1


def _log_sums(eta: Floats, weight: Floats) -> Floats:
    """Logarithms of the sums up to each row of weight times exp(eta), (n, m); -inf of nothing."""
    top = eta.max(axis=0)
    with np.errstate(divide="ignore"):
        if np.all(np.ptp(eta, axis=0) < WIDE):
            sums: Floats = np.log(np.cumsum(weight * np.exp(eta - top), axis=0)) + top
        else:
            sums = np.logaddexp.accumulate(np.log(weight) + eta, axis=0)
    return sums


def _log_tied(deaths: Floats, last: Integers) -> Floats:
    """The logarithm of the weight of all events at the time of each, (n, 1); 0 without any."""
    starts = np.flatnonzero(np.append(True, np.diff(last) > 0))
    tied = np.add.reduceat(deaths, starts)[np.searchsorted(starts, last, side="right") - 1]
    return np.log(np.where(tied > 0, tied, 1.0))[:, None]


def _paired(own: Floats, values: Floats) -> Floats:
    """Sums of own (n, r) times values (n, c), r or c 1 or both equal; nothing where own is 0."""
    own, values = np.broadcast_arrays(own, values)
    found: Floats = np.einsum("ij,ij->j", own, np.where(own > 0, values, 0.0))
    return found
