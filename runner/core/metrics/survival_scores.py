"""Metrics of times to an event, from log hazards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.breslow_deviance import breslow_deviance, event_weight
from runner.core.metrics.concordance import Outlived
from runner.core.metrics.scoring import ratio, row_weights
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Booleans, Floats


@dataclass(frozen=True)
class SurvivalScores:
    """Rows with a time y and whether it is that of an event, scored from log hazards eta (n, c, 1).

    partial_deviance is cv.glmnet's with grouped=TRUE: what the rows add to the deviance of the
    training rows, D(all rows) - D(training rows) with D as in `breslow_deviance`, over the weight
    of their events. (cv.glmnet scales the weights of each of the two to a mean of 1, so that with
    weights whose mean differs between folds its difference is not one of likelihoods; here weights
    are as they are. It averages folds by `events`.) Test rows are scored as a fold's are. Without
    the training rows' eta it is D of the rows among themselves over the weight of their events.
    NaN without events.

    harrell_c is the share of comparable pairs that eta orders rightly, those of equal eta counting
    one half; rows censored at the time of an event have outlived it. uno_c counts each pair by
    1 / G(t-)^2, with G the Kaplan-Meier curve of the censoring on the training side and t the time
    of the pair's event, up to the last event of training; pairs with a later one are left out. Both
    are survival::concordance(reverse = TRUE), the latter with timewt = "n/G2" where both sides are
    the same rows. NaN without comparable pairs. They take n log n steps a model.
    """

    validation: Observed
    training: Observed

    @property
    def events(self) -> float:
        """The weight of the rows with an event, by which cv.glmnet averages folds."""
        return float(event_weight(self.validation, self.validation.weight[:, None])[0])

    def score(
        self,
        metrics: Iterable[MetricName],
        eta: Floats,
        *,
        training_eta: Callable[[], Floats] | None = None,
        weight: Floats | None = None,
    ) -> dict[MetricName, Floats]:
        """Each metric of c models, or under c sets of weights; see `Scoring`."""
        weights, wanted = row_weights(self.validation, weight), tuple(metrics)
        scores: dict[MetricName, Floats] = {}
        if "partial_deviance" in wanted:
            own = training_eta() if training_eta is not None else None
            scores["partial_deviance"] = self._deviance(eta[:, :, 0], weights, own)
        if {"harrell_c", "uno_c"} & {*wanted}:
            scores |= self._concordances(eta[:, :, 0], weights)
        return {metric: scores[metric] for metric in wanted}

    def _deviance(self, eta: Floats, weight: Floats, training_eta: Floats | None) -> Floats:
        """Of the rows after those of training, or among themselves."""
        deaths = event_weight(self.validation, weight)
        if training_eta is None:
            return ratio(breslow_deviance(self.validation, eta, weight), deaths)
        before, own = training_eta[:, :, 0], self.training.weight[:, None]
        weights = np.vstack([np.repeat(own, weight.shape[1], axis=1), weight])
        both = breslow_deviance(self._all_rows, np.vstack([before, eta]), weights)
        return ratio(both - breslow_deviance(self.training, before, own), deaths)

    def _concordances(self, eta: Floats, weight: Floats) -> dict[MetricName, Floats]:
        """Both, model after model."""
        harrell, uno = [], []
        time, event = self.validation.y, _event(self.validation)
        for column in eta.T:
            outlived = Outlived.of(time, event, column, weight)
            harrell.append(outlived.concordance(weight))
            uno.append(outlived.concordance(weight * self._uno_weights[:, None]))
        return {"harrell_c": np.concatenate(harrell), "uno_c": np.concatenate(uno)}

    @cached_property
    def _all_rows(self) -> Observed:
        """Training rows, then validation rows."""
        sides = (self.training, self.validation)
        return Observed(
            np.concatenate([side.y for side in sides]),
            np.concatenate([side.weight for side in sides]),
            np.concatenate([_event(side) for side in sides]),
        )

    @cached_property
    def _uno_weights(self) -> Floats:
        """1 / G(t-)^2 of each row's time, 0 after the last event of training, (n,)."""
        event = _event(self.training) & (self.training.weight > 0)
        last = self.training.y[event].max(initial=-np.inf)
        uncensored = uncensored_before(self.training, self.validation.y)
        kept = self.validation.y <= last
        return np.where(kept, 1 / np.where(kept, uncensored, 1.0) ** 2, 0.0)


def uncensored_before(training: Observed, time: Floats) -> Floats:
    """The Kaplan-Meier chance of not being censored before each time, G(t-), (n,).

    Rows with an event at the time of a censoring have left before it.
    """
    event = _event(training)
    times, at = np.unique(training.y, return_inverse=True)
    leaving, censored = np.zeros(len(times)), np.zeros(len(times))
    np.add.at(leaving, at, training.weight)
    np.add.at(censored, at, np.where(event, 0.0, training.weight))
    there = leaving[::-1].cumsum()[::-1] - (leaving - censored)
    staying: Floats = 1.0 - ratio(censored, there, otherwise=0.0)
    curve = np.append(1.0, np.cumprod(staying))
    return curve[np.searchsorted(times, time, side="left")]


def _event(observed: Observed) -> Booleans:
    """Whether each time is that of an event; all are if nothing is said."""
    return np.ones(len(observed.y), dtype=bool) if observed.event is None else observed.event
