"""Squared-error metrics of several targets, their mean over the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.squared_error import score_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Floats, Observed


@dataclass(frozen=True)
class SeveralTargetScores:
    """Rows with targets y (n, t), scored from predictions eta (n, c, t).

    Each metric is the targets' plain mean, as scikit-learn's multioutput="uniform_average", so that
    targets of unlike units count by their size in mse, rmse, mae and median_ae.
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
        """Each metric of c models, or under c sets of weights; see `Scoring`.

        A row without weight is as one that is not there.
        """
        del training_eta
        wanted = tuple(metrics)
        if weight is None:
            return self._mean(wanted, eta, self.validation.weight)
        by_weight = [self._mean(wanted, eta, own) for own in weight.T]
        return {m: np.array([scores[m][0] for scores in by_weight]) for m in wanted}

    def _mean(
        self, metrics: tuple[MetricName, ...], eta: Floats, weight: Floats
    ) -> dict[MetricName, Floats]:
        """Of c models under one set of weights (n,)."""
        rows = np.flatnonzero(weight > 0)
        y, known, own = self.validation.y[rows], eta[rows], weight[rows]
        by_target = [
            score_predictions(metrics, y[:, t], known[:, :, t], own) for t in range(y.shape[1])
        ]
        return {m: np.mean([scores[m] for scores in by_target], axis=0) for m in metrics}
