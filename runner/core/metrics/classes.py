"""Metrics of three classes or more, from a linear predictor per class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.ranking import Ranked
from runner.core.metrics.scoring import mean_of_known, means, ratio, row_weights, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Floats, Observed


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
        rows = _Rows(self.validation.y, row_weights(self.validation, weight), eta)
        return {metric: _SCORES[metric](rows) for metric in metrics}


@dataclass(frozen=True)
class _Rows:
    y: Floats  # (n,)
    weight: Floats  # (n, r)
    eta: Floats  # (n, c, K), where r or c is 1

    @cached_property
    def log_chances(self) -> Floats:
        """Logarithms of the probabilities, (n, c, K)."""
        below = self.eta - self.eta.max(axis=2, keepdims=True)
        chances: Floats = below - np.log(np.exp(below).sum(axis=2, keepdims=True))
        return chances

    @cached_property
    def counted(self) -> tuple[Floats, Floats, Floats]:
        """Weights of the rows put rightly into each class, in it, and put into it: (K, c) each."""
        called = self.eta.argmax(axis=2)
        right, within, put = [], [], []
        for code in range(self.eta.shape[2]):
            member, chosen = (self.y == code)[:, None] * 1.0, (called == code) * 1.0
            right.append(totals(self.weight, member * chosen))
            within.append(totals(self.weight, member))
            put.append(totals(self.weight, chosen))
        return np.array(right), np.array(within), np.array(put)

    def log_loss(self) -> Floats:
        own = self.y.astype(np.int64)[:, None, None]
        return means(self.weight, -np.take_along_axis(self.log_chances, own, axis=2)[:, :, 0])

    def balanced_accuracy(self) -> Floats:
        right, within, _ = self.counted
        return mean_of_known(ratio(right, within))

    def f1_macro(self) -> Floats:
        right, within, put = self.counted
        return mean_of_known(ratio(2 * right, within + put))

    def roc_auc_ovr(self) -> Floats:
        areas = [
            Ranked.of(self.log_chances[:, :, code], (self.y == code) * 1.0, self.weight).auc()
            for code in range(self.eta.shape[2])
        ]
        mean: Floats = np.mean(areas, axis=0)
        return mean


_SCORES: dict[MetricName, Callable[[_Rows], Floats]] = {
    "log_loss": _Rows.log_loss,
    "balanced_accuracy": _Rows.balanced_accuracy,
    "f1_macro": _Rows.f1_macro,
    "roc_auc_ovr": _Rows.roc_auc_ovr,
}
