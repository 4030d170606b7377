"""A table and its split come in; what may be wrong with the data goes out, as findings.

All of it is arithmetic on whole columns, a few per cent of a run. Only training rows are looked at
together with the target.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.checks import (
    DUPLICATE_ROWS,
    DUPLICATES_IN_TEST,
    GIVES_TARGET,
    LOOKS_LIKE_ID,
    MUCH_MEMORY,
    TARGET_SKEWED,
    TARGET_TWO_VALUED,
)
from runner.core.target_scale import learn_scale
from runner.dataset.almost_alone import lone_categories, lone_columns, lone_pairs
from runner.dataset.sentinel_values import find_sentinels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.checks import Finding
    from runner.records import Floats, Integers, Split, Table

FEW_ROWS = 20  # of which nothing can be said
SKEWED = 3.0  # an exponential distribution has 2, a log-normal one with sigma 1 has 6
COUNTED = 5  # rows a number at most, for a column that counts up
MEMORY_SHARE = 0.25  # of the machine's, that a table may take
BY_CHANCE = 0.1  # share of duplicates that chance may account for without their being told
SHOWN = 5  # columns that a finding names


def find_suspicions(table: Table, split: Split, *, squared: bool = True) -> list[Finding]:
    """What a reader of a result should know of the data.

    Args:
        table: as it is used.
        split: which of its rows train.
        squared: whether the target is to be predicted under squared error.
    """
    looked = _Looked(table, split, squared)
    if table.matrix is not None:  # whose columns are not looked at one by one
        return list(_target(looked))
    searches = (_lone, _target, _ids, _duplicates, _sentinels, _memory)
    return [finding for search in searches for finding in search(looked)]


@dataclass(frozen=True)
class _Looked:
    """A table with its numbers side by side."""

    table: Table
    split: Split
    squared: bool

    @cached_property
    def quantities(self) -> list[Floats]:
        """The targets that are numbers, (n,) each; two classes are, and their order is one."""
        table = self.table
        if len(table.labels) > 2:  # noqa: PLR2004 - two classes
            return []
        return [table.target] if table.target.ndim == 1 else [*table.target.T]

    @cached_property
    def numbers(self) -> Floats:
        """Numeric columns (n, p)."""
        features, numeric = self.table.features, list(self.table.numeric)
        own = features if len(numeric) == features.shape[1] else features[numeric]  # or a copy
        return own.to_numpy(dtype=np.float64)


def _lone(looked: _Looked) -> Iterator[Finding]:
    """Features that give the target almost alone."""
    train = looked.split.train
    if len(train) < FEW_ROWS:
        return
    said = [each for y in looked.quantities for each in _givers(looked, y[train])]
    if said:
        yield GIVES_TARGET.found(f"the target is given almost alone by {_some(said)}")


def _givers(looked: _Looked, y: Floats) -> list[str]:
    """What gives the training rows' y almost alone."""
    table, train = looked.table, looked.split.train
    X, names = looked.numbers[train], table.numeric
    said = [f"{names[j]} (r = {r:.5f})" for j, r in lone_columns(X, y).items()]
    texts = {name: table.features[name].iloc[train] for name in table.categorical}
    said += [f"the category {name}" for name in lone_categories(texts, y)]
    return said + [
        f"{names[i]} {'+' if sign > 0 else '-'} {names[j]}" for i, j, sign in lone_pairs(X, y)
    ]


def _target(looked: _Looked) -> Iterator[Finding]:
    """A target that squared error does not suit."""
    table, train = looked.table, looked.split.train
    if looked.squared and not table.labels and table.event is None and len(train) >= FEW_ROWS:
        for y in looked.quantities:
            scale = learn_scale(table.transform_name, y[train])
            if scale is None:
                yield from _unsuited(y[train])
            else:
                yield from _unsuited(scale.apply(y[train]), f"the {table.transform_name} of ")


def _unsuited(y: Floats, of: str = "") -> Iterator[Finding]:
    low, high = float(y.min()), float(y.max())
    if low < high and bool(np.all((y == low) | (y == high))):
        yield TARGET_TWO_VALUED.found(f"the target has two values, {low:g} and {high:g}")
        return
    z = y - y.mean()
    spread = float(np.sqrt(np.mean(z**2)))
    skewness = float(np.mean((z / spread) ** 3)) if spread > 0 else 0.0
    if abs(skewness) > SKEWED:
        yield TARGET_SKEWED.found(f"{of}the target is heavily skewed (skewness {skewness:.1f})")


def _ids(looked: _Looked) -> Iterator[Finding]:
    """Columns that may only name or number rows."""
    table, X = looked.table, looked.numbers
    if table.n_rows < FEW_ROWS:
        return
    with np.errstate(invalid="ignore"):
        whole = np.flatnonzero((np.floor(X) == X).all(axis=0))
    found = [table.numeric[j] for j in whole if _numbers_rows(X[:, j])]
    found += [
        name
        for name in table.categorical
        if (column := table.features[name]).is_unique and not column.isna().any()
    ]
    found = [name for name in found if name in table.given]  # and not made by a step
    if found:
        yield LOOKS_LIKE_ID.found(f"different in every row, or counting up: {_some(found)}")


def _numbers_rows(column: Floats) -> bool:
    """Whether whole numbers are all distinct, or count up with a few rows each."""
    distinct = len(np.unique(column))
    if distinct == len(column):
        return True
    steps = np.diff(column)
    counts_up = bool(np.all((steps == 0) | (steps == 1)))
    return counts_up and distinct >= max(FEW_ROWS, len(column) / COUNTED)


def _duplicates(looked: _Looked) -> Iterator[Finding]:
    """Rows that are there more than once, with their target."""
    table, split = looked.table, looked.split
    targets = [table.target] if table.target.ndim == 1 else [*table.target.T]
    columns = [*targets, *looked.numbers.T]
    roles = (table.time, table.group, table.weight, table.event, table.offset)
    columns += [part for part in roles if part is not None]
    columns += [pd.factorize(table.features[name])[0] for name in table.categorical]
    rows, code = _repeated(columns, table.n_rows)
    if not len(rows) or _expected_pairs(columns) > BY_CHANCE * len(rows):
        return
    repeats = len(rows) - len(np.unique(code))
    across = np.isin(code[np.isin(rows, split.test)], code[np.isin(rows, split.train)])
    said = f"{repeats:,} of {table.n_rows:,} rows repeat another one, target and all"
    if across.any():
        crossing = f"{int(across.sum()):,} of {len(split.test):,} test rows equal a training row"
        yield DUPLICATES_IN_TEST.found(f"{crossing} ({said})")
    else:
        yield DUPLICATE_ROWS.found(said)


def _repeated(columns: list[Floats] | list[Integers], n: int) -> tuple[Integers, Integers]:
    """The rows that are equal to another one in all columns, and a code, equal where they are."""
    rows, code = np.arange(n), np.zeros(n, dtype=np.int64)
    for column in columns:
        own = pd.factorize(column[rows], use_na_sentinel=False)[0]
        code = pd.factorize(code * (own.max(initial=0) + 1) + own)[0]
        keep = np.bincount(code)[code] > 1
        rows, code = rows[keep], code[keep]
        if not len(rows):
            break
    return rows, code


def _expected_pairs(columns: list[Floats] | list[Integers]) -> float:
    """How many pairs of equal rows there would be if the columns were independent."""
    n = len(columns[0])
    pairs = n * (n - 1) / 2
    for column in columns:
        counts = np.bincount(pd.factorize(column, use_na_sentinel=False)[0]).astype(np.float64)
        pairs *= float(counts @ (counts - 1)) / (n * (n - 1))
    return pairs


def _sentinels(looked: _Looked) -> Iterator[Finding]:
    """Frequent values that may stand for a missing one."""
    columns = dict(zip(looked.table.numeric, looked.numbers.T, strict=True))
    targets = [] if looked.table.labels else looked.quantities
    names = [f"target {number}" for number in range(1, len(targets) + 1)]
    names = ["the target"] if len(targets) == 1 else names
    yield from find_sentinels({**columns, **dict(zip(names, targets, strict=True))})


def _memory(looked: _Looked) -> Iterator[Finding]:
    """More rows than are good for the machine."""
    table, there = looked.table, _memory_there()
    taken = 8 * table.n_rows * (table.features.shape[1] + 1)
    if there is not None and taken > MEMORY_SHARE * there:
        yield MUCH_MEMORY.found(
            f"{table.n_rows:,} rows take {taken / 1e9:.1f} of {there / 1e9:.1f} GB of memory, and "
            "a run needs a few times as much"
        )


def _memory_there() -> int | None:
    """The machine's memory in bytes, where the system says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
