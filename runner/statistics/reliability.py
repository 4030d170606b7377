"""Predicted probabilities and what became of them come in; a reliability diagram's bins go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from runner.records import Floats, Integers


@dataclass(frozen=True)
class Reliability:
    """Bins of rows of similar predictions, b of them, the lowest first."""

    rows: Integers  # (b,)
    predicted: Floats  # (b,) mean probability
    observed: Floats  # (b,) share of positives
    low: Floats  # (b,) of the share's confidence interval
    high: Floats  # (b,)


def reliability(
    y: Floats, probability: Floats, *, bins: int = 10, level: float = 0.95
) -> Reliability:
    """Bins between quantiles of the probabilities, as sklearn.calibration's calibration_curve.

    Rows of one probability are in one bin, so that of tied ones there may be fewer bins.

    Args:
        y: (n,) 1 of positives, else 0.
        probability: (n,) of being positive.
        bins: how many, at most.
        level: of the intervals.
    """
    bounds = np.quantile(probability, np.linspace(0, 1, bins + 1))
    code = np.searchsorted(bounds[1:-1], probability)
    rows, predicted, positive = (
        np.bincount(code, values, minlength=bins).astype(np.float64)
        for values in (np.ones(len(y)), probability, y)
    )
    there = rows > 0
    rows, predicted, positive = rows[there], predicted[there], positive[there]
    low, high = wilson_limits(positive, rows, level=level)
    return Reliability(rows.astype(np.int64), predicted / rows, positive / rows, low, high)


def wilson_limits(positive: Floats, rows: Floats, *, level: float) -> tuple[Floats, Floats]:
    """Wilson's (1927) confidence limits of shares, (b,) each: prop.test(correct = FALSE) of R.

    Where p is the share and n the number of rows, the limits are the two solutions of

        (p - limit)^2 = z^2 limit (1 - limit) / n.
    """
    z = special.ndtri((1 + level) / 2)
    share, more = positive / rows, z**2 / rows
    middle = share + more / 2
    half = np.sqrt(more * (share * (1 - share) + more / 4))
    low, high = ((middle + sign * half) / (1 + more) for sign in (-1, 1))
    return np.maximum(low, 0.0), np.minimum(high, 1.0)  # against rounding
