"""The cross products of every block of rows, added up batch by batch while entries are added.

As in runner.core.moments, per row a = [1, y - y_shift, ...] and per block sum(w a a') and sum(a).
Here the entries stand in the order in which they were needed: one that a later batch adds was 0 in
all earlier rows, so that zero rows and columns extend the sums exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Floats

ONE, TARGET = 0, 1  # entries that are always there
STEP = 32  # entries that the sums grow by at least
MEMORY = 400_000_000  # bytes of cross products, over all blocks
PADDING = 16  # numbers between the buffer's rows: a power of 2 would make them share cache lines


class BlockSums:
    """Sums of `n_blocks` blocks.

    Args:
        n_blocks: how many blocks of rows.
        weighted: whether rows have weights; else sum(a) is the first row of sum(a a').
    """

    def __init__(self, n_blocks: int, *, weighted: bool) -> None:
        self.size = 2
        self.cross = np.zeros((n_blocks, STEP, STEP))
        self.total = np.zeros((n_blocks, STEP)) if weighted else None
        self._buffer = np.empty((0, 0))
        self._product = np.empty((0, 0))

    @property
    def n_blocks(self) -> int:
        """How many blocks of rows."""
        return len(self.cross)

    def new_entry(self) -> int:
        """Add an entry, 0 in all rows so far.

        Raises:
            DataError: the sums would take too much memory.
        """
        self.size += 1
        if self.size > self.cross.shape[1]:
            most = int(np.sqrt(MEMORY / 8 / self.n_blocks))
            if self.size > most:
                raise DataError(
                    f"the columns, their levels and their indicators make more than {most} numbers "
                    "a row, which is too many to stream: drop columns, or set dataset.stream=false"
                )
            self._grow(min(max(self.size, self.cross.shape[1] + STEP), most))
        return self.size - 1

    def rows(self, count: int) -> Floats:
        """A buffer for the entries of `count` rows, (size, count), its contents undefined."""
        if self._buffer.shape[0] < self.size or self._buffer.shape[1] < count + PADDING:
            self._buffer = np.empty((self.cross.shape[1], count + PADDING))
        return self._buffer[: self.size, :count]

    def add(self, block: int, A: Floats, weight: Floats | None) -> None:
        """Add rows to a block.

        Args:
            block: which one.
            A: (size, n) the entries, a column per row of data; changed where there are weights.
            weight: (n,), given if and only if the sums are weighted.
        """
        if not A.shape[1]:
            return
        size = self.size
        if self._product.shape[0] != size:
            self._product = np.empty((size, size))
        if self.total is not None and weight is not None:
            self.total[block, :size] += A.sum(axis=1)
            A *= np.sqrt(weight)
        np.matmul(A, A.T, out=self._product)  # numpy calls syrk for this
        self.cross[block, :size, :size] += self._product

    def totals(self) -> Floats:
        """sum(a) of each block, (n_blocks, size)."""
        totals = self.cross[:, ONE] if self.total is None else self.total
        return totals[:, : self.size]

    def _grow(self, capacity: int) -> None:
        old = self.cross.shape[1]
        cross = np.zeros((self.n_blocks, capacity, capacity))
        cross[:, :old, :old] = self.cross
        self.cross = cross
        if self.total is not None:
            self.total = np.pad(self.total, ((0, 0), (0, capacity - old)))
