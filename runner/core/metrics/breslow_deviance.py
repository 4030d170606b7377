"""Twice what a partial likelihood with Breslow's ties is below that of the saturated model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import blocks

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
    order = np.argsort(-observed.y, kind="stable")
    falling = -observed.y[order]
    last = np.searchsorted(falling, falling, side="right") - 1
    dead = np.flatnonzero(_events(observed)[order])
    tied = _tied(observed.weight[order][dead], last[dead])
    found = []
    for columns, weights in blocks(eta, weight):
        z, w = columns[order], weights[order]
        lost = _log_sums(z, w, last[dead]) - z[dead] - np.log(tied)[:, None]
        found.append(2 * np.einsum("ij,ij->j", *np.broadcast_arrays(w[dead], lost)))
    deviance: Floats = np.concatenate(found)
    return deviance


def event_weight(observed: Observed, weight: Floats) -> Floats:
    """How much the rows with an event weigh, (r,)."""
    return _events(observed) @ weight


def _events(observed: Observed) -> Floats:
    """1 for an event, 0 for a censored time, (n,); without a word on it all are events."""
    if observed.event is None:
        return np.ones(len(observed.y))
    return observed.event.astype(float)


def _tied(weight: Floats, place: Integers) -> Floats:
    """The weight of all events in the same place, (events,); 1 where they have none."""
    _, own = np.unique(place, return_inverse=True)
    sums = np.bincount(own, weight)[own]
    return np.where(sums > 0, sums, 1.0)


def _log_sums(eta: Floats, weight: Floats, at: Integers) -> Floats:
    """Logarithms of the sums, up to some rows, of weight times exp(eta): (len(at), m).

    Of nothing it is the least number there is, as such a row itself weighs nothing.
    """
    top = eta.max(axis=0)
    with np.errstate(divide="ignore"):
        if np.all(np.ptp(eta, axis=0) < WIDE):
            sums = np.log(np.cumsum(weight * np.exp(eta - top), axis=0)[at]) + top
        else:
            sums = np.logaddexp.accumulate(np.log(weight) + eta, axis=0)[at]
    found: Floats = np.maximum(sums, np.finfo(np.float64).min)
    return found
