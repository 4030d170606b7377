"""Times as numbers, dates or text come in; seconds go out, the same however a time is spelled."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Number
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Floats

ISO = "ISO8601"


@dataclass(frozen=True)
class Clock:
    """How the times of some rows are spelled, so that those of others are read alike.

    `form` is how text spells a date, for pandas.to_datetime; None if times are plain numbers.
    """

    form: str | None

    @classmethod
    def of(cls, column: pd.Series) -> Clock:
        """The spelling of a column (n,) of times."""
        if _are_numbers(column):
            return cls(None)
        clock = cls(ISO)
        texts = [value for value in column.dropna() if isinstance(value, str)]
        if not texts or _reads(clock, column):
            return clock
        guessed = pd.tseries.api.guess_datetime_format(texts[0])
        return clock if guessed is None else cls(guessed)

    def read(self, column: pd.Series) -> Floats:
        """Seconds (n,), since 1970 in UTC where times are dates; NaN where missing or infinite.

        Dates without a time zone are taken as UTC, and read to the microsecond.

        Raises:
            DataError: a time is spelled in another way.
        """
        try:
            seconds = self._seconds(column)
        except (ValueError, TypeError) as error:
            some = ", ".join(repr(value) for value in column.dropna().iloc[:2])
            known = "numbers" if self.form is None else f"dates (as text: {self.form})"
            raise DataError(
                f"the times in {column.name!r} must be {known}, as in training: it holds {some}"
            ) from error
        return np.where(np.isfinite(seconds), seconds, np.nan)

    def _seconds(self, column: pd.Series) -> Floats:
        if self.form is None:
            numbers = column.astype(object).where(column.notna(), np.nan)
            return numbers.to_numpy(dtype=np.float64)
        if not pd.api.types.is_datetime64_any_dtype(column):
            if _are_numbers(column) and column.notna().any():
                raise TypeError("numbers are no dates")
            column = column.astype(object)
        dates = pd.to_datetime(column, utc=True, format=self.form)
        ticks = dates.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
        return np.where(dates.isna(), np.nan, ticks / 1e6)


def _are_numbers(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    if column.dtype != object:
        return False
    values = column.dropna()
    return bool(len(values)) and all(isinstance(value, Number) for value in values)


def _reads(clock: Clock, column: pd.Series) -> bool:
    try:
        clock.read(column)
    except DataError:
        return False
    return True
