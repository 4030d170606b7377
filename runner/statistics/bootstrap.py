"""Bootstrap intervals of the scores of one set of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics import METRICS, explained, relative_share, score_predictions
from runner.spec import Count, Share, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runner.core.metrics import MetricName, Scoring
    from runner.records import Floats, Integers

ROUNDING = 1e-13  # share of a mean square below which the variance is rounding
CELLS = 250_000  # counts of rows held at once, 2 MB
UNDEFINED = 0.1  # share of resamples without a score beyond which there is no interval


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

    def scores(self, metrics: tuple[MetricName, ...] = METRICS) -> dict[MetricName, float]:
        """Every metric, or some."""
        found = score_predictions(metrics, self.y, self.predictions[:, None], self.weight)
        return {metric: float(value[0]) for metric, value in found.items()}


@dataclass(frozen=True)
class ScoredLinear:
    """Rows with a linear predictor, of any family."""

    scoring: Scoring  # of the n rows
    eta: Floats  # (n, K) complete, the offset within
    group: Integers | None  # (n,)
    training_eta: Callable[[], Floats] | None = None  # gives the training rows' (m, K)

    def score(
        self, metrics: Sequence[MetricName], weight: Floats | None = None
    ) -> dict[MetricName, Floats]:
        """Each metric, (1,), or under r sets of row weights (n, r)."""
        own = self.training_eta
        training = None if own is None else lambda: own()[:, None, :]
        eta = self.eta[:, None, :]
        return self.scoring.score(metrics, eta, training_eta=training, weight=weight)


@dataclass(frozen=True)
class Interval:
    """A score, the ends of its bootstrap interval, and the resamples' standard deviation."""

    score: float
    low: float
    high: float
    se: float

    @classmethod
    def of(cls, score: float, drawn: Floats, level: float) -> Interval:
        """From the scores of resamples, (r,)."""
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        se = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else np.nan
        return cls(float(score), float(low), float(high), se)


@dataclass(frozen=True)
class _Sums:
    """What each row adds to the metrics, so that a resample is a count of rows.

    With errors e, weights w and the target y less its mean, the columns of `parts` are

        w, w e, w e^2, w |e|, w |e| / |y|, w y, w y^2.
    """

    scored: Scored
    parts: Floats  # (n, 7)
    order: Integers  # (n,), by |e|

    @classmethod
    def of(cls, scored: Scored) -> _Sums:
        y, e = scored.y, scored.y - scored.predictions
        w = np.ones(len(y)) if scored.weight is None else scored.weight
        size, away = np.abs(e), y - y.mean()
        columns = [w, w * e, w * e**2, w * size, relative_share(y, w) * size]
        # by column, as BLAS wants them
        parts = np.stack([*columns, w * away, w * away**2]).T
        return cls(scored, parts, np.argsort(size, kind="stable"))

    def scores(self, rows: Integers) -> dict[MetricName, float]:
        """Every metric of a resample, given as positions of rows."""
        counts = np.bincount(rows, minlength=len(self.order))
        total, *sums = counts.astype(np.float64) @ self.parts
        bias, mse, mae, mape, shift, square = (value / total for value in sums)
        spread = _variance(square, shift)
        return {
            "mse": mse,
            "rmse": float(np.sqrt(mse)),
            "mae": mae,
            "median_ae": self._median(rows, counts),
            "r2": float(explained(mse, spread)),
            "mape": mape,
            "explained_variance": float(explained(np.asarray(_variance(mse, bias)), spread)),
        }

    def _median(self, rows: Integers, counts: Integers) -> float:
        """The median of |e|, the mean of the two middle ones of an even number."""
        if self.scored.weight is not None:
            return self.scored.take(rows).scores(("median_ae",))["median_ae"]
        cumulated = np.cumsum(counts[self.order])
        middle = [(len(rows) - 1) // 2, len(rows) // 2]
        at = self.order[np.searchsorted(cumulated, middle, side="right")]
        return float(np.abs(self.scored.y[at] - self.scored.predictions[at]).mean())


def _variance(square: float, mean: float) -> float:
    """What a mean square is above the mean's; 0 of one value, drawn again and again."""
    variance = float(square - mean**2)
    return variance if variance > ROUNDING * square else 0.0


def score_intervals(
    scored: Scored, bootstrap: Bootstrap, rng: np.random.Generator
) -> dict[MetricName, Interval]:
    """Every metric with its percentile bootstrap interval (Efron 1979).

    Rows are drawn with replacement, or whole groups where there are any. The model is not fitted
    again: an interval shows what another draw of these rows would do, not what another draw of
    training rows would.
    """
    scores = scored.scores()
    sums = _Sums.of(scored)
    drawn = [sums.scores(_resample(scored, rng)) for _ in range(bootstrap.resamples)]
    return {
        metric: Interval.of(score, np.array([found[metric] for found in drawn]), bootstrap.level)
        for metric, score in scores.items()
    }


def _resample(scored: Scored, rng: np.random.Generator) -> Integers:
    if scored.group is None:
        return rng.integers(len(scored.y), size=len(scored.y))
    codes = np.unique(scored.group)
    picked = rng.choice(codes, size=len(codes))
    return np.concatenate([np.flatnonzero(scored.group == code) for code in picked])


def linear_score_intervals(
    scored: ScoredLinear,
    metrics: Sequence[MetricName],
    bootstrap: Bootstrap,
    rng: np.random.Generator,
) -> dict[MetricName, Interval]:
    """Metrics of a family's model with their percentile bootstrap intervals.

    Rows or groups are drawn as in `score_intervals`, and as often as a row is drawn it counts: its
    weight is multiplied. Of Cox's partial deviance the training rows stay as they are, and rows
    drawn twice are not tied; the censoring curve of uno_c stays that of the training side.

    A resample may lack what a metric needs, as a class or an event. It is left out of that metric's
    quantiles; where one in ten or more is, the metric has no interval, nor has one without a score.
    """
    scores = scored.score(metrics)
    drawn = [
        scored.score(metrics, weight)
        for weight in _resampled_weights(scored, bootstrap.resamples, rng)
    ]
    return {
        metric: _interval(score[0], np.concatenate([own[metric] for own in drawn]), bootstrap.level)
        for metric, score in scores.items()
    }


def _resampled_weights(
    scored: ScoredLinear, resamples: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Row weights (n, r) of some resamples after the others."""
    weight = scored.scoring.validation.weight
    group = np.arange(len(weight)) if scored.group is None else scored.group
    codes, own = np.unique(group, return_inverse=True)
    for start in range(0, resamples, step := max(1, CELLS // len(weight))):
        counts = np.empty((min(step, resamples - start), len(codes)))
        for count in counts:
            count[:] = np.bincount(rng.integers(len(codes), size=len(codes)), minlength=len(codes))
        yield counts.T[own] * weight[:, None]


def _interval(score: float, drawn: Floats, level: float) -> Interval:
    """A score between the tails of its resamples."""
    defined = np.isfinite(drawn)
    if not np.isfinite(score) or (~defined).mean() >= UNDEFINED:
        return Interval(float(score), np.nan, np.nan, np.nan)
    return Interval.of(score, drawn[defined], level)
