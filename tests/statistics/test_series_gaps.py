"""How rows are spaced, by calendars and by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from runner.statistics.series_gaps import SeriesGaps, series_gaps


def seconds(times: pd.DatetimeIndex) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds since 1970, (n,)."""
    since = (times - pd.Timestamp("1970-01-01")).total_seconds()
    return np.asarray(since, dtype=np.float64)


@pytest.mark.parametrize(
    ("frequency", "step", "unit"),
    [("h", 3600, "time"), ("D", 86_400, "time"), ("W", 604_800, "time"), ("MS", 1, "month"),
     ("ME", 1, "month"), ("QS", 3, "month"), ("YE", 12, "month")],
)  # fmt: skip
def test_what_the_calendar_spaces_equally_is_regular(frequency: str, step: int, unit: str) -> None:
    """Hours, days and weeks in seconds; months, quarters and years in months of any length."""
    made = seconds(pd.date_range("2023-01-01", periods=40, freq=frequency))
    found = series_gaps(np.random.default_rng(0).permutation(made), None, dates=True)
    assert (step, unit, 39, 0) == (found.step, found.unit, found.steps, found.others)
    assert found.regular


def test_steps_that_are_others_are_counted() -> None:
    """Of seven rows at 0 1 2 4 5 8 8 three steps of six are of one, which is the commonest."""
    found = series_gaps(np.array([0.0, 1, 2, 4, 5, 8, 8]), None, dates=False)
    assert SeriesGaps(step=1.0, unit="time", steps=6, others=3) == found
    assert not found.regular


def test_working_days_are_not_regular() -> None:
    """Of ten weeks of five days each of the nine weekends is a step of three days."""
    made = seconds(pd.bdate_range("2024-01-01", periods=50))
    found = series_gaps(made, None, dates=True)
    assert SeriesGaps(step=86_400.0, unit="time", steps=49, others=9) == found


def test_a_month_that_is_left_out_is_one_step() -> None:
    """Without one of twelve months there are ten steps, one of which is of two months."""
    made = np.delete(seconds(pd.date_range("2024-01-31", periods=12, freq="ME")), 5)
    found = series_gaps(made, None, dates=True)
    assert SeriesGaps(step=1.0, unit="month", steps=10, others=1) == found


def test_groups_are_series_of_their_own() -> None:
    """Two series at the same times, mixed: there is no step from one to the other."""
    time, group = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3]), np.array([5, 9, 5, 9, 5, 9])
    found = series_gaps(time, group, dates=False)
    assert (4, 0) == (found.steps, found.others)
    assert found.step == pytest.approx(0.1)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_single_row_has_no_step(rows: int) -> None:
    """Nothing is irregular where nothing follows."""
    found = series_gaps(np.zeros(rows), None, dates=True)
    assert math.isnan(found.step)
    assert (0, 0, True) == (found.steps, found.others, found.regular)
