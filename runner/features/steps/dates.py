"""Parts of dates: the year, and where in the year, the week and the day a time is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from runner.dataset.column_numbers import numbers_of
from runner.dataset.written_dates import days, read_times
from runner.errors import ConfigError, DataError
from runner.features.steps.base import SHOWN, Roles, RowStep, Sort, SortedColumns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from runner.records import Floats

Part = Literal["year", "month", "weekday", "hour", "days"]
Cyclic = Literal["month", "weekday", "hour"]
Category = Literal["year", "month", "weekday", "hour"]
PARTS: tuple[Part, ...] = ("year", "month", "weekday", "hour", "days")
PERIODS = {"month": 12, "weekday": 7, "hour": 24}
DIGITS = {"year": 4, "month": 2, "weekday": 1, "hour": 2}
SECONDS = 86_400  # in a day


class Dates(RowStep):
    """Parts of dates in the place of the days since 1970, and of the time column.

    `parts` are numbers; those in `cyclic` are a sine and a cosine instead, so that December is next
    to January, and those in `categories` are categories instead. Neither must be in `parts` too.
    All of them are read in UTC.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("dates",)
    kind: Literal["dates"]
    parts: list[Part]
    cyclic: list[Cyclic]
    categories: list[Category]

    def transformer(self, columns: tuple[str, ...], roles: Roles) -> DateParts:
        """See DateParts."""
        instead = {*self.cyclic, *self.categories}
        return DateParts(
            columns=columns,
            time=roles.time,
            numbers=tuple(part for part in self.parts if part not in instead),
            cyclic=tuple(self.cyclic),
            categories=tuple(self.categories),
        )

    def _no_column(self, name: str, pattern: str, columns: SortedColumns) -> ConfigError:
        listed = ", ".join(columns.dates[:SHOWN]) + ", ..." * (len(columns.dates) > SHOWN)
        return ConfigError(
            f"features.steps.{name}.columns has {pattern!r}, which is no column of dates and no "
            f"pattern of any: put it into dataset.dates (columns of dates here: {listed or 'none'})"
        )


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns of dates as columns of their parts, COLUMN_PART; all other columns stay.

    Args:
        columns: of dates, as days since 1970 or as times; they are left out of what comes out.
        time: the column that orders rows, if there is one; it stays, be it in `columns` or not.
        numbers: the parts that are numbers.
        cyclic: those that are a sine and a cosine each, COLUMN_PART_sin and COLUMN_PART_cos.
        categories: those that are texts.
        step: what messages call the step.
    """

    def __init__(  # noqa: PLR0913 - a key of the config each
        self,
        *,
        columns: Sequence[str],
        time: str | None,
        numbers: Sequence[Part],
        cyclic: Sequence[Cyclic],
        categories: Sequence[Category],
        step: str = "",
    ) -> None:
        self.columns = columns
        self.time = time
        self.numbers = numbers
        self.cyclic = cyclic
        self.categories = categories
        self.step = step

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the names of rows (n, p) alone.

        Raises:
            ConfigError: a column is gone, or one that is to be made is there already.
            DataError: the time column does not hold times.
        """
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        for name in self.columns:
            if name not in X:
                raise ConfigError(
                    f"features.steps.{self.step}.columns has {name!r}, which a step before it has "
                    "replaced: name it in one of them"
                )
        self.made_ = tuple(self._made(X[:1]))
        for name in self.made_:
            if name in X:
                raise ConfigError(
                    f"features.steps.{self.step} makes a column {name!r}, which is there already: "
                    "rename that one, or leave the part out"
                )
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Rows (n, p) as rows (n, p - replaced + made), NaN where a date is missing."""
        replaced = [name for name in self.columns if name != self.time]
        made = pd.DataFrame(self._made(X), index=X.index)
        return pd.concat([X.drop(columns=replaced), made], axis=1)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """The names of the columns that stay, and of those that are made."""
        del input_features
        replaced = {name for name in self.columns if name != self.time}
        kept = [name for name in self.feature_names_in_ if name not in replaced]
        return np.array([*kept, *self.made_], dtype=object)

    def _made(self, X: pd.DataFrame) -> dict[str, pd.Series]:
        """The columns (n,) that are made, by name."""
        made: dict[str, pd.Series] = {}
        for name in self.columns:
            times = times_of(X[name], in_days=name != self.time)
            for part in PARTS:
                made |= {f"{name}_{said}": one for said, one in self._forms(times, part)}
        return made

    def _forms(self, times: pd.Series, part: Part) -> Iterator[tuple[str, pd.Series]]:
        """What comes out of a part, and how it is called."""
        if part in self.numbers:
            yield part, _values(times, part)
        if part in self.cyclic:
            angle = _values(times, part) * (2 * np.pi / PERIODS[part])
            yield f"{part}_sin", np.sin(angle)
            yield f"{part}_cos", np.cos(angle)
        if part in self.categories:
            yield part, _texts(_values(times, part), DIGITS[part])


def times_of(column: pd.Series, *, in_days: bool) -> pd.Series:
    """The times of a column (n,), in UTC without saying so, to the second; NaT where missing.

    Args:
        column: times, texts of times, or days since 1970.
        in_days: whether numbers are such days.

    Raises:
        DataError: it holds other texts, or numbers that are no days.
    """
    numbers = numbers_of(column)
    if numbers is None:
        read: pd.Series = read_times(column).dt.tz_localize(None)
        return read
    if not in_days and not np.isnan(numbers).all():
        raise DataError(
            f"the time {column.name!r} holds numbers, not dates: if they stand for dates, put it "
            "into dataset.dates; else name other columns in the step of dates"
        )
    seconds = np.round(numbers * SECONDS)
    times = np.full(len(column), "NaT", dtype="datetime64[s]")
    known = np.isfinite(seconds)
    times[known] = seconds[known].astype(np.int64).astype("datetime64[s]")
    return pd.Series(times, index=column.index)


def _values(times: pd.Series, part: Part) -> pd.Series:
    """A part of times (n,) as numbers, NaN where missing."""
    accessor = "day_of_week" if part == "weekday" else part
    values = days(times) if part == "days" else getattr(times.dt, accessor)
    return values.astype(np.float64)


def _texts(values: pd.Series, digits: int) -> pd.Series:
    """Whole numbers (n,) as texts of so many digits, NaN where missing."""
    texts: NDArray[np.object_] = np.full(len(values), np.nan, dtype=object)
    known = values.notna().to_numpy()
    whole: Floats = values.to_numpy()[known]
    texts[known] = np.char.zfill(whole.astype(np.int64).astype(str), digits)
    return pd.Series(texts, index=values.index, dtype=object)
