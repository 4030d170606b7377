"""Times come in; folds that train on the past and validate on what follows it go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from runner.errors import DataError
from runner.records import Fold
from runner.spec import Count
from runner.split.splitters import Splitter, required_role

if TYPE_CHECKING:
    from runner.records import Integers, Table

ROUNDING = 1e-9  # rows that a share of them may lack by rounding


class Time(Splitter):
    """In order of `dataset.time`: fold k validates on the block after those it trains on.

    The test rows are the last. At least `gap` rows before each validation block, and before the
    test rows, train neither. All of the past trains, or with a `window` that many rows before the
    gap at the most. Each block reaches to the next one, or with a `horizon` the last blocks of that
    many rows are taken. Rows of one time stay together.
    """

    name: Literal["time"]
    folds: Count
    gap: Annotated[int, Field(ge=0)]
    window: Count | None
    horizon: Count | None
    role: ClassVar[Literal["time", "group"] | None] = "time"

    def _test_rows(
        self, table: Table, seed: int, strata: Integers | None = None
    ) -> tuple[Integers, Integers]:
        del seed, strata
        time = required_role(table.time, "time", "time")
        if self.test is None:
            return np.arange(len(time)), np.arange(0)
        order = _Order(np.sort(time))
        start = order.before(min(int((1 - self.test) * order.n + ROUNDING), order.n - 1))
        end = order.before(start - self.gap)
        if start > end == 0:
            raise DataError(
                f"split.gap is {self.gap}, which leaves no row to train on: there are {start} "
                "before the test rows"
            )
        place = np.searchsorted(order.time, time)  # all rows of a time have that of the first
        return np.flatnonzero(place < end), np.flatnonzero(place >= start)

    def _folds(
        self, table: Table, train: Integers, seed: int, strata: Integers | None = None
    ) -> tuple[tuple[Integers, ...], tuple[Fold, ...]]:
        del seed, strata
        time = required_role(table.time, "time", "time")[train]
        order = _Order(np.sort(time))
        starts = self._starts(order)
        ends = self._ends(order, starts)
        firsts = self._firsts(order, ends)
        edges = sorted({*firsts, *ends, *starts, order.n} - {0})  # block i ends before edge i
        place = np.searchsorted(order.time, time)
        block = np.searchsorted(edges, place, side="right").astype(np.int64)
        at = {0: 0} | {edge: number + 1 for number, edge in enumerate(edges)}  # blocks before it
        sides = zip(firsts, ends, starts, [*starts[1:], order.n], strict=True)
        folds = tuple(
            Fold(k, 0, tuple(range(at[first], at[end])), tuple(range(at[start], at[until])))
            for k, (first, end, start, until) in enumerate(sides, start=1)
        )
        return (block,), folds

    def _starts(self, order: _Order) -> list[int]:
        """How many rows are before each validation block, of the training rows."""
        if order.distinct <= self.folds:
            raise DataError(
                f"split.folds is {self.folds}, but the training rows have only "
                f"{order.distinct} different times"
            )
        if self.horizon is None:
            key = f"split.folds is {self.folds}"
            counts = [k * order.n // (self.folds + 1) for k in range(1, self.folds + 1)]
        else:
            key = f"split.horizon is {self.horizon}"
            counts = [order.n - k * self.horizon for k in range(self.folds, 0, -1)]
        starts = [order.before(count) for count in counts]
        if starts[0] == 0:
            raise DataError(
                f"{key}, which leaves the first of split.folds={self.folds} no rows to train on: "
                f"there are {order.n} training rows, and those of one time stay together"
            )
        if len(set(starts)) < self.folds:
            raise DataError(f"{key}, but the rows of one time are as many as a fold's")
        return starts

    def _ends(self, order: _Order, starts: list[int]) -> list[int]:
        """How many rows are before the gap of each fold."""
        ends = [order.before(start - self.gap) for start in starts]
        if ends[0] == 0:
            raise DataError(
                f"split.gap is {self.gap}, which leaves the first fold no rows to train on: there "
                f"are {starts[0]} before those that it validates on"
            )
        return ends

    def _firsts(self, order: _Order, ends: list[int]) -> list[int]:
        """How many rows are before the training side of each fold."""
        if self.window is None:
            return [0] * len(ends)
        firsts = [order.after(end - self.window) for end in ends]
        for number, (first, end) in enumerate(zip(firsts, ends, strict=True), start=1):
            if first == end:
                raise DataError(
                    f"split.window is {self.window}, which leaves fold {number} no rows to train "
                    f"on: its last time has {end - order.before(end - 1)}"
                )
        return firsts


@dataclass(frozen=True)
class _Order:
    """Times in order, and where those of one time begin and end."""

    time: Integers  # (n,) ascending

    @property
    def n(self) -> int:
        """How many rows there are."""
        return len(self.time)

    @property
    def distinct(self) -> int:
        """How many times there are."""
        return len(np.unique(self.time))

    def before(self, count: int) -> int:
        """How many rows are before a time, the most that are no more than `count`."""
        if count <= 0 or count >= self.n:
            return max(0, min(count, self.n))
        return int(np.searchsorted(self.time, self.time[count], side="left"))

    def after(self, count: int) -> int:
        """How many rows are before a time, the fewest that are no fewer than `count`."""
        if count <= 0 or count >= self.n:
            return max(0, min(count, self.n))
        return int(np.searchsorted(self.time, self.time[count - 1], side="right"))
