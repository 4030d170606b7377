"""Metrics of two classes, from the log odds of the second one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.calibration import calibration_intercept, calibration_slope
from runner.core.metrics.ranking import Ranked
from runner.core.metrics.scoring import (
    mean_of_known,
    means,
    probability,
    ratio,
    row_weights,
    score_blocks,
    totals,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Booleans, Floats, Observed


@dataclass(frozen=True)
class TwoClassScores:
    """Rows whose y is 0 or 1, scored from log odds eta (n, c, 1).

    Each metric is scikit-learn's with sample_weight. With rows of one class alone roc_auc and both
    calibrations are NaN, as is average_precision without positives; balanced_accuracy is the recall
    of the one class, and f1 and mcc are 0 where there is nothing to divide by.
    """

    validation: Observed
    threshold: float = 0.5  # the probability from which on a row is called positive

    def score(
        self,
        metrics: Iterable[MetricName],
        eta: Floats,
        *,
        training_eta: Callable[[], Floats] | None = None,
        weight: Floats | None = None,
    ) -> dict[MetricName, Floats]:
        """Each metric of c models, or under c sets of weights; see `Scoring`."""
        del training_eta
        wanted, y = tuple(metrics), self.validation.y

        def score(some: Floats, weights: Floats) -> dict[MetricName, Floats]:
            rows = _Rows(y, weights, some[:, :, 0], self.threshold)
            return {metric: _SCORES[metric](rows) for metric in wanted}

        return score_blocks(wanted, eta, row_weights(self.validation, weight), score)


@dataclass(frozen=True)
class _Confusion:
    """Weights of the rows by what they are and what they are called, (c,) each."""

    true_positive: Floats
    false_positive: Floats
    true_negative: Floats
    false_negative: Floats


@dataclass(frozen=True)
class _Rows:
    y: Floats  # (n,)
    weight: Floats  # (n, r)
    eta: Floats  # (n, c), where r or c is 1
    threshold: float

    @cached_property
    def wrong(self) -> Floats:
        """The log odds of the class that a row is not in, (n, c)."""
        return self.eta * (1 - 2 * self.y)[:, None]

    @cached_property
    def ranked(self) -> Ranked:
        return Ranked.of(self.eta, self.y, self.weight)

    @cached_property
    def confusion(self) -> _Confusion:
        called, y = called_positive(self.eta, self.threshold).astype(float), self.y[:, None]
        # each from its own rows: a difference of sums would leave rounding where there are none
        parts = (called * y, called * (1 - y), (1 - called) * (1 - y), (1 - called) * y)
        return _Confusion(*(totals(self.weight, part) for part in parts))

    def log_loss(self) -> Floats:
        # log(1 + exp(wrong)), in a tenth of the time of numpy's logaddexp
        size = np.log1p(np.exp(-np.abs(self.wrong)))
        return means(self.weight, np.maximum(self.wrong, 0.0) + size)

    def brier(self) -> Floats:
        return means(self.weight, probability(self.wrong) ** 2)

    def roc_auc(self) -> Floats:
        return self.ranked.auc()

    def average_precision(self) -> Floats:
        return self.ranked.average_precision()

    def balanced_accuracy(self) -> Floats:
        tp, fp, tn, fn = vars(self.confusion).values()
        return mean_of_known(np.array([ratio(tp, tp + fn), ratio(tn, tn + fp)]))

    def f1(self) -> Floats:
        tp, fp, _, fn = vars(self.confusion).values()
        return ratio(2 * tp, 2 * tp + fp + fn, otherwise=0.0)

    def mcc(self) -> Floats:
        tp, fp, tn, fn = vars(self.confusion).values()
        spread = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
        return ratio(tp * tn - fp * fn, spread, otherwise=0.0)

    def calibration_slope(self) -> Floats:
        return calibration_slope(self.y, self.eta, self.weight)

    def calibration_intercept(self) -> Floats:
        return calibration_intercept(self.y, self.eta, self.weight)


_SCORES: dict[MetricName, Callable[[_Rows], Floats]] = {
    "log_loss": _Rows.log_loss,
    "roc_auc": _Rows.roc_auc,
    "average_precision": _Rows.average_precision,
    "brier": _Rows.brier,
    "balanced_accuracy": _Rows.balanced_accuracy,
    "f1": _Rows.f1,
    "mcc": _Rows.mcc,
    "calibration_slope": _Rows.calibration_slope,
    "calibration_intercept": _Rows.calibration_intercept,
}


def called_positive(eta: Floats, threshold: float) -> Booleans:
    """As LogisticRegression at one half (eta > 0), else as FixedThresholdClassifier (p >= it)."""
    if threshold == 0.5:  # noqa: PLR2004 - the threshold that a plain classifier has
        return eta > 0
    return probability(eta) >= threshold
