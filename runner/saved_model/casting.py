"""Rows of any origin come in; rows of the types that a saved model was fitted to go out.

A row from JSON, a frame from pandas or a batch from Arrow may state a gap as null, None, pd.NA, NaT
or NaN, and a number as a text. To a model they are one thing: scikit-learn's MissingIndicator does
not see None in a column of objects, and would predict as if nothing were missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from runner.dataset.written_dates import ISO, days, read_dates
from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from runner.records import Booleans, Matrix
    from runner.saved_model.manifest_file import Column, Manifest

    Rows = pd.DataFrame | Sequence[Mapping[str, Any]]
    Objects = NDArray[np.object_]

SHOWN = 5  # names, or values, that a message lists
TRUTHS = {0.0, 1.0}  # what training had where its column was one of truth values
TRUE_WORDS = {"True": 1.0, "true": 1.0, "TRUE": 1.0, "False": 0.0, "false": 0.0, "FALSE": 0.0}
WORDS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


class CastError(DataError):
    """A value is not what its column holds.

    Args:
        column: its name.
        row: the first row that has such a value, from 0.
        value: what is there.
        wanted: what there should be.
        count: how many rows have such values.
    """

    def __init__(self, column: str, row: int, value: object, wanted: str, count: int = 1) -> None:
        self.column, self.row, self.value, self.wanted = column, row, value, wanted
        self.more = f" ({count:,} rows in all)" if count > 1 else ""
        super().__init__(
            f"the column {column!r} has {value!r} in row {row + 1}, which is not {wanted}"
            f"{self.more}"
        )


@dataclass(frozen=True)
class Cast:
    """Rows that a model takes, and in what they differ from those that it was fitted to."""

    frame: pd.DataFrame
    absent: list[str] = field(default_factory=list)  # columns that there are none of
    extra: list[str] = field(default_factory=list)  # columns that the model does not know
    unknown: dict[str, int] = field(default_factory=dict)  # levels never seen, by column
    outside: dict[str, int] = field(default_factory=dict)  # numbers out of the training range
    missing: dict[str, int] = field(default_factory=dict)  # gaps, by column

    def differences(self) -> list[str]:
        """A sentence for each kind of difference; none of rows as in training."""
        said = []
        if self.absent:
            said.append(f"without the column {listed(self.absent)}: all of it counts as missing")
        if self.extra:
            said.append(f"with the column {listed(self.extra)}, which the model does not use")
        for counts, what in (
            (self.unknown, "with a level that training did not have"),
            (self.outside, "with a number out of the range of training"),
        ):
            named = [f"{name} {count:,}" for name, count in counts.items()]
            said += [f"{what}: {listed(named)}"] if named else []
        return said


def cast_rows(rows: Rows, manifest: Manifest, *, absent: bool = False) -> Cast:
    """Rows with the columns that a model expects, in its order and of its types.

    Args:
        rows: a data frame, or mappings from column to value.
        manifest: of the model.
        absent: whether a column that is not there counts as missing in each row.

    Raises:
        DataError: a column is not there, or a value is not what the column holds.
    """
    given = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(map(dict, rows)))
    columns = manifest.columns
    lacking = [c.name for c in columns if c.name not in given and not c.past]
    if lacking and not absent:
        raise DataError(f"the rows have no column {listed(lacking)}, which the model expects")
    known = {c.name for c in columns}
    made: dict[str, Any] = {}
    unknown: dict[str, int] = {}
    outside: dict[str, int] = {}
    missing: dict[str, int] = {}
    for column in columns:
        values = cast_column(_column_of(given, column.name), column)
        made[column.name] = values
        gaps = np.asarray(pd.isna(values))
        count(missing, column.name, gaps)
        count(unknown, column.name, unknown_levels(values, gaps, column))
        count(outside, column.name, out_of_range(values, gaps, column))
    frame = pd.DataFrame(made, index=given.index)
    extra = [str(name) for name in given if name not in known]
    return Cast(frame, lacking, extra, unknown, outside, missing)


def cast_column(values: pd.Series[Any], column: Column) -> Any:  # noqa: ANN401 - any array
    """The values of a column (n,) as the model was fitted to them.

    Raises:
        DataError: one of them is not what the column holds.
    """
    match column.kind:
        case "numeric":
            return cast_numbers(values, column.name)
        case "date":
            return cast_dates(values, column.name, column.form)
        case "time":
            return cast_times(values, column)
        case "categorical":
            return cast_levels(values, column)
        case _:
            return as_objects(values)


def cast_numbers(values: pd.Series[Any], name: str) -> NDArray[np.float64]:
    """Numbers (n,), NaN where missing."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
        numbers = values.to_numpy(dtype=np.float64)
    else:
        objects = as_objects(values)
        words = pd.Series(objects).replace(TRUE_WORDS)
        read = pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64)
        refuse(np.isnan(read) & ~_blank(objects), objects, name, "a number")
        numbers = read
    refuse(np.isinf(numbers), numbers, name, "a finite number")
    return numbers


def cast_dates(values: pd.Series[Any], name: str, form: str | None = None) -> NDArray[np.float64]:
    """Days since 1970 (n,), NaN where missing, of dates or of such days.

    Texts may be written as `form` says, as those of training were, or as 2020-12-31.
    """
    objects = as_objects(values)
    if all(isinstance(value, int | float) for value in objects):
        return cast_numbers(values, name)
    return days(_dates_of(values, objects, name, form)).to_numpy(dtype=np.float64)


def _dates_of(
    values: pd.Series[Any], objects: Objects, name: str, form: str | None
) -> pd.Series[Any]:
    dates = values if values.dtype.kind == "M" else pd.Series(objects, name=name)
    try:
        return read_dates(dates.rename(name), form)
    except DataError:
        iso = pd.to_datetime(pd.Series(objects), errors="coerce", format=ISO, utc=True)
        if form is None:
            raise
        refuse(iso.isna().to_numpy() & ~_blank(objects), objects, name, f"a date as {form}")
        return iso.dt.tz_localize(None)


def cast_times(values: pd.Series[Any], column: Column) -> Any:  # noqa: ANN401 - an array
    """What orders rows (n,), as the training rows had it: numbers, times, or texts of a file."""
    if isinstance(column.min, int | float):
        return cast_numbers(values, column.name)
    objects = as_objects(values)
    if not _is_stamp(column.min):
        return objects
    if column.form is not None:
        return _dates_of(values, objects, column.name, column.form).to_numpy()
    times = pd.to_datetime(pd.Series(objects), errors="coerce")
    refuse(times.isna().to_numpy() & ~_blank(objects), objects, column.name, "a time")
    return times.to_numpy()


def cast_levels(values: pd.Series[Any], column: Column) -> Objects:
    """Levels (n,), of the types that training had, NaN where missing."""
    objects = as_objects(values)
    levels = column.levels or []
    table = {_key(value): value for value in objects.tolist()}
    known = {k: v if _is_gap(v) else as_level(v, levels) for k, v in table.items()}
    made = np.empty(len(objects), dtype=object)
    made[:] = [known[_key(value)] for value in objects.tolist()]
    return made


def as_level(value: Any, levels: Sequence[Any]) -> Any:  # noqa: ANN401 - any level
    """A value as one of the levels if it is one in another type: 3 for "3", "true" for True."""
    if any(type(value) is type(level) and value == level for level in levels):
        return value
    for level in levels:
        if _same_level(value, level):
            return level
    truth = WORDS.get(str(value).strip().lower()) if isinstance(value, bool | str) else None
    if truth is not None and set(levels) <= TRUTHS:
        return float(truth)
    return value


def unknown_levels(values: Any, gaps: Booleans, column: Column) -> Booleans:  # noqa: ANN401
    """Which of a category's values (n,) are levels that training did not have."""
    if column.kind != "categorical" or column.levels is None:
        return np.zeros(len(gaps), dtype=bool)
    return ~gaps & ~pd.Series(values).isin(list(column.levels)).to_numpy()


def out_of_range(values: Any, gaps: Booleans, column: Column) -> Booleans:  # noqa: ANN401
    """Which of a column's numbers (n,) are below or above all of training."""
    if column.kind not in {"numeric", "date"} or column.min is None or column.max is None:
        return np.zeros(len(gaps), dtype=bool)
    lower, upper = float(column.min), float(column.max)
    return np.asarray(~gaps & ((values < lower) | (values > upper)))


def cast_entries(rows: Rows | Matrix, width: int) -> sparse.csr_array:
    """Rows of a sparse matrix (n, width), or each a mapping from position to value, as a matrix.

    Raises:
        DataError: a position is not one of the matrix's.
    """
    if isinstance(rows, pd.DataFrame):
        raise DataError("the model takes a sparse matrix, and not the columns of a table")
    if sparse.issparse(rows) or isinstance(rows, np.ndarray):
        return sparse.csr_array(rows)
    matrix = sparse.lil_array((len(rows), width))
    for at, row in enumerate(rows):
        for key, value in row.items():
            if not (key.isdecimal() and int(key) < width):
                raise DataError(f"{key!r} is no position in a row of {width:,} columns")
            matrix[at, int(key)] = np.nan if _is_gap(value) else float(value)
    return matrix.tocsr()


def as_objects(values: pd.Series[Any]) -> Objects:
    """Values of any type as plain objects (n,), NaN wherever one is missing."""
    objects = values.astype(object).to_numpy(copy=True)
    objects[np.asarray(pd.isna(values), dtype=bool)] = np.nan
    return objects


def count(counts: dict[str, int], name: str, found: Booleans) -> None:
    """Note how many of a column's rows (n,) are so, if any are."""
    if found.any():
        counts[name] = int(found.sum())


def _column_of(given: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in given:
        return pd.Series(np.full(len(given), np.nan), dtype=object)
    column = given[name]
    if isinstance(column, pd.DataFrame):
        raise DataError(f"the rows have more than one column {name!r}")
    return column.reset_index(drop=True)


def refuse(wrong: Booleans, values: Any, name: str, wanted: str) -> None:  # noqa: ANN401
    """Raise CastError for values that are not what a column holds."""
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        value = values[at].item() if isinstance(values[at], np.generic) else values[at]
        raise CastError(name, at, value, wanted, int(wrong.sum()))


def _blank(objects: Objects) -> Booleans:
    """Which values are gaps, or texts without a letter."""
    return np.array([_is_gap(v) or (isinstance(v, str) and not v.strip()) for v in objects], bool)


def _is_gap(value: Any) -> bool:  # noqa: ANN401 - any value
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124


def _key(value: Any) -> tuple[type, Any]:  # noqa: ANN401 - any value
    """What tells values apart that are equal in Python: True and 1."""
    return type(value), value


def _same_level(value: Any, level: Any) -> bool:  # noqa: ANN401 - any two levels
    """Whether a value is a level that is written in another type."""
    if isinstance(level, bool):
        return WORDS.get(str(value).strip().lower()) is level
    if isinstance(level, int | float):
        return _number(value) == level
    return not isinstance(value, str) and _text(value) == str(level)


def _number(value: Any) -> float | None:  # noqa: ANN401 - any value
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:  # noqa: ANN401 - any value
    """As a file would have it: a whole number without its decimals."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _is_stamp(bound: float | str | None) -> bool:
    """Whether the bound of a column of time is a timestamp, as JSON has one."""
    return isinstance(bound, str) and "T" in bound


def listed(names: Sequence[str]) -> str:
    """The first names, and how many there are beside."""
    shown = ", ".join(map(repr, names[:SHOWN])) if names else ""
    more = len(names) - SHOWN
    return shown + (f" and {more:,} more" if more > 0 else "")
