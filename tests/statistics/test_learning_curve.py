"""Blocks cut into parts, and the folds that are made of them."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runner.records import Fold
from runner.statistics.learning_curve import cut_blocks, folds_within, growing, in_turn

OUTER = Fold(number=2, partition=0, training=(0, 1, 2, 3), validation=(9,))


@given(
    block=st.lists(st.integers(-1, 3), min_size=1, max_size=60),
    parts=st.integers(1, 6),
    seed=st.integers(0, 9),
)
def test_parts_divide_blocks_evenly_in_order(block: list[int], parts: int, seed: int) -> None:
    """Each part lies in its block and has its share of rows, those of the smaller keys first."""
    blocks = np.array([0, *block])
    key = np.random.default_rng(seed).permutation(len(blocks))
    finer = cut_blocks(blocks, key, parts)
    np.testing.assert_array_equal(np.where(finer < 0, -1, finer // parts), blocks)
    for number in set(blocks.tolist()) - {-1}:
        rows = np.flatnonzero(blocks == number)
        part = finer[rows[np.argsort(key[rows])]] - number * parts
        assert (np.diff(part) >= 0).all()
        counts = np.bincount(part, minlength=parts)
        assert counts.max() - counts.min() <= 1


def test_rows_of_one_key_stay_together() -> None:
    """A group is not divided, whatever its size."""
    key = np.array([5, 5, 5, 5, 1, 1, 7, 7])
    finer = cut_blocks(np.zeros(8, dtype=int), key, 4)
    assert [1, 1, 1, 1, 0, 0, 3, 3] == finer.tolist()


def test_sizes_are_nested_and_end_with_all() -> None:
    """Fifths of ten parts; of four parts the four sizes that there are."""
    grown = growing(list(range(10, 0, -1)), 5)
    assert [2, 4, 6, 8, 10] == [len(parts) for parts in grown]
    assert (9, 10) == grown[0]
    assert all(set(a) < set(b) for a, b in itertools.pairwise(grown))
    assert [(0,), (0, 1), (0, 1, 2), (0, 1, 2, 3)] == growing([0, 1, 2, 3], 5)


def test_blocks_give_parts_in_turn() -> None:
    """The first of each come first, and blocks may differ in length."""
    assert [0, 10, 1, 11, 2] == in_turn([[0, 1, 2], [10, 11]])
    assert [] == in_turn([])


def test_inner_folds_leave_each_group_out() -> None:
    """The others train, or those before in order of time; the outer rows are in neither."""
    groups = [[0], [1, 2], [3]]
    sides = [(f.training, f.validation) for f in folds_within(OUTER, groups, ordered=False)]
    assert [((1, 2, 3), (0,)), ((0, 3), (1, 2)), ((0, 1, 2), (3,))] == sides
    sides = [(f.training, f.validation) for f in folds_within(OUTER, groups, ordered=True)]
    assert [((0,), (1, 2)), ((0, 1, 2), (3,))] == sides
    assert [] == folds_within(OUTER, [[0]], ordered=False)
