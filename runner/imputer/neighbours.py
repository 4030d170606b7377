"""The mean of the nearest rows that have the value: incomplete columns in, complete out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from runner.imputer.reading import read_gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from runner.records import Booleans, Floats, Integers

    Singles = NDArray[np.float32]

CHUNK_BYTES = 2**26
BLOCK = 2000  # columns that distances are added up by
BLOCKS = 16  # for each candidate
CANCELLED = 1e-5  # of the squares that it is a difference of: fewer digits than 11 are left


class NearestRows(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The numbers of `KNNImputer(keep_empty_features=True)`, in less time and bounded memory.

    A missing value becomes the mean over the nearest training rows that observe the column, the
    distance of two rows being the root mean square of their differences in the coordinates that
    both observe (scikit-learn's nan_euclidean, but for a constant factor). Where no such row
    shares a coordinate, it becomes the column's mean; in a column without any training value, 0.

    Rows are completed in chunks that take about 64 MB, however many rows there are. Of each row,
    a few candidates are found once for all its gaps. A gap is filled from them if they tell the
    last neighbour from the one after it, else from a search among all training rows that observe
    the column, which breaks ties as scikit-learn does, by where numpy's argpartition leaves them;
    where rounding tells distances apart in the one and not in the other, ties break otherwise.

    Args:
        n_neighbors: how many training rows, or all that observe the column if there are fewer.
        weights: uniform, or the inverse of the distance; rows at distance 0 outweigh all others.
    """

    def __init__(
        self, *, n_neighbors: int = 5, weights: Literal["uniform", "distance"] = "uniform"
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keep rows (n, p), and no copy of them."""
        del y
        self.values_: Floats = read_gaps(self, X, reset=True)
        means = [_means(self.values_[:, block]) for block in _blocks(self.values_.shape[1])]
        self.mean_: Floats = np.concatenate(means)
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Complete rows (m, p), each from the rows kept alone."""
        check_is_fitted(self)
        values = read_gaps(self, X, reset=False)
        filled, wanted = values.copy(order="K"), np.isnan(values)
        for block in _blocks(values.shape[1]):
            np.copyto(filled[:, block], self.mean_[block], where=wanted[:, block])
            wanted[:, block] &= ~np.isnan(self.values_[:, block]).all(axis=0)
        rows = np.flatnonzero(wanted.any(axis=1))
        if rows.size:
            donors = Donors.of(self.values_)
            n, p = self.values_.shape
            for chunk in _chunks(rows, 32 * n):
                squares = donors.mean_squares(values, chunk)
                each = 96 * donors.candidates(self.n_neighbors) * p
                for part in _chunks(np.arange(len(chunk)), each):
                    self._fill(filled, values, wanted, chunk[part], squares[part], donors)
        return filled

    def _fill(  # noqa: PLR0913, PLR0917 - the rows in all their forms
        self,
        filled: Floats,
        values: Floats,
        wanted: Booleans,
        rows: Integers,
        squares: Floats,
        donors: Donors,
    ) -> None:
        """Complete `rows` (r,) of `filled` in place, `squares` (r, n) away from the donors."""
        gaps, columns = np.nonzero(wanted[rows])
        found, away, sure = donors.nearest(values[rows], squares, gaps, columns, self.n_neighbors)
        filled[rows[gaps[sure]], columns[sure]] = self._mean(donors, found, away, columns[sure])
        for column in np.unique(columns[~sure]):
            at = gaps[~sure & (columns == column)]
            found, away = donors.search(values[rows[at]], squares[at], column, self.n_neighbors)
            near = np.isfinite(away).any(axis=1)
            filled[rows[at[near]], column] = self._mean(donors, found[near], away[near], column)

    def _mean(
        self, donors: Donors, found: Integers, away: Floats, columns: Integers | int
    ) -> Floats:
        """The mean (c,) of a column's values in the rows `found` (c, k), `away` from the gap's."""
        if self.weights == "uniform":
            weight = np.isfinite(away).astype(np.float64)
        else:
            with np.errstate(divide="ignore"):
                weight = 1 / away
            same = np.isinf(weight)
            weight = np.where(same.any(axis=1, keepdims=True), same, weight)
        values = donors.values[found, np.reshape(columns, (-1, 1))]
        mean: Floats = np.sum(weight * values, axis=1) / weight.sum(axis=1)
        return mean


@dataclass(frozen=True)
class Donors:
    """Training rows, made ready for distances to them.

    With z the values less their column's centre, 0 where missing, and o 1 where observed, 0 where
    missing, rows a and b differ over the o_a'o_b coordinates that both observe by

        sum_j o_aj o_bj (z_aj - z_bj)^2 = (z_a^2)'o_b + o_a'(z_b^2) - 2 z_a'z_b
    """

    values: Floats  # (n, p), NaN where missing
    observed: Booleans  # (n, p)
    centre: Floats  # (p,)
    sizes: Floats  # (n,): z'z
    share: float  # of the values that are observed
    terms: tuple[Floats, Singles] | None  # of all columns, if these are one block

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Make rows (n, p) ready."""
        observed = ~np.isnan(values)
        centre, sizes = np.empty(values.shape[1]), np.zeros(len(values))
        for block in _blocks(values.shape[1]):
            centre[block] = _lower_median(values[:, block])
            z = np.where(observed[:, block], values[:, block] - centre[block], 0.0)
            sizes += np.einsum("ij,ij->i", z, z)
        terms = _terms(values, centre) if values.shape[1] <= BLOCK else None
        return cls(values, observed, centre, sizes, float(observed.mean()), terms)

    def mean_squares(self, values: Floats, rows: Integers) -> Floats:
        """Mean squared differences (r, n) of some rows of (m, p), inf where they share none."""
        squares = np.zeros((len(rows), len(self.values)))
        shared = np.zeros(squares.shape, dtype=np.float32)
        for block in _blocks(values.shape[1]):
            centre, own = self.centre[block], values[rows, block]
            terms, marks = self.terms or _terms(self.values[:, block], centre)
            observed = ~np.isnan(own)
            z = np.where(observed, own - centre, 0.0)
            squares += np.hstack([z**2, observed, -2 * z]) @ terms
            shared += observed.astype(np.float32) @ marks
        if shared.min() == 0:
            none = shared == 0
            squares[none], shared[none] = np.inf, 1
        squares /= shared
        return squares

    def nearest(
        self, rows: Floats, squares: Floats, gaps: Integers, columns: Integers, k: int
    ) -> tuple[Integers, Floats, Booleans]:
        """The k nearest donors of gaps, those (c,) for which the candidates settle them.

        Args:
            rows: (r, p).
            squares: (r, n), their mean squared differences.
            gaps: (g,), positions among the rows.
            columns: (g,), the column that is missing there.
            k: how many.

        Returns:
            The donors (c, k), their root mean squared differences (c, k), and which gaps, (g,).
        """
        candidates, whole = _smallest(squares, self.candidates(k))
        away = self._distances(rows, squares, candidates)
        order = np.argsort(away, axis=1, kind="stable")
        candidates = np.take_along_axis(candidates, order, axis=1)
        away = np.take_along_axis(away, order, axis=1)
        has = self.observed[candidates[gaps], columns[:, None]] & np.isfinite(away)[gaps]
        place = np.cumsum(has, axis=1, dtype=np.int32)
        last, after = (place >= k).argmax(axis=1), (place > k).argmax(axis=1)
        sure = whole[gaps] & (place[:, -1] > k) & (away[gaps, last] < away[gaps, after])
        chosen, at = (has & (place <= k))[sure], gaps[sure]
        return candidates[at][chosen].reshape(-1, k), away[at][chosen].reshape(-1, k), sure

    def search(self, rows: Floats, squares: Floats, column: int, k: int) -> tuple[Integers, Floats]:
        """The k nearest, (r, k), of all donors of a column, and their distances; see `nearest`."""
        donors = np.flatnonzero(self.observed[:, column])
        k = min(k, len(donors))
        among = np.maximum(squares[:, donors], 0)
        among[np.isinf(among)] = np.nan  # argpartition breaks ties otherwise where there is NaN
        found = donors[np.argpartition(among, k - 1, axis=1)[:, :k]]
        return found, self._distances(rows, squares, found)

    def candidates(self, k: int) -> int:
        """How many of the nearest rows nearly always have k + 1 among them that have a value."""
        wanted = (k + 1 + 3 * np.sqrt(k + 1)) / max(self.share, 0.25)
        return min(int(np.ceil(wanted)), len(self.values))

    def _distances(self, rows: Floats, squares: Floats, found: Integers) -> Floats:
        """Root mean squared differences (r, c) of rows (r, p) to donors `found` (r, c), inf at -1.

        Where the terms have cancelled, they are taken from the differences themselves, so that
        equal rows are at distance 0.
        """
        away = np.where(found >= 0, np.take_along_axis(squares, found, axis=1), np.inf)
        size = np.nansum((rows - self.centre) ** 2, axis=1)[:, None] + self.sizes[found]
        row, at = np.nonzero(away < CANCELLED * size)
        if row.size:
            apart = rows[row] - self.values[found[row, at]]
            shared = np.count_nonzero(~np.isnan(apart), axis=1)
            away[row, at] = np.nansum(apart**2, axis=1) / shared
        distances: Floats = np.sqrt(away)
        return distances


def _smallest(values: Floats, most: int) -> tuple[Integers, Booleans]:
    """Where the smallest of each row (r, n) are, (r, c), at least `most` of them.

    The `most` blocks with the smallest least values have as many values up to the largest of
    these: a bound that costs less than a partition of the row. Ties may put too many below it,
    then some are left out; the other rows (r,) are whole. A row that has fewer ends in -1.
    """
    r, n = values.shape
    size = max(1, n // (BLOCKS * most))
    blocks = n // size
    least = values[:, : blocks * size].reshape(r, size, blocks).min(axis=1)
    bound = np.partition(least, most - 1, axis=1)[:, most - 1]
    row, at = np.divmod(np.flatnonzero(values <= bound[:, None]), n)
    count = np.bincount(row, minlength=r)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    kept = place < 2 * most
    found = np.full((r, min(2 * most, int(count.max()))), -1)
    found[row[kept], place[kept]] = at[kept]
    return found, count <= 2 * most


def _terms(values: Floats, centre: Floats) -> tuple[Floats, Singles]:
    """Of some columns' values (n, c): o, z^2 and z, (3c, n), and o in single precision, (c, n).

    Counts are exact in that.
    """
    observed = ~np.isnan(values)
    z = np.where(observed, values - centre, 0.0)
    terms = np.ascontiguousarray(np.hstack([observed, z**2, z]).T)
    return terms, observed.T.astype(np.float32)


def _means(values: Floats) -> Floats:
    """The mean of each column's values (n, c), 0 where it has none."""
    seen = np.count_nonzero(~np.isnan(values), axis=0)
    means: Floats = np.nansum(values, axis=0) / np.maximum(seen, 1)
    return means


def _lower_median(values: Floats) -> Floats:
    """One of each column's values (n, c), which leaves whole numbers whole, and ties ties."""
    middle = (np.maximum(np.count_nonzero(~np.isnan(values), axis=0), 1) - 1) // 2
    ordered = np.sort(values, axis=0)  # NaN last
    median: Floats = np.nan_to_num(ordered[middle, np.arange(values.shape[1])])
    return median


def _blocks(count: int) -> Iterator[slice]:
    """Some of so many columns after the other."""
    return (slice(start, start + BLOCK) for start in range(0, count, BLOCK))


def _chunks(rows: Integers, each: int) -> Iterator[Integers]:
    """Some of the rows after the other, `each` of which takes so many bytes."""
    step = max(1, CHUNK_BYTES // each)
    return (rows[start : start + step] for start in range(0, len(rows), step))
