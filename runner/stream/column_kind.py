"""A column's first values come in; the kind of column that they show it to be goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.dataset import roles as column_roles
from runner.dataset.written_numbers import other_notation
from runner.errors import DataError
from runner.stream.column_entries import (
    CategoryColumn,
    Column,
    NumericColumn,
    Range,
    UndecidedColumn,
)
from runner.stream.values import (
    DATE,
    NOTHING,
    NUMBER,
    TEXT,
    Sentinels,
    codes_of,
    is_empty,
    is_number,
    kind_of,
    reads_as_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from runner.dataset.roles import ColumnRoles


@dataclass(frozen=True, eq=False)
class Kinds:
    """Decides what each column is."""

    roles: ColumnRoles
    gappy: set[str]  # columns of which the files say that values are missing
    n_blocks: int
    new_entry: Callable[[], int]

    def column(self, name: str, array: pa.Array, known: Column | None) -> Column:
        """The column as it is known, or as its first values show it to be.

        Raises:
            DataError: it cannot be used.
        """
        undecided = isinstance(known, UndecidedColumn)
        if known is not None and not undecided:
            return known
        sentinels = Sentinels.of(self.roles, name)
        kind, array = kind_of(array.type), sentinels.without(array)
        if known is not None and is_empty(array):
            return known
        if kind == DATE:
            raise column_roles.dates(name)
        if kind not in {NUMBER, TEXT, NOTHING}:
            raise DataError(f"the column {name!r} holds {kind}, not numbers or text: drop it")
        if kind != NUMBER and is_empty(array):
            return UndecidedColumn(name, self.new_entry())
        gap = known.gap if known is not None else None
        of_numbers = kind == NUMBER or (
            (undecided or bool(sentinels.spellings)) and reads_as_numbers(array, sentinels)
        )
        listed = name in self.roles.categorical
        if of_numbers and not listed:
            gap = self.new_entry() if gap is None and name in self.gappy else gap
            return self.numeric(name, self.new_entry(), gap)
        if not listed:
            self._refuse_text(name, array, sentinels)
        return CategoryColumn(name, gap, of_numbers, sentinels)

    def numeric(self, name: str, entry: int, gap: int | None) -> NumericColumn:
        """A column of numbers without any so far."""
        sentinels = Sentinels.of(self.roles, name)
        return NumericColumn(name, entry, gap, Range.of(self.n_blocks), sentinels)

    def _refuse_text(self, name: str, array: pa.Array, sentinels: Sentinels) -> None:
        """Refuse text that is mostly numbers, written otherwise, or hardly ever the same."""
        codes = codes_of(array, sentinels)
        counts = np.bincount(codes.codes[codes.codes >= 0], minlength=len(codes.levels))
        found = [codes.levels[at] for at in np.flatnonzero(counts)]
        notation, texts = self.roles.notation, array.drop_null()
        column_roles.refuse_written_otherwise(
            name, found, lambda: notation and other_notation(texts, notation)
        )
        text = np.array([not is_number(str(level)) for level in codes.levels], dtype=bool)
        odd = [codes.levels[at] for at in np.flatnonzero(text & (counts > 0))[:3]]
        share = 1 - counts[text].sum() / max(int(counts.sum()), 1)
        column_roles.refuse_numeric_text(name, float(share), odd)
        column_roles.refuse_free_text(name, int(np.count_nonzero(counts)), len(array))
