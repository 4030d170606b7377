"""A series comes in; what it was before, as a forecast that learns nothing, goes out.

A forecast is worth its trouble if it is better than these (Hyndman & Athanasopoulos 2021,
Forecasting: Principles and Practice, 3rd edition, section 5.2). With m rows in a season, of the row
T + h they say, when T is the last row that is known:

    naive             y_T
    seasonal naive    y_(T + h - m (k + 1)),   k the integer part of (h - 1) / m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats, Integers


def naive_forecasts(
    y: Floats, time: Integers, group: Integers | None, *, horizon: int, season: int | None
) -> dict[str, Floats]:
    """What each forecast says of each row, (n,), NaN where it says nothing.

    Args:
        y: (n,) in any order, in any units.
        time: (n,) ranks, different within a group.
        group: (n,) codes, or None for a single series.
        horizon: h, how many rows ahead is forecast.
        season: m; None leaves out `seasonal_naive`.

    Raises:
        ValueError: a time is twice in a group, or a count is below 1.
    """
    found = {"naive": naive(y, time, group, horizon)}
    if season is not None:
        found["seasonal_naive"] = seasonal_naive(y, time, group, horizon, season)
    return found


def naive(y: Floats, time: Integers, group: Integers | None, horizon: int) -> Floats:
    """The value (n,) `horizon` rows before each; see `naive_forecasts`."""
    return _before(y, time, group, horizon)


def seasonal_naive(
    y: Floats, time: Integers, group: Integers | None, horizon: int, season: int
) -> Floats:
    """The latest value (n,) whole seasons before each that is `horizon` rows before it or more."""
    if min(horizon, season) < 1:
        raise ValueError(f"horizon {horizon} and season {season} must be at least 1")
    return _before(y, time, group, -(-horizon // season) * season)


def _before(y: Floats, time: Integers, group: Integers | None, count: int) -> Floats:
    """The values (n,) so many rows before, in order of time within the group."""
    if count < 1:
        raise ValueError(f"horizon {count} must be at least 1")
    codes = np.zeros(len(y), dtype=np.int64) if group is None else group
    order = np.lexsort((time, codes))
    same_group = np.diff(codes[order]) == 0
    if (same_group & (np.diff(time[order]) == 0)).any():
        raise ValueError("a group has two rows of one time, of which neither is before the other")
    earlier, row = order[: max(len(y) - count, 0)], order[count:]
    within = codes[earlier] == codes[row]
    found = np.full(len(y), np.nan)
    found[row[within]] = y[earlier[within]]
    return found
