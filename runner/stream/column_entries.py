"""A column's values come in by the batch; the entries of the rows `a` that they become go out.

A numeric column has an entry for its values less a shift (0 where missing) and, once a value was
missing, one that is 1 where it is. A category has an entry per level, added when the level first
appears, and one for missing values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from runner.dataset import roles as column_roles
from runner.errors import DataError
from runner.stream.values import (
    NOTHING,
    TEXT,
    Codes,
    Numbers,
    codes_of,
    codes_of_numbers,
    kind_of,
    numbers_or_refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from runner.records import Floats, Integers
    from runner.stream.row_reader import Rows
    from runner.stream.values import Bytes, Sentinels

MOST_LEVELS = 1000
SHIFT_ROWS = 1024


class Column(Protocol):
    """One column of the data."""

    name: str

    @property
    def gap(self) -> int | None:
        """The entry that is 1 where a value is missing."""

    @property
    def valid(self) -> Bytes | None:
        """1 where the last batch has a value, else 0; None where all are there."""

    def take(self, array: pa.Array, rows: Rows, new_entry: Callable[[], int]) -> None:
        """Take the next batch; adds the entries that it needs first."""

    def write(self, A: Floats, rows: Rows) -> None:
        """Write the entries of the batch that was given last, (entries, n)."""

    def told(self, totals: Floats) -> list[Any]:
        """What tells this column's values from others, for a hash; exact, whatever the batches.

        Args:
            totals: (n_blocks, entries) sums of the entries.
        """


@dataclass(eq=False)
class Range:
    """Least and greatest observed value: overall, and per block until a second value is seen."""

    low: float
    high: float
    block_low: Floats  # (n_blocks,), NaN where nothing was observed
    block_high: Floats
    settled: bool = False  # whether every block has had two values

    @classmethod
    def of(cls, n_blocks: int) -> Range:
        """Of no value yet."""
        nothing = np.full(n_blocks, np.nan)
        return cls(np.inf, -np.inf, nothing, nothing.copy())

    def add(self, values: Callable[[], Floats], rows: Rows) -> None:
        """Look at a batch where some block may have a single value; NaN is passed over.

        Args:
            values: gives them, (n,) in the rows' order.
            rows: where the blocks are.
        """
        if self.settled:
            return
        occupied = rows.occupied
        starts, found = rows.bounds[occupied], values()
        self.block_low[occupied] = np.fmin(
            self.block_low[occupied], np.fmin.reduceat(found, starts)
        )
        self.block_high[occupied] = np.fmax(
            self.block_high[occupied], np.fmax.reduceat(found, starts)
        )
        self.settled = bool(np.all(self.block_low < self.block_high))


@dataclass(eq=False)
class NumericColumn:
    """A column of numbers."""

    name: str
    entry: int
    gap: int | None
    range: Range
    sentinels: Sentinels
    shift: float | None = None  # None until there is a value
    checksum: int = 0  # sum of the entries' bits: exact, whatever the order
    _numbers: Numbers | None = None

    def take(self, array: pa.Array, rows: Rows, new_entry: Callable[[], int]) -> None:
        """Take the next batch; adds an entry if a value is missing for the first time.

        Raises:
            DataError: a value is infinite, or no number.
        """
        numbers = self._numbers = numbers_or_refuse(self.name, array, self.sentinels)
        if not numbers.finite:
            observed = numbers.with_nan()[rows.order]
            count = int(np.isinf(observed).sum())
            if count:
                raise column_roles.infinite(self.name, count)
        if numbers.valid is not None and self.gap is None and not numbers.valid.all():
            self.gap = new_entry()
        if self.shift is None:
            self.shift = _middle(numbers, rows.order)

    @property
    def valid(self) -> Bytes | None:
        """Where the last batch has values."""
        return None if self._numbers is None else self._numbers.valid

    def write(self, A: Floats, rows: Rows) -> None:
        """Write the values less the shift, and where they are missing."""
        numbers = self._numbers
        assert numbers is not None  # noqa: S101 - taken before
        z = A[self.entry]
        np.take(numbers.values, rows.order, out=z, mode="clip")
        z -= self.shift or 0.0
        if numbers.valid is not None:
            here = np.take(numbers.valid, rows.order, out=rows.here, mode="clip")
            # bits of what is missing become those of 0.0, whatever they were
            np.copyto(rows.mask, here, casting="unsafe")
            np.negative(rows.mask, out=rows.mask)
            z_bits = z.view(np.int64)
            np.bitwise_and(z_bits, rows.mask, out=z_bits)
            if self.gap is not None:
                np.copyto(A[self.gap], here)
                np.subtract(1.0, A[self.gap], out=A[self.gap])
        elif self.gap is not None:
            A[self.gap] = 0.0
        if self.shift is not None:
            self._look(z, rows)

    def told(self, totals: Floats) -> list[Any]:
        """Its sums would round; the bits that were summed do not."""
        del totals
        return [self.shift, self.checksum, self.range.low, self.range.high]

    def _look(self, z: Floats, rows: Rows) -> None:
        """Note what the batch says of the column's range; a gap's 0 is the shift, within it."""
        numbers = self._numbers
        assert numbers is not None  # noqa: S101 - taken before
        self.range.add(lambda: numbers.with_nan()[rows.order], rows)
        self.checksum = (self.checksum + int(z.view(np.int64).sum())) % 2**64
        shift = self.shift or 0.0
        if z.min(initial=np.inf) + shift < self.range.low:
            self.range.low = min(self.range.low, float(np.nanmin(numbers.with_nan()[rows.order])))
        if z.max(initial=-np.inf) + shift > self.range.high:
            self.range.high = max(self.range.high, float(np.nanmax(numbers.with_nan()[rows.order])))


@dataclass(eq=False)
class CategoryColumn:
    """A column of levels, texts or numbers."""

    name: str
    gap: int | None
    of_numbers: bool
    sentinels: Sentinels
    entries: dict[Any, int] = field(default_factory=dict)  # by level
    shifted: set[int] = field(default_factory=set)  # entries less 1
    _codes: Integers | None = None  # (n,), the entry of each row's level
    _valid: Bytes | None = None

    def take(self, array: pa.Array, rows: Rows, new_entry: Callable[[], int]) -> None:
        """Take the next batch; adds an entry for each level that first appears.

        Raises:
            DataError: there are too many levels.
        """
        codes = self._codes_of(array)
        counts = np.bincount(codes.codes[rows.order] + 1, minlength=len(codes.levels) + 1)
        found = [level for level, count in zip(codes.levels, counts[1:], strict=True) if count]
        self._check_levels(len(self.entries.keys() | found))
        if counts[0] and self.gap is None:
            self.gap = new_entry()
        entry_of = np.full(len(codes.levels) + 1, 0 if self.gap is None else self.gap)
        for at, (level, count) in enumerate(zip(codes.levels, counts[1:], strict=True), start=1):
            if count and level not in self.entries:
                self.entries[level] = new_entry()
                # a level of nearly all rows is summed about 1, which keeps its variance's digits
                if rows.first and 2 * count > len(rows.order):
                    self.shifted.add(self.entries[level])
            entry_of[at] = self.entries.get(level, 0)
        self._codes = entry_of[codes.codes + 1]
        self._valid = (codes.codes >= 0).view(np.uint8)

    @property
    def valid(self) -> Bytes | None:
        """Where the last batch has values."""
        return self._valid

    def write(self, A: Floats, rows: Rows) -> None:
        """Write a 0/1 entry per level, and where values are missing."""
        assert self._codes is not None  # noqa: S101 - taken before
        codes = self._codes[rows.order]
        for entry in self.entries.values():
            np.equal(codes, entry, out=A[entry])
            if entry in self.shifted:
                A[entry] -= 1.0
        if self.gap is not None:
            np.equal(codes, self.gap, out=A[self.gap])

    def told(self, totals: Floats) -> list[Any]:
        """The rows of each level in each block."""
        return [(level, totals[:, entry].tolist()) for level, entry in self.entries.items()]

    def _codes_of(self, array: pa.Array) -> Codes:
        if self.of_numbers:
            numbers = numbers_or_refuse(self.name, array, self.sentinels)
            return codes_of_numbers(numbers)
        if kind_of(array.type) not in {TEXT, NOTHING}:
            raise DataError(f"the column {self.name!r} is text at first, and {array.type} later")
        return codes_of(array, self.sentinels)

    def _check_levels(self, count: int) -> None:
        if count > MOST_LEVELS:
            raise DataError(
                f"the column {self.name!r} has more than {MOST_LEVELS} different values, which is "
                "too many levels to stream: drop it, or set dataset.stream=false"
            )


@dataclass(eq=False)
class UndecidedColumn:
    """A column without any value so far, which may turn out to be of numbers or of levels."""

    name: str
    gap: int
    valid: Bytes | None = None

    def take(self, array: pa.Array, rows: Rows, new_entry: Callable[[], int]) -> None:
        """Everything is missing."""
        del rows, new_entry
        self.valid = np.zeros(len(array), dtype=np.uint8)

    def write(self, A: Floats, rows: Rows) -> None:
        """Everything is missing."""
        del rows
        A[self.gap] = 1.0

    def told(self, totals: Floats) -> list[Any]:
        """There is nothing to tell."""
        del totals
        return []


def _middle(numbers: Numbers, order: Integers) -> float | None:
    """The median of some rows taken evenly: a shift that no outlier moves; None without a value.

    It is an observed value, which makes a constant column's entries exactly 0.
    """
    positions = np.sort(order)
    for rows in (positions[:: max(1, len(order) // SHIFT_ROWS)], positions):
        values = numbers.with_nan()[rows]
        values = values[np.isfinite(values)]
        if len(values):
            middle = (len(values) - 1) // 2
            return float(np.partition(values, middle)[middle])
    return None
