"""Splits: whatever the rows, folds divide them as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runner.config import validate_section
from runner.dataset.table import table_of
from runner.errors import ConfigError, DataError
from runner.split.splitters import Splitter

if TYPE_CHECKING:
    from runner.records import Integers, Split, Table

seeds = st.integers(0, 2**31)
shares = st.none() | st.floats(0.05, 0.5)


def splitter(name: str, **keys: Any) -> Splitter:  # noqa: ANN401 - any YAML value
    """Validate a split section."""
    spec = validate_section("split", {"name": name, **keys})
    assert isinstance(spec, Splitter)
    return spec


def table(rows: int, *, time: Integers | None = None, group: Integers | None = None) -> Table:
    """Make rows that differ in nothing but their roles."""
    frame = pd.DataFrame({"a": np.arange(rows, dtype=float)})
    return table_of(frame, np.zeros(rows), time=time, group=group)


def check(made: Split, rows: int) -> None:
    """Assert what holds of every split: sides apart, rows in order, none lost."""
    assert list(range(rows)) == sorted([*made.train, *made.test])
    for part in (made.train, made.test):
        assert sorted(part) == list(part)
    assert list(range(1, len(made.folds) + 1)) == [fold.number for fold in made.folds]
    for fold in made.folds:
        training, validation = made.sides(fold)
        assert min(len(training), len(validation)) > 0
        assert not set(training) & set(validation)
        assert {*training, *validation} <= set(made.train)
        assert sorted(training) == list(training)
        assert sorted(validation) == list(validation)


@given(rows=st.integers(12, 80), folds=st.integers(2, 6), test=shares, seed=seeds)
def test_kfold_partitions_the_training_rows(
    rows: int, folds: int, test: float | None, seed: int
) -> None:
    """Every training row is validated once, and trains in all other folds."""
    made = splitter("kfold", folds=folds, test=test).split(table(rows), seed)
    check(made, rows)
    sides = [made.sides(fold) for fold in made.folds]
    assert folds == len(sides)
    assert list(made.train) == sorted(np.concatenate([validation for _, validation in sides]))
    assert {len(made.train)} == {len(t) + len(v) for t, v in sides}
    sizes = [len(validation) for _, validation in sides]
    assert max(sizes) - min(sizes) <= 1


@given(rows=st.integers(12, 60), repeats=st.integers(2, 4), seed=seeds)
def test_repeats_are_partitions_of_their_own(rows: int, repeats: int, seed: int) -> None:
    """Each repeat validates every training row once, the first as k-fold does."""
    made = splitter("repeated", folds=3, repeats=repeats).split(table(rows), seed)
    check(made, rows)
    assert 3 * repeats == len(made.folds)
    for repeat in range(repeats):
        sides = [made.sides(fold)[1] for fold in made.folds[3 * repeat : 3 * repeat + 3]]
        assert list(made.train) == sorted(np.concatenate(sides))
    once = splitter("kfold", folds=3).split(table(rows), seed)
    np.testing.assert_array_equal(once.partitions[0], made.partitions[0])


def test_repeats_differ() -> None:
    """Two repeats have other folds."""
    made = splitter("repeated", folds=3, repeats=2).split(table(50), 0)
    assert not np.array_equal(made.partitions[0], made.partitions[1])


@given(rows=st.integers(10, 80), validation=st.floats(0.05, 0.4), test=shares, seed=seeds)
def test_holdout_has_one_validation_share(
    rows: int, validation: float, test: float | None, seed: int
) -> None:
    """One fold, whose validation side is the share of all rows that was asked for."""
    made = splitter("holdout", validation=validation, test=test).split(table(rows), seed)
    check(made, rows)
    (fold,) = made.folds
    training, held_out = made.sides(fold)
    assert max(1, round(validation * rows)) == len(held_out)
    assert len(made.train) == len(training) + len(held_out)


@given(sizes=st.lists(st.integers(1, 9), min_size=8, max_size=20), test=shares, seed=seeds)
def test_groups_stay_together(sizes: list[int], test: float | None, seed: int) -> None:
    """No group is on two sides of anything."""
    group = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    assume(test is None or len(group) * (1 - test) > max(sizes) * 4)
    made = splitter("grouped", folds=3, test=test).split(table(len(group), group=group), seed)
    check(made, len(group))
    assert not set(group[made.train]) & set(group[made.test])
    for fold in made.folds:
        training, validation = made.sides(fold)
        assert not set(group[training]) & set(group[validation])
    held_out = np.concatenate([made.sides(fold)[1] for fold in made.folds])
    assert list(made.train) == sorted(held_out)


@given(seed=seeds)
def test_same_seed_same_folds(seed: int) -> None:
    """Folds follow from the seed; another seed gives others."""
    first, second, other = (
        splitter("kfold").split(table(60), number) for number in (seed, seed, seed + 1)
    )
    np.testing.assert_array_equal(first.train, second.train)
    np.testing.assert_array_equal(first.partitions[0], second.partitions[0])
    assert not np.array_equal(first.partitions[0], other.partitions[0])


def test_folds_do_not_depend_on_what_else_is_asked() -> None:
    """The test rows are the same whatever the number and the kind of the folds."""
    kinds = [
        splitter("kfold", folds=3), splitter("kfold", folds=7),
        splitter("repeated", repeats=2), splitter("holdout"),
    ]  # fmt: skip
    tests = {tuple(kind.split(table(50), 4).test) for kind in kinds}
    assert 1 == len(tests)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_the_test_share_is_kept(share: float) -> None:
    """The share of test rows is the one asked for; null means none."""
    assert round(share * 40) == len(splitter("kfold", test=share).split(table(40), 0).test)
    assert 0 == len(splitter("kfold", test=None).split(table(40), 0).test)


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ({"name": "kfold", "folds": 9}, 8),
        ({"name": "repeated", "folds": 9}, 8),
        ({"name": "holdout", "validation": 0.9}, 10),
        ({"name": "holdout"}, 1),
        ({"name": "kfold", "test": 0.95}, 10),
    ],
)
def test_too_few_rows_are_refused(keys: dict[str, Any], rows: int) -> None:
    """Fewer training rows than folds need are an error that names the key."""
    with pytest.raises(DataError, match=r"split\."):
        splitter(**keys).split(table(rows), 0)


@pytest.mark.parametrize("name", ["time", "grouped"])
def test_roles_are_needed(name: str) -> None:
    """A split in time needs times, one by groups needs groups."""
    with pytest.raises(DataError, match=f"split={name} needs dataset"):
        splitter(name).split(table(20), 0)


def test_test_rows_leave_groups_to_train_on() -> None:
    """Groups so large that the test takes them all are refused by name."""
    with pytest.raises(DataError, match=r"split\."):
        splitter("grouped", folds=2, test=0.9).split(table(4, group=np.array([0, 0, 1, 1])), 0)


@pytest.mark.parametrize(("share", "expected"), [(0.25, 15), (0.26, 18), (0.3, 18), (0.01, 3)])
def test_groups_fill_the_test_share(share: float, expected: int) -> None:
    """The test takes whole groups until it has its share, and no group more."""
    group = np.repeat(np.arange(20), 3)
    made = splitter("grouped", folds=3, test=share).split(table(60, group=group), 0)
    assert expected == len(made.test)


@pytest.mark.parametrize("name", ["kfold", "grouped"])
def test_as_many_folds_as_there_are_to_hold_out(name: str) -> None:
    """Each row, or each group, may be a fold of its own; a fold more is refused."""
    group = np.array([3, 5, 8, 9])
    made = splitter(name, folds=4, test=None).split(table(4, group=group), 0)
    assert [0, 1, 2, 3] == sorted(int(made.sides(fold)[1][0]) for fold in made.folds)
    assert [1, 2, 3, 4] == [fold.number for fold in made.folds]
    with pytest.raises(DataError, match=r"split\.folds is 5, but there are only 4"):
        splitter(name, folds=5, test=None).split(table(4, group=group), 0)


@pytest.mark.parametrize("name", ["kfold", "repeated", "grouped"])
def test_one_fold_is_no_cross_validation(name: str) -> None:
    """A single fold would leave nothing to train on, and is refused with the key."""
    with pytest.raises(ConfigError, match=r"split\.folds"):
        splitter(name, folds=1)
    made = splitter(name, folds=2, test=None).split(table(9, group=np.arange(9)), 0)
    assert {1, 2} <= {fold.number for fold in made.folds}


def test_a_small_share_is_at_least_one_row() -> None:
    """However small the shares, there is a test row and a validation row."""
    made = splitter("kfold", folds=2, test=0.01).split(table(30), 0)
    assert 1 == len(made.test)
    held = splitter("holdout", validation=0.01, test=None).split(table(30), 0)
    assert 1 == len(held.sides(held.folds[0])[1])


def test_validation_of_all_that_is_left_is_refused() -> None:
    """Where test and validation rows are all there are, there is none to train on; one will do."""
    with pytest.raises(DataError, match=r"split\.validation is 0\.5, which leaves no row"):
        splitter("holdout", validation=0.5, test=0.5).split(table(10), 0)
    made = splitter("holdout", validation=0.4, test=0.5).split(table(10), 0)
    assert [1, 4] == [len(side) for side in made.sides(made.folds[0])]


@given(st.integers(4, 80), st.integers(1, 20), seeds)
def test_rows_are_cut_into_equal_blocks(rows: int, count: int, seed: int) -> None:
    """Blocks differ by a row at the most, and there are no more of them than rows."""
    block = splitter("kfold", test=None).cut(table(rows), np.arange(rows), count, seed)
    sizes = np.bincount(block)
    assert min(count, rows) == len(sizes)
    assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize(("count", "blocks"), [(4, 4), (50, 12), (1, 1)])
def test_groups_are_not_cut(count: int, blocks: int) -> None:
    """All rows of a group are in one block, and there are no more blocks than groups."""
    group = np.arange(60) % 12
    made = table(60, group=group)
    block = splitter("grouped", test=None).cut(made, np.arange(60), count, 0)
    assert blocks == len(np.unique(block))
    assert 12 == len({*zip(group.tolist(), block.tolist(), strict=True)})
