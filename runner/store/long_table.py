"""Tables of many rows as CSV: the bytes that pandas writes, several times as fast."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Floats

LONG = 10_000  # rows, below which pandas is fast enough, and that are written at a time
QUOTED = r'[",\r\n]'  # what makes a text one that has to be quoted
TEXT = pa.large_string()
AS_WRITTEN = (1e-3, 1e9)  # sizes that neither Python nor Arrow writes with an exponent


def long_csv(table: pd.DataFrame) -> str | None:
    """A table of numbers and words as pandas writes it; None if it is short or has other cells."""
    if len(table) < LONG or table.shape[1] == 1:  # pandas quotes a row of one empty cell
        return None
    text = [table.iloc[:0].to_csv(index=False, lineterminator="\n")]
    for start in range(0, len(table), LONG):
        lines = _lines(table.iloc[start : start + LONG])
        if lines is None:
            return None
        text.append(lines)
    return "".join(text)


def _lines(table: pd.DataFrame) -> str | None:
    """Some rows; None if there are other cells."""
    cells = [_cells(table.iloc[:, at]) for at in range(table.shape[1])]
    if any(column is None for column in cells):
        return None
    lines = _joined(_joined(*cells, between=","), "", between="\n")
    text: bytes = lines.buffers()[2].to_pybytes()  # where they lie one after the other
    return text.decode()


def _cells(column: pd.Series) -> pa.Array | None:
    """A column as it is written, empty where it is missing; None if it is of other values."""
    kind = str(column.dtype)
    if kind == "float64":
        return _floats(column.to_numpy())
    if kind not in {"int64", "Int64", "str"}:
        return None
    values = column.to_numpy() if kind == "str" else column  # in one array
    texts = pa.array(values, from_pandas=True).cast(TEXT).fill_null("")
    return None if pc.any(pc.match_substring_regex(texts, QUOTED)).as_py() else texts


def _floats(values: Floats) -> pa.Array:
    """As Python writes them."""
    texts = pa.array(values).cast(TEXT)
    texts = pc.if_else(values == np.rint(values), _joined(texts, "0", between="."), texts)
    size = np.abs(values)
    other = ~((size >= AS_WRITTEN[0]) & (size < AS_WRITTEN[1]))
    written = ["" if isnan(value) else repr(value) for value in values[other].tolist()]
    return pc.replace_with_mask(texts, other, pa.array(written, TEXT))


def _joined(*columns: pa.Array | str, between: str) -> pa.Array:
    """Columns of text, or one text for all rows, row by row."""
    texts = [pa.scalar(one, TEXT) if isinstance(one, str) else one for one in (*columns, between)]
    return pc.binary_join_element_wise(*texts)
