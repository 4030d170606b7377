"""Two tables of the same run come in, as text; where they differ, and by how much, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class Tolerance:
    """What may differ where the environment does.

    A number may be off by `share` of the largest one of its column in size, but those in `counts`
    by so much; `free` columns are not looked at.
    """

    share: float
    counts: Mapping[str, float]
    free: Collection[str]


@dataclass(frozen=True)
class ColumnDifference:
    """A column whose cells are not what they were."""

    column: str
    cells: int
    largest: float | None  # None where texts differ


@dataclass(frozen=True)
class TableDifference:
    """What differs between two tables: their form, or some columns."""

    form: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # columns of the new one alone, as later versions bring them
    columns: tuple[ColumnDifference, ...] = ()
    beyond: tuple[str, ...] = ()  # the columns that differ by more than is allowed

    @property
    def identical(self) -> bool:
        """Bit for bit, where numbers are written in full precision."""
        return not self.form and not self.added and not self.columns

    @property
    def allowed(self) -> bool:
        """Whether no difference is beyond what may be."""
        return not self.form and not self.beyond


def compare_tables(
    before: pd.DataFrame, after: pd.DataFrame, never: Collection[str], tolerance: Tolerance | None
) -> TableDifference:
    """Compare row by row, column by column: all that the old one has.

    Args:
        before: every cell as text.
        after: likewise.
        never: columns that are not compared.
        tolerance: what may differ; None where nothing may.
    """
    names = [[c for c in table if c not in never] for table in (before, after)]
    form = [f"{c} is a column of the old one alone" for c in names[0] if c not in names[1]]
    added = tuple(str(c) for c in names[1] if c not in names[0])
    if len(before) != len(after):
        form.append(f"{len(after)} rows, but there were {len(before)}")
        return TableDifference(tuple(form), added)
    found, beyond = [], []
    for column in (c for c in names[0] if c in names[1]):
        difference = _compare_column(str(column), before[column], after[column])
        if difference is not None:
            found.append(difference)
            if tolerance is None or not _within(difference, before[column], tolerance):
                beyond.append(difference.column)
    return TableDifference(tuple(form), added, tuple(found), tuple(beyond))


def _compare_column(
    name: str, before: pd.Series[str], after: pd.Series[str]
) -> ColumnDifference | None:
    differ = (before != after).to_numpy()
    if not differ.any():
        return None
    old, new = (pd.to_numeric(column[differ], errors="coerce") for column in (before, after))
    texts = bool((old.isna() | new.isna()).any())  # a gap on one side is no number either
    largest = None if texts else float(np.max(np.abs(old.to_numpy() - new.to_numpy())))
    return ColumnDifference(name, int(differ.sum()), largest)


def _within(difference: ColumnDifference, before: pd.Series[str], tolerance: Tolerance) -> bool:
    if difference.column in tolerance.free:
        return True
    if difference.largest is None:
        return False
    if difference.column in tolerance.counts:
        return difference.largest <= tolerance.counts[difference.column]
    size = float(np.nanmax(np.abs(pd.to_numeric(before, errors="coerce").to_numpy())))
    return difference.largest <= tolerance.share * size
