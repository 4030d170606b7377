"""Forecasts that learn nothing, by hand and by the book's formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.statistics.naive_forecasts import naive, naive_forecasts, seasonal_naive

if TYPE_CHECKING:
    from runner.records import Floats, Integers

NO = np.nan
# ten quarters, highest in the last of each year
SALES = np.array([427.0, 383, 394, 473, 420, 390, 410, 488, 415, 398])
QUARTER = np.arange(len(SALES))


def test_quarters_one_ahead_by_hand() -> None:
    """The last quarter, and the same quarter of the year before."""
    found = naive_forecasts(SALES, QUARTER, None, horizon=1, season=4)
    np.testing.assert_array_equal(found["naive"], [NO, *SALES[:-1]])
    expected = [NO, NO, NO, NO, 427, 383, 394, 473, 420, 390]
    np.testing.assert_array_equal(found["seasonal_naive"], expected)
    assert ["naive"] == list(naive_forecasts(SALES, QUARTER, None, horizon=1, season=None))


@pytest.mark.parametrize(("horizon", "back"), [(1, 4), (4, 4), (5, 8), (8, 8), (9, 12)])
def test_a_season_that_is_not_yet_known_is_the_one_before(horizon: int, back: int) -> None:
    """Five quarters ahead the same quarter of last year is not known: that two years back is."""
    found = seasonal_naive(SALES, QUARTER, None, horizon, 4)
    np.testing.assert_array_equal(found, [*[NO] * min(back, 10), *SALES[: max(10 - back, 0)]])


def test_groups_have_their_own_past_in_any_order() -> None:
    """Two series, mixed and backwards: neither sees the other."""
    y = np.array([30.0, 3.0, 20.0, 2.0, 10.0, 1.0])
    time, group = np.array([2, 2, 1, 1, 0, 0]), np.array([7, 4, 7, 4, 7, 4])
    np.testing.assert_array_equal(naive(y, time, group, 1), [20, 2, 10, 1, NO, NO])
    np.testing.assert_array_equal(seasonal_naive(y, time, group, 1, 2), [10, 1, NO, NO, NO, NO])


def by_the_book(y: Floats, time: Integers, group: Integers, h: int, m: int) -> Floats:
    """The formulas, a row at a time: (2, n)."""
    found = np.full((2, len(y)), np.nan)
    for row in range(len(y)):
        own = np.flatnonzero(group == group[row])
        own = own[np.argsort(time[own])]
        at = own.tolist().index(row)  # the row is T + h
        for number, back in enumerate((h, m * ((h - 1) // m + 1))):
            if at >= back:
                found[number, row] = y[own[at - back]]
    return found


@given(rows=st.integers(0, 40), h=st.integers(1, 9), m=st.integers(1, 7), seed=st.integers(0, 999))
def test_they_are_the_books_formulas(rows: int, h: int, m: int, seed: int) -> None:
    """Whatever horizon and season, groups and order; nothing less than a horizon before enters."""
    rng = np.random.default_rng(seed)
    y, time, group = rng.normal(size=rows), rng.permutation(rows), rng.integers(0, 3, rows)
    found = naive_forecasts(y, time, group, horizon=h, season=m)
    np.testing.assert_array_equal([*found.values()], by_the_book(y, time, group, h, m))


def test_what_has_no_order_is_refused() -> None:
    """Two rows of one time, a horizon of no row and a season of none are errors."""
    y, time = np.arange(3.0), np.array([0, 1, 1])
    with pytest.raises(ValueError, match="two rows of one time"):
        naive(y, time, None, 1)
    np.testing.assert_array_equal(naive(y, time, np.array([0, 0, 1]), 1), [NO, 0, NO])
    for horizon, season in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match=f"horizon {horizon} and season {season} must"):
            seasonal_naive(y, np.arange(3), None, horizon, season)
    with pytest.raises(ValueError, match="horizon 0 must be at least 1"):
        naive(y, np.arange(3), None, 0)
