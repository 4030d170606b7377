"""Rows with a group and a time come in; what was known before each of them goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class Rows:
    """Some rows with what their past is made of."""

    group: NDArray[np.object_]  # (n,) labels
    time: Floats  # (n,) seconds, or numbers as they are
    numbers: Floats  # (n, q)

    def take(self, chosen: Booleans | Integers) -> Rows:
        """Some of the rows."""
        return Rows(self.group[chosen], self.time[chosen], self.numbers[chosen])


@dataclass(frozen=True)
class Past:
    """Rows in the order of group and time."""

    rows: Rows  # (n,)
    own: Integers  # (n,) which row of a frame each is, -1 of a remembered one
    position: Integers  # (n,) in its group, from 0

    @classmethod
    def of(cls, remembered: Rows, rows: Rows) -> Past:
        """Remembered rows, but those that have the group and time of another, and some more."""
        group = np.concatenate([remembered.group, rows.group])
        time = np.concatenate([remembered.time, rows.time])
        own = np.r_[np.full(len(remembered.time), -1), np.arange(len(rows.time))]
        code = pd.factorize(group)[0]
        order = np.lexsort((own < 0, time, code))
        twice = np.r_[False, (np.diff(code[order]) == 0) & (np.diff(time[order]) == 0)][: len(own)]
        order = order[~(twice & (own[order] < 0))]
        together = Rows(group, time, np.concatenate([remembered.numbers, rows.numbers]))
        first = np.flatnonzero(np.diff(code[order], prepend=-1))
        sizes = np.diff(first, append=len(order))
        return cls(
            together.take(order), own[order], np.arange(len(order)) - np.repeat(first, sizes)
        )

    def repeated(self) -> int | None:
        """The row of a frame whose group has its time in a row before, the first; None if none."""
        same = (np.diff(self.rows.time) == 0) & (self.position[1:] > 0)
        return int(self.own[1:][same][0]) if same.any() else None

    def last(self, count: int) -> Rows:
        """The last rows of each group, so many at the most."""
        n = len(self.position)
        left = np.flatnonzero(np.r_[self.position, 0][1:] == 0)  # the last row of each group
        sizes = np.diff(left, prepend=-1)
        return self.rows.take(np.repeat(left, sizes) - np.arange(n) < count)

    def before(self, values: Floats, count: int) -> Floats:
        """What values (n, q) were `count` rows before in the group, NaN where there is no row."""
        shifted = np.full_like(values, np.nan)
        shifted[count:] = values[: max(len(values) - count, 0)]
        shifted[self.position < count] = np.nan
        return shifted

    def means(self, width: int) -> Floats:
        """Means (n, q) of so many rows that end at each, NaN where fewer or with one missing."""
        ends = max(len(self.position) - width + 1, 0)
        total = np.zeros((ends, self.rows.numbers.shape[1]))
        for start in range(width):  # in one order, so that other rows do not change a digit
            total += self.rows.numbers[start : start + ends]
        means = np.full_like(self.rows.numbers, np.nan)
        means[width - 1 :] = total / width
        means[self.position < width - 1] = np.nan
        return means
