"""A batch of Arrow's comes in; columns as a model takes them, and what is unlike training, go out.

It is `runner.saved_model.casting` for files: categories stay codes of a few levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.compiled.linear_model import Coded
from runner.dataset.roles import sentinels
from runner.saved_model.casting import (
    CastError,
    as_level,
    cast_column,
    out_of_range,
    refuse,
    unknown_levels,
)
from runner.saved_model.prediction.text_numbers import notation_of, read_text_numbers
from runner.stream.values import (
    DATE,
    NUMBER,
    TEXT,
    Sentinels,
    codes_of,
    codes_of_numbers,
    kind_of,
    numbers_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from runner.records import Booleans, Floats
    from runner.saved_model.manifest_file import Column, Manifest, Reading

    Values = NDArray[Any] | Coded


@dataclass(frozen=True)
class CastBatch:
    """Rows that a model takes, and which of their values are unlike training, by column."""

    columns: Mapping[str, Values]  # (n,) each, in the model's order
    unknown: dict[str, Booleans] = field(default_factory=dict)  # (n,) of those that have any
    outside: dict[str, Booleans] = field(default_factory=dict)
    missing: dict[str, Booleans] = field(default_factory=dict)

    def frame(self) -> pd.DataFrame:
        """The rows as scikit-learn's Pipelines take them."""
        return pd.DataFrame({name: _plain(values) for name, values in self.columns.items()})

    def value(self, name: str, row: int) -> Any:  # noqa: ANN401 - of any kind
        """What a column has in a row where something is."""
        values = self.columns[name]
        found = values.levels[values.codes[row]] if isinstance(values, Coded) else values[row]
        return found.item() if isinstance(found, np.generic) else found


def cast_batch(batch: pa.RecordBatch, manifest: Manifest) -> CastBatch:
    """The columns that a model expects, those that are not there all missing.

    Raises:
        CastError: a value is not what its column holds.
    """
    columns: dict[str, Values] = {}
    unknown: dict[str, Booleans] = {}
    outside: dict[str, Booleans] = {}
    missing: dict[str, Booleans] = {}
    have = set(batch.schema.names)
    for column in manifest.columns:
        if column.name not in have:
            columns[column.name] = _nothing(len(batch), column)
            continue
        values = cast_values(batch.column(column.name), column, manifest.reading)
        columns[column.name] = values
        gaps, odd = _gaps(values), unknown if column.kind == "categorical" else outside
        for found, into in ((gaps, missing), (_unlike(values, gaps, column), odd)):
            if found is not None and found.any():
                into[column.name] = found
    return CastBatch(columns, unknown, outside, missing)


def cast_values(array: pa.Array, column: Column, reading: Reading) -> Values:
    """One column (n,), with what counts as missing there.

    Raises:
        CastError: a value is not what it holds.
    """
    absent = Sentinels(tuple(sentinels(missing_in(reading, column.name))))
    array = absent.without(array)
    if column.kind == "numeric":
        return _numbers(array, column, reading, absent)
    if column.kind == "categorical":
        return _levels(array, column, absent)
    if column.form is not None and kind_of(array.type) == NUMBER:  # 20201231
        array = array.cast("int64", safe=False).cast("string")
    values = array.to_pandas()
    return np.asarray(cast_column(values.rename(column.name), column))


def missing_in(reading: Reading, column: str) -> list[str | int | float]:
    """The further spellings of a missing value in a column."""
    if isinstance(reading.na_values, list):
        return reading.na_values
    return reading.na_values.get(column, [])


def _numbers(array: pa.Array, column: Column, reading: Reading, absent: Sentinels) -> Floats:
    kind = kind_of(array.type)
    if kind == TEXT:
        plain = array.dictionary_decode() if hasattr(array, "dictionary_decode") else array
        array = read_text_numbers(column.name, plain, notation_of(reading))
    elif kind not in {NUMBER, "nothing"}:
        first = int(np.argmax(array.is_valid().to_numpy(zero_copy_only=False)))
        raise CastError(column.name, first, array[first].as_py(), "a number")
    numbers = numbers_of(array, absent)
    values = numbers.with_nan()
    if not numbers.finite:
        refuse(np.isinf(values), values, column.name, "a finite number")
    return values


def _levels(array: pa.Array, column: Column, absent: Sentinels) -> Coded:
    kind = kind_of(array.type)
    if kind == TEXT:
        found = codes_of(array, absent)
    elif kind in {NUMBER, "nothing"}:
        found = codes_of_numbers(numbers_of(array, absent))
    elif kind == DATE:
        found = codes_of(array.cast("string"), absent)
    else:
        raise CastError(column.name, 0, array[0].as_py(), "a text or a number")
    levels = [v if v is None else as_level(v, column.levels or []) for v in found.levels]
    return Coded(found.codes, levels)


def _nothing(rows: int, column: Column) -> Values:
    if column.kind == "categorical":
        return Coded(np.full(rows, -1), [])
    kind = np.float64 if column.kind in {"numeric", "date"} else object
    return np.full(rows, np.nan, dtype=kind)


def _gaps(values: Values) -> Booleans:
    if isinstance(values, Coded):
        return values.codes < 0
    return np.asarray(pd.isna(values))


def _unlike(values: Values, gaps: Booleans, column: Column) -> Booleans | None:
    """Which values (n,) training did not have, or had none so low or high; None: none is."""
    if not isinstance(values, Coded):
        if column.kind == "numeric" and _within(values, column):
            return None
        return out_of_range(values, gaps, column)
    levels = np.empty(len(values.levels), dtype=object)
    levels[:] = values.levels
    new = unknown_levels(levels, np.asarray(pd.isna(levels)), column)
    return np.r_[new, False][values.codes] if new.any() else None


def _within(values: Floats, column: Column) -> bool:
    """Whether all numbers are within the range of training: two looks instead of comparisons."""
    if column.min is None or column.max is None or not len(values):
        return True
    low, high = np.fmin.reduce(values), np.fmax.reduce(values)
    return not (low < float(column.min) or high > float(column.max))


def _plain(values: Values) -> NDArray[Any]:
    """Values of a column of a data frame, NaN where one is missing."""
    if not isinstance(values, Coded):
        return values
    levels = np.empty(len(values.levels) + 1, dtype=object)
    levels[:] = [*values.levels, np.nan]
    return levels[np.where(values.codes < 0, len(values.levels), values.codes)]
