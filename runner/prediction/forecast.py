"""A saved model of series comes in; what it forecasts of the rows after their end goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from runner.errors import ConfigError, DataError
from runner.prediction.cast_batch import CastBatch, cast_batch
from runner.prediction.predicted_columns import predicted_columns
from runner.prediction.remembered_series import RememberedSeries
from runner.prediction.row_differences import Differences, refuse_absent, refuse_unlike
from runner.prediction.row_source import ROWS
from runner.saved_model.casting import CastError, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.prediction.predict_file import Further
    from runner.prediction.row_source import RowSource
    from runner.records import Booleans, Integers
    from runner.saved_model import SavedModel

STEP = "step"


@dataclass(frozen=True)
class Future:
    """Rows that are forecast, after rows that have come since the model was made."""

    frame: pd.DataFrame  # (n,) as the model takes them
    step: Integers  # (n,) how many rows after the end of its group, 0 of what has come since
    identity: dict[str, pa.Array]  # (n,) each: what comes first in the output


@dataclass
class Forecast:
    """The next rows of each group of a series, and what a model predicts of them.

    Within the horizon of its lags a model knows all that it looks at; beyond it, predictions take
    the place of the target.

    Args:
        model: loaded with its Pipeline.
        steps: how many rows of each group.
        source: rows with the columns that are known beforehand, or None: the times go on as they
            did, and there must be no such columns.
        shown: what the file is called.
        ids: columns that come first in the output; none: time and group.
        strict: as of FilePrediction.
        further: makes more columns.
    """

    model: SavedModel
    steps: int
    source: RowSource | None
    shown: str
    ids: Sequence[str] = ()
    strict: bool = False
    further: Further | None = None
    said: list[str] = field(default_factory=list)

    def table(self) -> pa.Table:
        """A row per forecast.

        Raises:
            ConfigError: the model is of no series, or intervals are wanted beyond its horizon.
            DataError: rows to forecast are not there, or cannot be used.
        """
        series = RememberedSeries.of(self.model)
        if self.further is not None and self.steps > series.horizon:
            raise ConfigError(
                f"--interval is for steps within the horizon, {series.horizon}: its residuals are "
                f"those of such forecasts, and --steps is {self.steps}"
            )
        future = self._continued(series) if self.source is None else self._read(series)
        found = self._predicted(series, future)
        ahead = np.flatnonzero(future.step > 0)
        columns = {name: array.take(pa.array(ahead)) for name, array in future.identity.items()}
        columns |= {STEP: pa.array(future.step[ahead])}
        columns |= {name: array.take(pa.array(ahead)) for name, array in found.items()}
        self.said[:0] = self._describe(series, len(ahead))
        return pa.table(columns)

    def _predicted(self, series: RememberedSeries, future: Future) -> dict[str, pa.Array]:
        """Columns of predictions (n,), made a stride at a time."""
        frame, found = future.frame.copy(), {}
        stride = series.stride or self.steps
        for start in range(0, self.steps, stride):
            shown = np.flatnonzero(future.step <= start + stride)
            cast = _cast_of(frame.iloc[shown])
            found = predicted_columns(self.model, cast, self.model.manifest.times)
            if self.further is not None:
                found |= self.further(cast, found)
            if series.target is not None:
                ahead = future.step[shown] > 0
                made = found["prediction"].to_numpy(zero_copy_only=False).astype(np.float64)
                target = frame[series.target].to_numpy(dtype=np.float64, copy=True)
                target[shown[ahead]] = made[ahead]
                frame[series.target] = target
        return found

    def _continued(self, series: RememberedSeries) -> Future:
        known = [c for c in self.model.manifest.columns if not c.past]
        beside = [c.name for c in known if c.name not in {series.time.name, series.group}]
        if beside:
            raise DataError(
                f"the model takes {listed(beside)} as known beforehand: name a file with their "
                "values in the rows to forecast"
            )
        rows = series.next_rows(self.steps)
        frame = pd.DataFrame(
            {c.name: rows.get(c.name, np.nan) for c in self.model.manifest.columns},
            index=rows.index,
        )
        step = np.tile(np.arange(1, self.steps + 1), len(rows) // self.steps)
        identity = {str(name): _as_dates(pa.array(rows[name], from_pandas=True)) for name in rows}
        return Future(frame, step, identity)

    def _read(self, series: RememberedSeries) -> Future:
        """The rows of the file, those before the end of what is known only where they say more."""
        batch, cast = self._batch()
        frame = cast.frame()
        time = series.read_times(frame[series.time.name].to_numpy())
        group = np.zeros(len(frame), dtype=object)
        group[:] = "0" if series.group is None else [str(g) for g in frame[series.group]]
        step = _steps_after(time, group, self._known(series, frame), series.ends())
        self._check_steps(step, group, series)
        used = np.flatnonzero(step <= self.steps)
        roles = dict.fromkeys([series.time.name, *([series.group] if series.group else [])])
        names = [*(self.ids or roles)]
        first = {name: _decoded(batch.column(name)).take(pa.array(used)) for name in names}
        return Future(frame.iloc[used].reset_index(drop=True), step[used], first)

    def _batch(self) -> tuple[pa.RecordBatch, CastBatch]:
        assert self.source is not None  # noqa: S101 - its caller asks
        manifest, names = self.model.manifest, self.source.names
        seen = Differences.of(names, manifest, self.ids)
        if self.strict:
            refuse_absent(seen, self.shown)
        known = [column.name for column in manifest.columns if column.name in names]
        read = list(self.source.batches(list(dict.fromkeys([*known, *self.ids])), ROWS))
        if not read:
            raise DataError(f"{self.shown} has no rows to forecast")
        (batch,) = pa.Table.from_batches(read).unify_dictionaries().combine_chunks().to_batches()
        try:
            cast = cast_batch(batch, manifest)
        except CastError as error:
            place = self.source.place(error.row)
            raise DataError(
                f"{place}, column {error.column!r}: {error.value!r} is not {error.wanted}"
            ) from error
        if self.strict:
            refuse_unlike(cast, self.source, 0)
        seen.add(cast, len(batch))
        seen.missing = {n: k for n, k in seen.missing.items() if not _is_past(n, manifest)}
        self.said += seen.lines(self.shown)[1:]
        return batch, cast

    def _known(self, series: RememberedSeries, frame: pd.DataFrame) -> Booleans:
        """Which rows (n,) have a target, and so have come since."""
        if series.target is None:
            return np.zeros(len(frame), dtype=bool)
        return ~np.asarray(pd.isna(frame[series.target]))

    def _check_steps(self, step: Integers, group: Any, series: RememberedSeries) -> None:  # noqa: ANN401
        """Raise DataError if a group has fewer rows to forecast than were asked for."""
        most = pd.Series(step).groupby(group).max()
        few = most[most < self.steps]
        if len(few):
            where = "" if series.group is None else f" of {series.group} {few.index[0]}"
            raise DataError(
                f"{self.shown} has {max(int(few.iloc[0]), 0)} rows after the end of the "
                f"series{where}, and --steps is {self.steps}"
            )

    def _describe(self, series: RememberedSeries, rows: int) -> list[str]:
        """How it was made."""
        said = [f"forecast {rows:,} rows, {self.steps} steps after the end of the series"]
        stride = series.stride
        if stride is not None and self.steps > stride:
            said.append(
                f"steps 1 to {stride} from what is known; from step {stride + 1} on, predictions "
                "take the place of the target"
            )
        far = [name for name, known in series.unknown_beyond.items() if known < self.steps]
        if far:
            said.append(
                f"the past of {listed(far)} is not known beyond the horizon: missing there, and "
                "filled by the imputer"
            )
        return said


def _steps_after(time: Any, group: Any, known: Booleans, ends: dict[Any, float]) -> Integers:  # noqa: ANN401
    """How many rows (n,) after the end of its group each is, 0 or less if it is not after it."""
    rows = pd.DataFrame({"time": time, "group": group, "known": known})
    seen = rows[rows["known"]].groupby("group")["time"].max()
    end = [max(ends.get(g, -np.inf), seen.get(g, -np.inf)) for g in rows["group"]]
    later = rows["time"] > np.array(end)
    rank = rows[later].groupby("group")["time"].rank(method="first")
    step = np.zeros(len(rows), dtype=np.int64)
    step[later.to_numpy()] = rank.astype(np.int64)
    return step


def _cast_of(frame: pd.DataFrame) -> CastBatch:
    return CastBatch({str(name): frame[name].to_numpy() for name in frame})


def _is_past(name: str, manifest: Any) -> bool:  # noqa: ANN401 - a Manifest
    return any(column.past for column in manifest.columns if column.name == name)


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _as_dates(array: pa.Array) -> pa.Array:
    """Times as dates where none has an hour, else to the second where they are whole ones."""
    if not pa.types.is_timestamp(array.type):
        return array
    days = array.cast(pa.date32())
    if days.cast(array.type).equals(array):
        return days
    try:
        return array.cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return array
