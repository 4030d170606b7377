"""The times of series come in; by how much they step, and how often by something else, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats, Integers

SAME = 1e-6  # of a step, by which others may differ from it and be the same
DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class SeriesGaps:
    """The steps from each row to the next one in its group."""

    step: float  # the commonest, the shortest of several; NaN where there is none
    unit: Literal["time", "month"]  # of the times as they were given, or months of the calendar
    steps: int  # how many there are
    others: int  # of these, how many are not the commonest

    @property
    def regular(self) -> bool:
        """Whether all rows are equally spaced."""
        return self.others == 0


def series_gaps(time: Floats, group: Integers | None, *, dates: bool) -> SeriesGaps:
    """How the rows of each group are spaced.

    Args:
        time: (n,) in any order; seconds since 1970 in UTC where times are dates.
        group: (n,) codes, or None for a single series.
        dates: whether times are dates: those of one day of the month, or of its last day, are
            counted in months, which have no one length.
    """
    codes = np.zeros(len(time), dtype=np.int64) if group is None else group
    months = _months(time) if dates else None
    places = time if months is None else months
    order = np.lexsort((places, codes))
    steps = np.sort(np.diff(places[order])[np.diff(codes[order]) == 0])
    unit: Literal["time", "month"] = "time" if months is None else "month"
    if not len(steps):
        return SeriesGaps(np.nan, unit, 0, 0)
    begins = np.flatnonzero(np.r_[True, np.diff(steps) > SAME * steps[1:]])
    counts = np.diff(begins, append=len(steps))
    most = int(np.argmax(counts))
    return SeriesGaps(float(steps[begins[most]]), unit, len(steps), len(steps) - int(counts[most]))


def _months(time: Floats) -> Floats | None:
    """Months (n,) since 1970; None if days of the month or hours differ, or there is one alone."""
    days = np.floor(time / DAY).astype(np.int64).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    from_first = (days - months.astype("datetime64[D]")).astype(np.int64)
    to_last = ((months + 1).astype("datetime64[D]") - days).astype(np.int64)
    alike = any(len(np.unique(each)) == 1 for each in (from_first, to_last))
    hours, numbers = np.unique(time % DAY), months.astype(np.int64).astype(np.float64)
    return numbers if alike and len(hours) == 1 and len(np.unique(numbers)) > 1 else None
