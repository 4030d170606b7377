"""Rows' numbers or groups come in; the block that each row is in goes out, without the other rows.

A row's block depends on the seed and on its own number (or group) alone, so that it is the same
however the rows are batched, and whichever rows are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.randomness import derive_seed
from runner.records import Fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.records import Integers

    Words = NDArray[np.uint64]

TEST_BLOCKS = 20  # parts of the test rows, for intervals of their scores
BITS = 53  # of a hash, so that a share of 2**53 is an integer and a float


@dataclass(frozen=True)
class HashedSplit:
    """Blocks of rows by hash: those of the folds first, then TEST_BLOCKS of test rows.

    `test` and `validation` are shares of all rows. With a `validation` share there is one fold,
    block 0 trains it and block 1 validates; without, each of `folds` blocks validates once.
    """

    key: str  # the config key that named the split, for messages
    test: float | None
    folds: int
    validation: float | None = None
    by_group: bool = False

    @property
    def n_fold_blocks(self) -> int:
        """The blocks that the folds are made of."""
        return self.folds if self.validation is None else 2

    @property
    def n_blocks(self) -> int:
        """All blocks."""
        return self.n_fold_blocks + (TEST_BLOCKS if self.test is not None else 0)

    def fold_list(self) -> tuple[Fold, ...]:
        """The folds as unions of blocks."""
        if self.validation is not None:
            return (Fold(1, 0, (0,), (1,)),)
        blocks = range(self.folds)
        return tuple(
            Fold(k + 1, 0, tuple(b for b in blocks if b != k), validation=(k,)) for k in blocks
        )

    def blocks(
        self, keys: Words, seed: int, *, part_keys: Words | None = None
    ) -> NDArray[np.uint16]:
        """The block (n,) of each row.

        Args:
            keys: (n,) the rows' numbers or hashes of their groups.
            seed: of the run.
            part_keys: (n,) hashes of the rows' groups, where these are to stay in one part of the
                test rows; None: the same as `keys`.
        """
        fold_hash = splitmix64(keys ^ _salt(seed, "folds"))
        if self.validation is None:
            block = (fold_hash % np.uint64(self.folds)).astype(np.uint16)
        else:
            share = self.validation / (1 - (self.test or 0.0))
            block = _below(fold_hash, share).astype(np.uint16)
        if self.test is not None:
            test_hash = splitmix64(keys ^ _salt(seed, "test"))
            # the part comes from the low bits, which the share does not look at
            parting = test_hash if part_keys is None else splitmix64(part_keys)
            low = (parting & np.uint64(0x7FF)) * np.uint64(TEST_BLOCKS) >> np.uint64(11)
            part = (low + np.uint64(self.n_fold_blocks)).astype(np.uint16)
            block = np.where(_below(test_hash, self.test), part, block)
        return block


def splitmix64(words: Words) -> Words:
    """A hash of each word (Steele, Lea & Flood 2014), a bijection of the 64-bit integers."""
    x = words + np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def _salt(seed: int, purpose: str) -> np.uint64:
    """A random word for one purpose of the split."""
    word = np.array([derive_seed(seed, "split", purpose)], dtype=np.uint64)
    salt: np.uint64 = splitmix64(word)[0]
    return salt


def _below(words: Words, share: float) -> NDArray[np.bool_]:
    """Whether each hash is within the first `share` of its range."""
    below: NDArray[np.bool_] = (words >> np.uint64(64 - BITS)) < np.uint64(share * 2**BITS)
    return below


def row_keys(first: int, count: int) -> Words:
    """The numbers of consecutive rows."""
    return np.arange(first, first + count, dtype=np.uint64)


def number_keys(values: NDArray[np.float64]) -> Words:
    """A word per number, the same for equal numbers; NaN is one of them."""
    settled = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, and no -0.0
    return splitmix64(settled.view(np.uint64))


def order_by_block(block: NDArray[np.uint16], keep: NDArray[np.bool_] | None) -> Integers:
    """Positions of the rows to keep, those of a block together."""
    order: Integers = np.argsort(block, kind="stable")
    return order if keep is None else order[keep[order]]
