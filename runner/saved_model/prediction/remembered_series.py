"""A saved model with lags comes in; the series that it remembers, and the times after, go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.dataset.written_dates import ISO
from runner.errors import ConfigError, DataError
from runner.statistics.series_gaps import series_gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.features.steps.lag_features import LagFeatures
    from runner.records import Floats
    from runner.saved_model import SavedModel
    from runner.saved_model.manifest_file import Column

NO_SERIES = (
    "--steps is for models of series (features=lags), which this is not: name a file of rows to "
    "predict"
)
DATE_LETTERS = len("2020-12-31")


@dataclass(frozen=True)
class RememberedSeries:
    """The rows that a model was made from, by group and time, and how far it forecasts."""

    lags: tuple[LagFeatures, ...]
    target: str | None  # whose past is used
    time: Column
    group: str | None

    @classmethod
    def of(cls, model: SavedModel) -> RememberedSeries:
        """That of a model.

        Raises:
            ConfigError: the model takes no past of columns.
        """
        pipeline = getattr(model.pipeline, "estimators_", [model.pipeline])[0]
        made = getattr(pipeline, "named_steps", {}).get("made")
        steps = [] if made is None else [step for _, step in made.steps]
        lags = tuple(step for step in steps if type(step).__name__ == "LagFeatures")
        if not lags:
            raise ConfigError(NO_SERIES)
        used = [name for step in lags for name in step.columns]
        target = next((name for name in model.manifest.targets if name in used), None)
        (time,) = [c for c in model.manifest.columns if c.name == lags[0].time]
        return cls(lags, target, time, lags[0].group)

    @property
    def horizon(self) -> int:
        """How many rows ahead all is known that the model looks at."""
        return min(step.horizon for step in self.lags)

    @property
    def stride(self) -> int | None:
        """How many rows can be forecast before a prediction is needed; None: any number."""
        using = [step.horizon for step in self.lags if self.target in step.columns]
        return min(using) if using else None

    @property
    def unknown_beyond(self) -> dict[str, int]:
        """Columns beside the target whose past is used, and how many rows ahead it is known."""
        pairs = [(name, step.horizon) for step in self.lags for name in step.columns]
        return {name: horizon for name, horizon in pairs if name != self.target}

    def ends(self) -> dict[Any, float]:
        """The last time of each group, as the clock of the steps reads it."""
        first = self.lags[0]
        last = pd.Series(first.history_time_).groupby(first.history_group_, sort=False).max()
        return {str(group): float(time) for group, time in last.items()}

    def read_times(self, values: NDArray[Any]) -> Floats:
        """Times (n,) of rows as numbers that go with `ends`.

        Raises:
            DataError: one is missing, or written in another way.
        """
        read: Floats = self.lags[0].clock_.read(pd.Series(values, name=self.time.name))
        if np.isnan(read).any():
            raise DataError(f"{self.time.name!r} is missing in {int(np.isnan(read).sum())} rows")
        return read

    def next_rows(self, steps: int) -> pd.DataFrame:
        """Time and group of the rows that come next in each group, so many each.

        Raises:
            DataError: the rows are not equally spaced, so that nobody knows when the next are.
        """
        first = self.lags[0]
        dated = first.clock_.form is not None
        codes = pd.factorize(first.history_group_)[0].astype(np.int64)
        gaps = series_gaps(first.history_time_, codes, dates=dated)
        if not gaps.regular or not gaps.steps:
            raise DataError(
                f"the times in {self.time.name!r} are not equally spaced ({gaps.others:,} of "
                f"{gaps.steps:,} steps are others), so that the next ones are not known: name a "
                "file with the times to forecast"
            )
        parts = []
        for group in dict.fromkeys(first.history_group_.tolist()):
            end = float(first.history_time_[first.history_group_ == group].max())
            if gaps.unit == "month":
                times = _months_after(end, int(gaps.step), steps)
            else:
                times = np.asarray(end + gaps.step * np.arange(1, steps + 1), dtype=np.float64)
            columns = {self.time.name: self._written(times, dated=dated)}
            parts.append(pd.DataFrame(columns))
            if self.group is not None:
                parts[-1][self.group] = pd.Series([group] * steps, dtype=object)
        return pd.concat(parts, ignore_index=True)

    def _written(self, times: Floats, *, dated: bool) -> Any:  # noqa: ANN401 - an array
        """Times as the training rows had them: numbers, times, or texts of the same form."""
        if not dated:
            return times
        stamps = pd.Series(pd.to_datetime(np.round(times * 1e6).astype(np.int64), unit="us"))
        bound = str(self.time.min)
        if self.time.form is not None or "T" in bound:
            return stamps
        form = self.lags[0].clock_.form
        if form is not None and form != ISO:
            return stamps.dt.strftime(form).astype(object)
        plain = len(bound) <= DATE_LETTERS
        return stamps.dt.strftime("%Y-%m-%d" if plain else "%Y-%m-%dT%H:%M:%S").astype(object)


def _months_after(end: float, step: int, count: int) -> Floats:
    """The times of the same day, or of the last day, of so many months after one."""
    stamp = pd.Timestamp(end, unit="s")
    last = stamp.is_month_end and stamp.day > 28  # noqa: PLR2004 - which every month has
    month = pd.offsets.MonthEnd if last else lambda n: pd.DateOffset(months=n)
    found = [(stamp + month(step * k)).timestamp() for k in range(1, count + 1)]
    return np.array(found)
