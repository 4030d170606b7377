"""Bootstrap intervals of the scores of one set of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.metrics import METRICS, score_predictions
from runner.spec import Count, Share, Spec

if TYPE_CHECKING:
    from runner.metrics import MetricName
    from runner.records import Floats, Integers


class Bootstrap(Spec):
    """How many resamples, and the share of their scores that an interval holds."""

    resamples: Count
    level: Share


@dataclass(frozen=True)
class Scored:
    """Rows with a prediction."""

    y: Floats  # (n,)
    predictions: Floats  # (n,)
    weight: Floats | None  # (n,)
    group: Integers | None  # (n,)

    def take(self, rows: Integers) -> Scored:
        """Some of the rows, a row as often as it is named."""
        weight = None if self.weight is None else self.weight[rows]
        return Scored(self.y[rows], self.predictions[rows], weight, group=None)

    def scores(self) -> dict[MetricName, float]:
        """Every metric."""
        found = score_predictions(METRICS, self.y, self.predictions[:, None], self.weight)
        return {metric: float(value[0]) for metric, value in found.items()}


@dataclass(frozen=True)
class Interval:
    """A score, and the ends of its bootstrap interval."""

    score: float
    low: float
    high: float


def score_intervals(
    scored: Scored, bootstrap: Bootstrap, rng: np.random.Generator
) -> dict[MetricName, Interval]:
    """Every metric with its percentile bootstrap interval (Efron 1979).

    Rows are drawn with replacement, or whole groups where there are any. The model is not fitted
    again: an interval shows what another draw of these rows would do, not what another draw of
    training rows would.
    """
    scores = scored.scores()
    drawn = [scored.take(_resample(scored, rng)).scores() for _ in range(bootstrap.resamples)]
    tails = [(1 - bootstrap.level) / 2, (1 + bootstrap.level) / 2]
    intervals = {}
    for metric, score in scores.items():
        low, high = np.quantile([found[metric] for found in drawn], tails)
        intervals[metric] = Interval(score, float(low), float(high))
    return intervals


def _resample(scored: Scored, rng: np.random.Generator) -> Integers:
    if scored.group is None:
        return rng.integers(len(scored.y), size=len(scored.y))
    codes = np.unique(scored.group)
    picked = rng.choice(codes, size=len(codes))
    return np.concatenate([np.flatnonzero(scored.group == code) for code in picked])
