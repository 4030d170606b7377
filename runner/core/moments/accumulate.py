"""Rows come in by the batch; the sums of products that every later answer needs go out.

Per row, with x the p features, y the target and w the weight,

    a = [1, z, m, y - y_shift]      z = x - shift, 0 where x is missing
                                    m = 1 where x is missing, for the gappy columns only

and the moments of a set of rows are sum(w a a'), sum(a) and each column's least and greatest
value. They add, so batches, folds and partitions are merged without their rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import blas

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True, eq=False)
class Layout:
    """What the entries of a row `a` are; the same for all moments that are to be merged.

    The nearer the shift is to the columns' means, the fewer digits are lost to cancellation.
    """

    n_features: int
    gappy: Integers  # (g,), ascending: the columns with a missing value anywhere
    shift: Floats  # (p,), in the features' units
    y_shift: float

    @property
    def size(self) -> int:
        """The length d = 1 + p + g + 1 of a row `a`."""
        return 2 + self.n_features + len(self.gappy)

    @property
    def features(self) -> slice:
        """Where z stands in `a`."""
        return slice(1, 1 + self.n_features)

    @property
    def missing(self) -> slice:
        """Where m stands in `a`, in the order of `gappy`."""
        return slice(1 + self.n_features, self.size - 1)

    def matches(self, other: Layout) -> bool:
        """Whether moments of the two layouts may be merged."""
        return self is other or (
            self.n_features == other.n_features
            and self.y_shift == other.y_shift
            and np.array_equal(self.gappy, other.gappy)
            and np.array_equal(self.shift, other.shift)
        )


@dataclass(frozen=True, eq=False)
class Moments:
    """The sums of a set of rows of positive weight."""

    layout: Layout
    cross: Floats  # (d, d), sum of w a a'
    total: Floats  # (d,), sum of a, unweighted: total[0] is the number of rows
    low: Floats  # (p + 1,), least observed value per feature, then of y; NaN if none
    high: Floats  # (p + 1,), greatest

    @classmethod
    def of(cls, X: Floats, y: Floats, weight: Floats | None, layout: Layout) -> Moments:
        """Take the moments of one batch of rows.

        Args:
            X: (n, p), NaN where missing; row-major or column-major, read without a full copy.
            y: (n,), without NaN in rows of positive weight.
            weight: (n,), not negative, or None for all 1; rows of weight 0 count for nothing.
            layout: what the entries of `a` are.

        Raises:
            DataError: A value is infinite, or missing in a column that is not gappy.
        """
        weight = _unless_alike(weight)
        sums = _Sums(layout)
        for rows in _pieces(weight, len(y), _piece_rows(layout)):
            sums.add(X, y, weight, rows)
        return sums.moments(weighted=weight is not None)


def choose_layout(
    X: Floats, y: Floats, gappy: Sequence[int] | Integers, *, sample_rows: int = 1024
) -> Layout:
    """Lay out `a`, shifted by the observed means of rows taken evenly from the first batch.

    Evenly, so that data in order of time or of size is not shifted by its beginning alone. The
    mean is taken about an observed value, which makes a constant column's shift exact.

    Args:
        X: (n, p), NaN where missing.
        y: (n,); NaN is passed over.
        gappy: The columns with a missing value in any batch.
        sample_rows: How many rows the means are taken from, at most.
    """
    step = max(1, len(y) // sample_rows)
    shift = _observed_means(X[::step])
    for column in np.flatnonzero(np.isnan(shift)):
        shift[column] = _observed_means(X[:, [column]])[0]
    y_shift = _observed_means(y[::step, None])[0]
    return Layout(
        n_features=X.shape[1],
        gappy=np.unique(np.asarray(gappy, dtype=np.int64)),
        shift=np.nan_to_num(shift),
        y_shift=float(np.nan_to_num(y_shift)),
    )


def moments_by_block(  # noqa: PLR0913, PLR0917 - the rows' four arrays, and how to divide them
    X: Floats,
    y: Floats,
    weight: Floats | None,
    block: Integers,
    n_blocks: int,
    layout: Layout,
) -> list[Moments]:
    """Take the moments of each block of rows, reading every row once.

    Args:
        X: (n, p), as in `Moments.of`, like y, weight and layout.
        y: (n,).
        weight: (n,) or None.
        block: (n,), the block that a row is in; a row whose block is negative is in none.
        n_blocks: The number of blocks, k; a block without rows has zero moments.
        layout: what the entries of `a` are.

    Raises:
        DataError: As in `Moments.of`.
    """
    weight = _unless_alike(weight)
    sums = [_Sums(layout) for _ in range(n_blocks)]
    label = block if weight is None else np.where(weight > 0, block, -1)
    # a chunk has rows enough for each of its pieces to fill the buffer
    chunk = _piece_rows(layout) * max(1, n_blocks)
    for start in range(0, len(y), chunk):
        here = label[start : start + chunk]
        rows = start + np.argsort(here, kind="stable")
        bounds = np.searchsorted(label[rows], np.arange(n_blocks + 1))
        for index in range(n_blocks):
            piece = rows[bounds[index] : bounds[index + 1]]
            for begin in range(0, len(piece), _piece_rows(layout)):
                sums[index].add(X, y, weight, piece[begin : begin + _piece_rows(layout)])
    return [one.moments(weighted=weight is not None) for one in sums]


def merge(moments: Iterable[Moments]) -> Moments:
    """Add moments of disjoint sets of rows.

    Raises:
        ValueError: There are none, or their layouts differ.
    """
    parts = list(moments)
    if not parts:
        raise ValueError("merge got no moments, but needs at least one")
    first = parts[0]
    if not all(first.layout.matches(part.layout) for part in parts):
        raise ValueError("merge got moments of different layouts; give all batches the same one")
    if len(parts) == 1:
        return first
    cross = parts[0].cross + parts[1].cross
    for part in parts[2:]:
        cross += part.cross
    return Moments(
        layout=first.layout,
        cross=cross,
        total=np.sum([part.total for part in parts], axis=0),
        low=np.fmin.reduce([part.low for part in parts]),
        high=np.fmax.reduce([part.high for part in parts]),
    )


def merge_drawn(moments: Sequence[Moments]) -> Moments:
    """Add moments of sets of rows of which some are there several times, as a bootstrap draws them.

    Raises:
        ValueError: As `merge`.
    """
    times = Counter(map(id, moments))
    once = {id(part): part for part in moments}
    return merge([_repeated(part, times[key]) for key, part in once.items()])


def _repeated(moments: Moments, times: int) -> Moments:
    """Those of the same rows so many times over."""
    if times == 1:
        return moments
    return replace(moments, cross=times * moments.cross, total=times * moments.total)


def merge_others(moments: Sequence[Moments]) -> list[Moments]:
    """For each of k >= 2 moments, merge all the others: the training side of every fold.

    Sums from the left and from the right take 3k additions instead of k(k - 2), and none of the
    subtractions that would cancel.
    """
    count = len(moments)
    left, right = [moments[0]], [moments[-1]]
    for index in range(1, count - 1):
        left.append(merge([left[-1], moments[index]]))
        right.append(merge([right[-1], moments[count - 1 - index]]))
    inner = [merge([left[i - 1], right[count - 2 - i]]) for i in range(1, count - 1)]
    return [right[-1], *inner, left[-1]]


class _Sums:
    """Moments while they are being added up, in place."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.cross = np.zeros((layout.size, layout.size), order="F")
        self.total = np.zeros(layout.size)
        # one buffer for all pieces, as fresh pages cost about as much as filling them
        self.buffer = np.empty(0)
        self.low = np.full(layout.n_features + 1, np.nan)
        self.high = np.full(layout.n_features + 1, np.nan)

    def add(self, X: Floats, y: Floats, weight: Floats | None, rows: slice | Integers) -> None:
        """Add the rows `a` of one piece, which fits in the cache: cross += A' diag(w) A."""
        features, target = _taken(X, rows), y[rows]
        self.low = np.fmin(self.low, _extreme(np.fmin, features, target))
        self.high = np.fmax(self.high, _extreme(np.fmax, features, target))
        entries = len(target) * self.layout.size
        if len(self.buffer) < entries:
            self.buffer = np.empty(entries)
        A = self.buffer[:entries].reshape(
            (len(target), self.layout.size), order="F" if _by_column(features) else "C"
        )
        # what is infinite or too large is reported with its column at the end
        with np.errstate(invalid="ignore", over="ignore"):
            _write_rows(A, features, target, self.layout)
            if weight is not None:
                self.total += A.sum(axis=0)
                A *= np.sqrt(weight[rows])[:, None]
        # dsyrk wants columns: a row-major A is the transpose of a column-major one
        by_column = A.flags.f_contiguous
        self.cross = blas.dsyrk(
            1.0,
            A if by_column else A.T,
            beta=1.0,
            c=self.cross,
            trans=1 if by_column else 0,
            overwrite_c=1,
        )

    def moments(self, *, weighted: bool) -> Moments:
        """Mirror the triangle that was summed, and look for what cannot be used."""
        cross = np.triu(self.cross)
        cross += np.triu(self.cross, 1).T
        # of unweighted rows the first one of the cross products is the total
        total = self.total if weighted else cross[0].copy()
        _check(self.layout, np.isfinite(total) & np.isfinite(np.diagonal(cross)))
        return Moments(self.layout, cross, total, self.low, self.high)


def _write_rows(A: Floats, features: Floats, target: Floats, layout: Layout) -> None:
    """Write the rows `a` into A, (r, d)."""
    A[:, 0] = 1.0
    z, m = A[:, layout.features], A[:, layout.missing]
    np.subtract(features, layout.shift, out=z)
    np.subtract(target, layout.y_shift, out=A[:, -1])
    if len(layout.gappy) == layout.n_features:
        absent = np.isnan(features)
        np.copyto(z, 0.0, where=absent)
        m[...] = absent
    elif len(layout.gappy):
        some = z[:, layout.gappy]
        absent = np.isnan(some)
        np.copyto(some, 0.0, where=absent)
        z[:, layout.gappy] = some
        m[...] = absent


def _taken(X: Floats, rows: slice | Integers) -> Floats:
    """Some rows of X, (r, p), laid out in memory as X is."""
    if isinstance(rows, slice) or not _by_column(X):
        return X[rows]
    return X.T.take(rows, axis=1).T


def _by_column(features: Floats) -> bool:
    """Whether a column's values lie nearer to each other than a row's."""
    return features.strides[0] < features.strides[1]


def _extreme(pick: np.ufunc, features: Floats, target: Floats) -> Floats:
    """Reduce each column, then the target, to its least or greatest observed value."""
    extreme: Floats = np.append(pick.reduce(features, axis=0), pick.reduce(target))
    return extreme


def _observed_means(X: Floats) -> Floats:
    """Average what is observed in each column, about a value of it; NaN where nothing is."""
    if not len(X):
        return np.full(X.shape[1], np.nan)
    absent = np.isnan(X)
    about = X[absent.argmin(axis=0), np.arange(X.shape[1])]
    # what is infinite or too large is reported with its column when it is summed
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.where(absent, 0.0, X - about).sum(axis=0)
        mean: Floats = about + away / np.maximum(np.count_nonzero(~absent, axis=0), 1)
    return mean


def _unless_alike(weight: Floats | None) -> Floats | None:
    """Drop weights that are all 1, which saves a pass over the rows."""
    return None if weight is None or bool(np.all(weight == 1)) else weight


def _piece_rows(layout: Layout) -> int:
    """Rows whose `a` take about 512 KB, and more than d, so that the sum is not all overhead."""
    return max(512, layout.size, 2**16 // layout.size)


def _pieces(weight: Floats | None, n_rows: int, size: int) -> Iterator[slice | Integers]:
    """Cut the rows of positive weight into pieces."""
    if weight is None or bool(np.all(weight > 0)):
        yield from (slice(start, start + size) for start in range(0, n_rows, size))
        return
    kept = np.flatnonzero(weight > 0)
    yield from (kept[start : start + size] for start in range(0, len(kept), size))


def _check(layout: Layout, finite: Booleans) -> None:
    """Say which entry of `a` spoiled a sum of values or of squares, if any is not finite."""
    if finite.all():
        return
    entry = int(np.flatnonzero(~finite)[0])
    name = "the target" if entry == layout.size - 1 else f"feature column {entry - 1}"
    raise DataError(
        f"{name} has a value that is infinite or too large to square, or is missing one without "
        "being listed as gappy: clean or drop it"
    )
