"""Deviances of counts and of positive amounts, from the logarithm of the mean.

    poisson: 2 (y log(y / mu) - y + mu)        gamma: 2 (log(mu / y) + y / mu - 1)

D2 is the share of the deviance about the rows' own weighted mean that a model explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import means, ratio, row_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Floats, Observed

ROUNDING = 1e-13  # a deviance about the mean below which all rows have one value, relative to it


@dataclass(frozen=True)
class PoissonScores:
    """Rows whose y is not negative, scored from the log of the expected count, eta (n, c, 1).

    Each metric is scikit-learn's with sample_weight, but d2_poisson is NaN where all rows have one
    value, so that nothing is there to explain. Counts are as they are, not per exposure: its
    logarithm is part of eta.
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
        y, weights = self.validation.y, row_weights(self.validation, weight)
        deviance = means(weights, _poisson(y[:, None], eta[:, :, 0]))
        return _both(metrics, "poisson", deviance, lambda: _poisson_about_mean(y, weights))


@dataclass(frozen=True)
class GammaScores:
    """Rows whose y is positive, scored from the log of the expected amount, eta (n, c, 1).

    Each metric is scikit-learn's with sample_weight, but d2_gamma is NaN where all rows have one
    value, so that nothing is there to explain.
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
        y, weights = self.validation.y, row_weights(self.validation, weight)
        deviance = means(weights, _gamma(y[:, None], eta[:, :, 0]))
        return _both(metrics, "gamma", deviance, lambda: _gamma_about_mean(y, weights))


def _both(
    metrics: Iterable[MetricName],
    family: str,
    deviance: Floats,
    about_mean: Callable[[], Floats],
) -> dict[MetricName, Floats]:
    """The deviance and D2, those that are asked for."""
    scores: dict[str, Callable[[], Floats]] = {
        f"{family}_deviance": lambda: deviance,
        f"d2_{family}": lambda: 1 - ratio(deviance, about_mean()),
    }
    return {metric: scores[metric]() for metric in metrics}


def _poisson(y: Floats, eta: Floats) -> Floats:
    """Deviances (n, c) of y (n, 1); infinite where the expected count is too large to say."""
    with np.errstate(over="ignore"):
        return 2 * (_times_log(y, y) - y * eta - y + np.exp(eta))


def _gamma(y: Floats, eta: Floats) -> Floats:
    """Deviances (n, c) of y (n, 1); infinite where the expected amount is too small to say."""
    below = np.log(y) - eta
    with np.errstate(over="ignore"):
        return 2 * (np.exp(below) - below - 1)


def _poisson_about_mean(y: Floats, weight: Floats) -> Floats:
    """The mean deviance of the best constant under each set of weights (r,), 0 if rounding.

    Counts in units of their mean, as terms of the size of y log y would cancel.
    """
    unit = y.mean() or 1.0
    mean = means(weight, (y / unit)[:, None])
    spread = means(weight, _times_log(y, y / unit)[:, None]) - unit * _times_log(mean, mean)
    return np.where(spread > ROUNDING * unit, 2 * spread, 0.0)


def _gamma_about_mean(y: Floats, weight: Floats) -> Floats:
    """The mean deviance of the best constant under each set of weights (r,), 0 if rounding."""
    unit = y.mean()
    mean = means(weight, (y / unit)[:, None])
    spread = np.log(mean) - means(weight, np.log(y / unit)[:, None])
    return np.where(spread > ROUNDING, 2 * spread, 0.0)


def _times_log(factor: Floats, value: Floats) -> Floats:
    """A factor times log(value), 0 where the value is 0."""
    return factor * np.log(np.where(value > 0, value, 1.0))
