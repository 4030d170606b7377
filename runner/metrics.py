"""Regression metrics of many candidates at once, with scikit-learn's definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.records import Floats

MetricName = Literal["mse", "rmse", "mae", "median_ae", "r2", "mape", "explained_variance"]

METRICS: tuple[MetricName, ...] = (
    "mse",
    "rmse",
    "mae",
    "median_ae",
    "r2",
    "mape",
    "explained_variance",
)
FROM_MOMENTS: frozenset[MetricName] = frozenset({"mse", "rmse", "r2", "explained_variance"})
LARGER_IS_BETTER: frozenset[MetricName] = frozenset({"r2", "explained_variance"})


def loss(metric: MetricName, score: Floats) -> Floats:
    """The score with its sign such that smaller is better."""
    return -score if metric in LARGER_IS_BETTER else score


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
        (c,) per metric, equal to scikit-learn's function of the same name with sample_weight.
    """
    errors = y[:, None] - predictions
    share: Floats = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    return {metric: _score(metric, y, errors, share) for metric in metrics}


def _score(metric: MetricName, y: Floats, errors: Floats, share: Floats) -> Floats:
    """One metric; `share` (n,) sums to 1."""
    match metric:
        case "mse":
            return share @ errors**2
        case "rmse":
            return np.sqrt(share @ errors**2)
        case "mae":
            return share @ np.abs(errors)
        case "mape":
            floor = np.finfo(np.float64).eps  # scikit-learn's, for y = 0
            per_row: Floats = share / np.maximum(np.abs(y), floor)
            return per_row @ np.abs(errors)
        case "median_ae":
            return _weighted_median(np.abs(errors), share)
        case "r2":
            return explained(share @ errors**2, float(share @ (y - share @ y) ** 2))
        case "explained_variance":
            spread = share @ (errors - share @ errors) ** 2
            return explained(spread, float(share @ (y - share @ y) ** 2))


def explained(residual: Floats, total: float) -> Floats:
    """1 - residual / total; for a constant target 1 where nothing is left, else 0."""
    if total == 0:
        return np.where(residual == 0, 1.0, 0.0)
    return 1 - residual / total


def _weighted_median(values: Floats, share: Floats) -> Floats:
    """Column medians, the mean of the two middle values where the weights divide evenly."""
    if np.all(share == share[0]):
        return np.median(values, axis=0)
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    cumulated = np.cumsum(share[order], axis=0)
    half = 0.5 * cumulated[-1]
    upper = np.minimum((cumulated <= half).sum(axis=0), len(values) - 1)
    lower = np.minimum((cumulated < half).sum(axis=0), len(values) - 1)
    columns = np.arange(values.shape[1])
    medians: Floats = 0.5 * (ordered[lower, columns] + ordered[upper, columns])
    return medians
