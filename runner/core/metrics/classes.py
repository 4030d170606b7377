"""Metrics of three classes or more, from a linear predictor per class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.ranking import Ranked
from runner.core.metrics.scoring import (
    mean_of_known,
    means,
    ratio,
    row_weights,
    score_blocks,
    totals,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Floats, Integers, Observed


@dataclass(frozen=True)
class ClassScores:
    """Rows whose y is the code 0 to K - 1 of a class, scored from eta (n, c, K).

    Each metric is scikit-learn's with sample_weight. A class that the rows lack leaves roc_auc_ovr
    NaN; balanced_accuracy is the mean recall of those that they have, f1_macro the mean over
    classes that some row is in or is put in.
    """

    validation: Observed

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
        wanted, codes = tuple(metrics), self.validation.y.astype(np.int64)

        def score(some: Floats, weights: Floats) -> dict[MetricName, Floats]:
            rows = _Rows(codes, weights, np.ascontiguousarray(np.moveaxis(some, 2, 0)))
            return {metric: _SCORES[metric](rows) for metric in wanted}

        return score_blocks(wanted, eta, row_weights(self.validation, weight), score)


@dataclass(frozen=True)
class _Rows:
    y: Integers  # (n,)
    weight: Floats  # (n, r)
    eta: Floats  # (K, n, c), where r or c is 1: sums over classes are fastest that way round

    @cached_property
    def top(self) -> Floats:
        """The largest linear predictor, (n, c)."""
        top: Floats = self.eta.max(axis=0)
        return top

    @cached_property
    def log_sum(self) -> Floats:
        """Logarithm of the sum of exp(eta - top), (n, c)."""
        log_sum: Floats = np.log(np.exp(self.eta - self.top).sum(axis=0))
        return log_sum

    @cached_property
    def counted(self) -> tuple[Floats, Floats, Floats]:
        """Weights of the rows put rightly into each class, in it, and put into it: (K, c) each."""
        called = self.eta.argmax(axis=0)
        right, within, put = [], [], []
        for code in range(len(self.eta)):
            member, chosen = (self.y == code)[:, None] * 1.0, (called == code) * 1.0
            right.append(totals(self.weight, member * chosen))
            within.append(totals(self.weight, member))
            put.append(totals(self.weight, chosen))
        return np.array(right), np.array(within), np.array(put)

    def log_loss(self) -> Floats:
        own = self.eta[self.y, np.arange(len(self.y))]
        return means(self.weight, self.top - own + self.log_sum)

    def balanced_accuracy(self) -> Floats:
        right, within, _ = self.counted
        return mean_of_known(ratio(right, within))

    def f1_macro(self) -> Floats:
        right, within, put = self.counted
        return mean_of_known(ratio(2 * right, within + put))

    def roc_auc_ovr(self) -> Floats:
        areas = [
            Ranked.of(own - self.top - self.log_sum, (self.y == code) * 1.0, self.weight).auc()
            for code, own in enumerate(self.eta)
        ]
        mean: Floats = np.mean(areas, axis=0)
        return mean


_SCORES: dict[MetricName, Callable[[_Rows], Floats]] = {
    "log_loss": _Rows.log_loss,
    "balanced_accuracy": _Rows.balanced_accuracy,
    "f1_macro": _Rows.f1_macro,
    "roc_auc_ovr": _Rows.roc_auc_ovr,
}
