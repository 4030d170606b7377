"""Random draws from the observed values: incomplete columns in, complete out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from runner.imputer.reading import read_gaps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from runner.records import Floats

    Words = NDArray[np.uint64]

GOLDEN = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio, made odd


class RandomDonors(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Each missing value becomes a value that training rows have in that column, at random.

    The hot deck of Andridge & Little (2010) with one class for all rows: every observed value is
    drawn with the same probability 1/m, so that the filled values are distributed as the observed
    ones. What is drawn follows from the row and not from its position or company: the row's
    values, missing ones included, the seed and the column are hashed to 64 bits h, and the value
    at floor(m h / 2**64) of the m sorted values is taken. So rows of equal values draw equal
    values, in training and ever after, as do all rows that miss everything; another seed is
    another draw.

    Args:
        seed: not negative, below 2**64.
    """

    def __init__(self, *, seed: int) -> None:
        self.seed = seed

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keep the observed values of rows (n, p), each column's sorted."""
        del y
        values = read_gaps(self, X, reset=True)
        self.donors_: list[Floats] = [np.sort(column[~np.isnan(column)]) for column in values.T]
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Complete rows (n, p); a column without any observed value is filled with 0."""
        check_is_fitted(self)
        values = read_gaps(self, X, reset=False)
        missing = np.isnan(values)
        filled: Floats = values.copy()
        gappy = np.flatnonzero(missing.any(axis=1))
        rows = hash_rows(values[gappy], self.seed)
        for j, donors in enumerate(self.donors_):
            within = missing[gappy, j]
            filled[gappy[within], j] = _draw(donors, _mix(rows[within] ^ np.uint64(j + 1)))
        return filled


def hash_rows(values: Floats, seed: int) -> Words:
    """A word (n,) for the content of each row of (n, p), the same on every platform."""
    # -0.0 is 0.0, and every NaN is one
    words = np.where(np.isnan(values), np.nan, values + 0.0).astype(np.float64).view(np.uint64)
    rows = _mix(np.full(len(values), seed % 2**64, dtype=np.uint64))
    for column in words.T:
        rows = _mix(rows ^ column)
    return rows


def _draw(donors: Floats, words: Words) -> Floats:
    """A donor (n,) for each of the words (n,)."""
    if not len(donors):
        return np.zeros(len(words))
    share = (words >> np.uint64(11)) * 2.0**-53  # in [0, 1), as 53 bits are what a float holds
    return donors[(share * len(donors)).astype(np.int64)]


def _mix(words: Words) -> Words:
    """The next output of the generator SplitMix64 (Steele, Lea & Flood 2014) in each state."""
    mixed = words + np.uint64(GOLDEN)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
