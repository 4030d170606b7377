"""What a passage summed comes in; moments of every block in one layout go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds.linear_preparation import Levels
from runner.core.moments import Layout, Moments
from runner.dataset import roles as column_roles
from runner.errors import DataError
from runner.stream.block_sums import ONE, TARGET
from runner.stream.column_entries import CategoryColumn, NumericColumn

if TYPE_CHECKING:
    from runner.records import Floats, Integers
    from runner.stream.passage import Stream


@dataclass(frozen=True, eq=False)
class StreamBlocks:
    """The moments of a stream, laid out as those of a table are."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    category_levels: tuple[tuple[Any, ...], ...]  # per category, its levels in ascending order
    levels: Levels
    folds: tuple[Moments, ...]  # per block that folds are made of
    test: tuple[Moments, ...]  # per part of the test rows, possibly none
    sample: Moments  # of the sampled rows

    @property
    def n_rows(self) -> int:
        """Rows that count."""
        return int(sum(part.total[0] for part in (*self.folds, *self.test)))

    def missing(self) -> dict[str, int]:
        """How many values each column lacks, in the order numeric, categorical."""
        total = np.sum([part.total for part in (*self.folds, *self.test)], axis=0)
        layout = self.sample.layout
        counts = dict.fromkeys((*self.numeric, *self.categorical), 0)
        for column, count in zip(layout.gappy, total[layout.missing], strict=True):
            counts[self.numeric[column]] = round(count)
        for name, column in zip(self.categorical, self.levels.missing, strict=True):
            counts[name] = round(total[1 + column]) if column >= 0 else 0
        return counts


def lay_out(stream: Stream) -> StreamBlocks:
    """Bring the entries into the order of a Layout.

    That is: 1, the numeric columns, each category's levels in ascending order with its missing
    level last, where numeric columns are missing, the target.

    Raises:
        DataError: a column has no value in any row, or a fold has no row.
    """
    totals = stream.sums.totals()
    _check(stream, totals)
    numeric = [c for c in stream.columns.values() if isinstance(c, NumericColumn)]
    categories = [c for c in stream.columns.values() if isinstance(c, CategoryColumn)]
    entries = [column.entry for column in numeric]
    shifts = [column.shift or 0.0 for column in numeric]
    columns: list[Integers] = []
    missing: list[int] = []
    for category in categories:
        own = [category.entries[level] for level in sorted(category.entries)]
        columns.append(np.arange(len(entries), len(entries) + len(own)))
        shifts += [float(entry in category.shifted) for entry in own]
        entries += own
        missing.append(-1 if category.gap is None else len(entries))
        if category.gap is not None:
            entries.append(category.gap)
            shifts.append(0.0)
    missed = totals.sum(axis=0)
    gappy = [at for at, c in enumerate(numeric) if c.gap is not None and missed[c.gap]]
    gaps = [c.gap for c in numeric if c.gap is not None and missed[c.gap]]
    layout = Layout(len(entries), np.array(gappy, int), np.array(shifts), stream.target.shift or 0)
    order = np.array([ONE, *entries, *gaps, TARGET])
    parts = [_moments(stream, k, layout, order, numeric) for k in range(stream.sums.n_blocks)]
    split = stream.split
    return StreamBlocks(
        numeric=tuple(c.name for c in numeric),
        categorical=tuple(c.name for c in categories),
        category_levels=tuple(tuple(sorted(c.entries)) for c in categories),
        levels=Levels(
            len(numeric),
            tuple(columns),
            tuple(missing),
            tuple(tuple(map(str, sorted(c.entries))) for c in categories),
        ),
        folds=tuple(parts[: split.n_fold_blocks]),
        test=tuple(part for part in parts[split.n_fold_blocks : -1] if part.total[0]),
        sample=parts[-1],
    )


def _moments(
    stream: Stream, block: int, layout: Layout, order: Integers, numeric: list[NumericColumn]
) -> Moments:
    """One block's sums in the layout's order, with the extremes of its columns."""
    total = stream.sums.totals()[block, order]
    # a 0/1 column's extremes follow from how often it is 1
    ones = total[layout.features] + layout.shift * total[0]
    low = np.append(np.where(ones < total[0], 0.0, 1.0), np.nan)
    high = np.append(np.where(ones > 0, 1.0, 0.0), np.nan)
    if block < stream.split.n_blocks:  # else the sampled rows, whose extremes nobody asks for
        for at, column in [*enumerate(numeric), (-1, stream.target)]:
            low[at], high[at] = column.range.block_low[block], column.range.block_high[block]
    cross = stream.sums.cross[block][np.ix_(order, order)]
    return Moments(layout, cross, total, low, high)


def _check(stream: Stream, totals: Floats) -> None:
    squares = np.diagonal(stream.sums.cross, axis1=1, axis2=2)[:, : stream.sums.size]
    for column in (stream.target, *stream.columns.values()):
        if isinstance(column, NumericColumn) and not np.isfinite(squares[:, column.entry]).all():
            raise DataError(f"the column {column.name!r} has a value too large to square: drop it")
    counts = totals[:-1, ONE]
    total = counts.sum()
    for column in stream.columns.values():
        if column.gap is not None and totals[:-1, column.gap].sum() == total:
            raise column_roles.no_value(column.name)
    split, roles = stream.split, stream.roles
    target = stream.target.range
    if total > 1 and target.low == target.high:
        raise column_roles.target_constant(roles.target_name, target.low, int(total))
    empty = np.flatnonzero(counts[: split.n_fold_blocks] == 0)
    if len(empty):
        what = f"groups in {roles.group!r}" if split.by_group else "rows"
        raise DataError(
            f"{split.key} is too much for this data: a fold has no row, as there are too few "
            f"{what} ({int(total)} rows that can be used)"
        )
