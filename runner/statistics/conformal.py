"""Residuals of rows that a model has not seen come in; intervals that hold new targets go out.

Split conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018) and CV+ (Barber,
Candes, Ramdas & Tibshirani 2021, Annals of Statistics 49), of absolute residuals.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from runner.records import Floats, Integers

HALVINGS = 48  # of the range that an interval's end is in: that of the folds' predictions


def upper_rank(rows: int, level: Fraction) -> int:
    """Which of so many residuals, from the smallest, is the interval's: ceil((rows + 1) level)."""
    return ceil((rows + 1) * level)


def rows_needed(level: Fraction) -> int:
    """How many residuals there must be for an interval of a level to have an end."""
    return ceil(level / (1 - level))


def half_width(residuals: Floats, level: Fraction) -> float:
    """What a prediction is less and more by (n,): infinite where residuals are too few."""
    rank = upper_rank(len(residuals), level)
    if rank > len(residuals):
        return np.inf
    return float(np.partition(np.abs(residuals), rank - 1)[rank - 1])


def cross_interval(
    predictions: Floats, residuals: Sequence[Floats], level: Fraction
) -> tuple[Floats, Floats]:
    """The ends (n,) of the intervals of CV+.

    With R_i the residual of training row i out of fold, and m_k(i) the model that its fold was not
    in, they are the floor(a (N + 1))-th smallest of m_k(i)(x) - R_i over all N rows and the
    ceil((1 - a) (N + 1))-th smallest of m_k(i)(x) + R_i, a being 1 - level.

    Args:
        predictions: (n, K) of new rows, by the model of each fold.
        residuals: absolute ones of the rows of each fold, K of them.
        level: of the intervals.
    """
    rows = sum(map(len, residuals))
    rank = upper_rank(rows, level)
    lower_rank = floor((1 - level) * (rows + 1))
    if rank > rows or lower_rank < 1:
        endless = np.full(len(predictions), np.inf)
        return -endless, endless
    ordered = [np.sort(own) for own in residuals]
    upper = _ranked(predictions, ordered, rank)
    # the r-th smallest of m - R is the negative of the (N + 1 - r)-th smallest of -m + R
    lower: Floats = -_ranked(-predictions, ordered, rows + 1 - lower_rank)
    return lower, upper


def _ranked(centres: Floats, ordered: Sequence[Floats], rank: int) -> Floats:
    """The rank-th smallest (n,) of all centres[:, k] + ordered[k], found by halving."""
    pooled = np.sort(np.concatenate(list(ordered)))[rank - 1]
    low: Floats = centres.min(axis=1) + pooled
    high: Floats = centres.max(axis=1) + pooled
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        enough = _count(centres, ordered, middle) >= rank
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    ranked: Floats = high
    return ranked


def _count(centres: Floats, ordered: Sequence[Floats], bound: Floats) -> Integers:
    """How many of all centres[:, k] + ordered[k] are at most a bound, (n,)."""
    counts = [
        np.searchsorted(own, bound - centre, side="right")
        for own, centre in zip(ordered, centres.T, strict=True)
    ]
    total: Integers = np.sum(counts, axis=0)
    return total
