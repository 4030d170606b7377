"""Training rows come in; a row that stands for them, and is none of them, goes out.

A private run's known answer is that of such a row: each number is its column's mean, each category
its commonest level, each text is empty.
"""

from __future__ import annotations

from itertools import chain, islice, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRIED = 1000  # rows that may be one of the training rows
ENTRIES = 20  # of a sparse row
STEP = 0.1  # standard deviations that a mean is moved by


def typical_row(frame: pd.DataFrame, text: Sequence[str]) -> pd.DataFrame:
    """A row (1, columns) of the types of some rows, and equal to none of them if that can be.

    Only where the rows have every combination of their levels, and no number that varies, is it one
    of them: it then says nothing that the levels do not.

    Args:
        frame: the rows, (n, columns), with any index.
        text: columns of free text.
    """
    levels = {name: _levels(frame[name], text=name in text) for name in frame}
    first = {name: found[0] for name, found in levels.items()}
    candidates = chain([first], _moved(frame, first), _combined(levels))
    rows = (_as_row(one, frame) for one in islice(candidates, TRIED))
    return next((row for row in rows if not _is_among(row, frame)), _as_row(first, frame))


def typical_entries(X: sparse.csr_array) -> sparse.csr_array:
    """The same of a sparse matrix (n, p): the means of the columns with most entries, (1, p)."""
    rows = X.copy()
    rows.data = np.nan_to_num(rows.data)
    counts = np.bincount(rows.indices, minlength=X.shape[1])
    used = np.sort(np.argsort(-counts, kind="stable")[:ENTRIES])
    row = sparse.lil_array((1, X.shape[1]))
    row[0, used] = np.asarray(rows.sum(axis=0)).ravel()[used] / X.shape[0]
    return row.tocsr()


def _levels(column: pd.Series[Any], *, text: bool) -> list[Any]:
    """What a cell may be: a number's mean alone, a category's levels, the commonest first."""
    if text:
        return [""]
    if column.dtype.kind in "fiuM":
        return [column.mean()]
    counts = column.value_counts()
    found = sorted(counts.index, key=lambda level: (-counts[level], str(level)))
    return found or [np.nan]


def _moved(frame: pd.DataFrame, first: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    """The same with one number a little larger."""
    for name in frame:
        column = frame[name]
        if column.dtype.kind in "fiu" and column.std(ddof=0) > 0:
            yield {**first, name: first[name] + STEP * column.std(ddof=0)}


def _combined(levels: dict[Any, list[Any]]) -> Iterator[dict[Any, Any]]:
    """Other combinations of levels."""
    for cells in product(*levels.values()):
        yield dict(zip(levels, cells, strict=True))


def _as_row(cells: dict[Any, Any], frame: pd.DataFrame) -> pd.DataFrame:
    row = pd.DataFrame({name: pd.Series([cell]) for name, cell in cells.items()})
    kept = {n: frame[n].dtype for n in frame if frame[n].dtype.kind not in "iu"}
    return row.astype(kept)


def _is_among(row: pd.DataFrame, frame: pd.DataFrame) -> bool:
    same = np.ones(len(frame), dtype=bool)
    for name in frame:
        cell, column = row[name].iloc[0], frame[name]
        same &= (column.isna() if pd.isna(cell) else column == cell).to_numpy(dtype=bool)
    return bool(same.any())
