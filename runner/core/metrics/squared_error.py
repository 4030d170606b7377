"""Regression metrics of many candidates at once, with scikit-learn's definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.core.metrics.metric_table import MetricName
    from runner.records import Booleans, Floats


def score_predictions(
    metrics: Iterable[MetricName], y: Floats, predictions: Floats, weight: Floats | None = None
) -> dict[MetricName, Floats]:
    """Each metric of each column of predictions.

    Args:
        metrics: which ones.
        y: (n,) observed.
        predictions: (n, c), a column per candidate.
        weight: (n,) row weights, or None for equal ones.

    Returns:
        (c,) per metric, equal to scikit-learn's function of the same name with sample_weight; but
        mape is NaN, as undefined, where a target is 0.
    """
    errors = y[:, None] - predictions
    weight = np.ones(len(y)) if weight is None else weight
    return {metric: _score(metric, y, errors, weight) for metric in metrics}


def _score(metric: MetricName, y: Floats, errors: Floats, weight: Floats) -> Floats:
    """One metric."""
    share: Floats = weight / weight.sum()
    match metric:
        case "mse":
            return share @ errors**2
        case "rmse":
            return np.sqrt(share @ errors**2)
        case "mae":
            return share @ np.abs(errors)
        case "mape":
            return relative_share(y, share) @ np.abs(errors)
        case "median_ae":
            return _weighted_median(np.abs(errors), weight)
        case "r2":
            if len(y) < 2:  # noqa: PLR2004 - one value has no spread to explain
                return np.full(errors.shape[1], np.nan)
            return explained(share @ errors**2, float(_variance(y, share)))
        case "explained_variance":
            return explained(_variance(errors, share), float(_variance(y, share)))
    raise ValueError(f"{metric} is not a metric of squared errors")


def is_zero(y: Floats) -> Booleans:
    """Whether a share of each target (n,) has no meaning, as it is 0, if not for rounding."""
    return np.abs(y) < np.finfo(np.float64).eps


def relative_share(y: Floats, share: Floats) -> Floats:
    """What each row's absolute error is multiplied by in the mean of shares of the target, (n,).

    NaN where the target is 0. scikit-learn divides by the least difference of two numbers there,
    so that such a row decides all, with a score of 10^14.
    """
    zero = is_zero(y)
    return np.where(zero, np.nan, share / np.where(zero, 1.0, np.abs(y)))


def explained(residual: Floats, total: float) -> Floats:
    """1 - residual / total; for a constant target 1 where nothing is left, else 0."""
    if total == 0:
        return np.where(residual == 0, 1.0, 0.0)
    return 1 - residual / total


def _variance(values: Floats, share: Floats) -> Floats:
    """Weighted variance over the rows, 0 where there is one value whatever its mean rounds to."""
    variance: Floats = share @ (values - share @ values) ** 2
    return np.where(np.ptp(values, axis=0) == 0, 0.0, variance)


def _weighted_median(values: Floats, weight: Floats) -> Floats:
    """Column medians, the mean of the two middle values where the weights divide evenly.

    With unequal weights scikit-learn's rule (Hyndman & Fan 1996, no. 2), to the rounding that it
    allows for: shares of the weights would add up to one half less often than the weights do.
    """
    if np.all(weight == weight[0]):
        return np.median(values, axis=0)
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    cumulated = np.cumsum(weight[order], axis=0)
    half = 0.5 * cumulated[-1]
    columns = np.arange(values.shape[1])
    lower = np.minimum((cumulated < half).sum(axis=0), len(values) - 1)
    evenly = cumulated[lower, columns] - half <= np.finfo(np.float64).eps
    upper = np.minimum(lower + evenly, len(values) - 1)
    median: Floats = 0.5 * (ordered[lower, columns] + ordered[upper, columns])
    return median
