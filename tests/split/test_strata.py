"""Folds share out classes and events, as far as they can, and say where they cannot."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.config import validate_section
from runner.dataset.table import table_of
from runner.errors import DataError
from runner.records import Fold, Split
from runner.split.splitters import Splitter
from runner.split.strata import check_strata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Integers, Table

# digests of the blocks that these splits gave before any knew strata
AS_EVER: dict[str, tuple[dict[str, int], str]] = {
    "kfold": ({"folds": 5}, "7ce6f29114701516"),
    "repeated": ({"folds": 3, "repeats": 2}, "0976def3fb25a4d1"),
    "holdout": ({}, "6bdbe00d599c4a47"),
    "grouped": ({"folds": 4}, "89bb8f07108c73ac"),
    "time": ({"folds": 3}, "2f618a3ecfa7e650"),
}


def splitter(name: str, **keys: Any) -> Splitter:  # noqa: ANN401 - any YAML value
    """Validate a split section."""
    spec = validate_section("split", {"name": name, **keys})
    assert isinstance(spec, Splitter)
    return spec


def table(rows: int, **roles: Integers) -> Table:
    """Make rows that differ in nothing but their roles."""
    frame = pd.DataFrame({"a": np.arange(rows, dtype=float)})
    return table_of(frame, np.zeros(rows), **roles)  # type: ignore[arg-type]


@st.composite
def strata(draw: st.DrawFn) -> Integers:
    """Codes of 20 to 80 rows in some classes, of any sizes."""
    sizes = draw(st.lists(st.integers(4, 20), min_size=2, max_size=4).filter(lambda s: sum(s) > 19))
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(sum(sizes))
    return np.repeat(np.arange(len(sizes)), sizes)[order]


@pytest.mark.parametrize("name", AS_EVER)
def test_without_strata_folds_are_as_ever(name: str) -> None:
    """Who has no classes has the same folds as before splits knew of them."""
    keys, expected = AS_EVER[name]
    rows = table(60, group=np.arange(60) // 4, time=np.arange(60))
    made = splitter(name, **keys).split(rows, 7)
    parts = (made.train, made.test, *made.partitions)
    digest = hashlib.sha256(b"".join(part.astype(np.int64).tobytes() for part in parts))
    assert expected == digest.hexdigest()[:16]


@given(codes=strata(), folds=st.integers(2, 5), share=st.none() | st.floats(0.1, 0.5))
def test_each_fold_has_its_share_of_each_class(
    codes: Integers, folds: int, share: float | None
) -> None:
    """Of a class, folds differ by one row at most, and test rows by one from their share."""
    made = splitter("kfold", folds=folds, test=share).split(table(len(codes)), 1, codes)
    assert list(range(len(codes))) == sorted([*made.train, *made.test])
    n_test = 0 if share is None else round(share * len(codes))
    assert n_test == len(made.test)
    for code in np.unique(codes):
        sides = [made.sides(fold)[1] for fold in made.folds]
        of_class = [int((codes[side] == code).sum()) for side in sides]
        assert max(of_class) - min(of_class) <= 1
        fair = n_test * float((codes == code).mean())
        assert abs((codes[made.test] == code).sum() - fair) < 1
    sizes = [len(side) for side in sides]
    assert max(sizes) - min(sizes) <= 1


@given(codes=strata())
def test_repeats_and_holdout_share_classes_out(codes: Integers) -> None:
    """Each repeat has other folds with the same shares; so has the one validation side."""
    made = splitter("repeated", folds=2, repeats=2, test=None).split(table(len(codes)), 1, codes)
    assert (made.partitions[0] != made.partitions[1]).any()
    held = splitter("holdout", validation=0.25, test=None).split(table(len(codes)), 1, codes)
    for code in np.unique(codes):
        for partition in made.partitions:
            first = int((codes[partition == 0] == code).sum())
            assert abs(2 * first - (codes == code).sum()) <= 1
        validation = held.sides(held.folds[0])[1]
        fair = len(validation) * float((codes == code).mean())
        assert abs((codes[validation] == code).sum() - fair) < 1


def test_seeds_draw_other_rows_of_a_class() -> None:
    """Which rows of a class are together is drawn, by the seed."""
    codes = np.arange(60) % 3
    made = [splitter("kfold", folds=3).split(table(60), seed, codes) for seed in (1, 1, 2)]
    assert (made[0].test == made[1].test).all()
    assert (made[0].partitions[0] == made[1].partitions[0]).all()
    assert set(made[0].test) != set(made[2].test)
    assert any((made[0].partitions[0] != made[2].partitions[0]).tolist())


def test_groups_stay_together_and_share_classes_out() -> None:
    """Of groups of one class each, every fold has its share, which plain groups do not give."""
    group = np.repeat(np.arange(40), 5)
    codes = (group % 8 == 0).astype(np.int64)  # five groups of the rare class
    rows = table(200, group=group)
    made = splitter("grouped", folds=4, test=0.2).split(rows, 3, codes)
    for fold in made.folds:
        training, validation = made.sides(fold)
        assert not set(group[training]) & set(group[validation])
        assert (5, 40) == (codes[validation].sum(), len(validation))
    assert not set(group[made.train]) & set(group[made.test])
    assert (5, 40) == (codes[made.test].sum(), len(made.test))


def in_blocks(block: Sequence[int], test: int = 0) -> Split:
    """A k-fold split of rows in these blocks, and test rows after them."""
    blocks = sorted(set(block))
    rows = np.arange(len(block))
    folds = [Fold(k + 1, 0, tuple(b for b in blocks if b != k), (k,)) for k in blocks]
    return Split(rows, np.arange(test) + len(rows), (np.array(block),), tuple(folds))


def test_classes_in_all_sides_need_no_word() -> None:
    """Nothing is said where each side has each class, or an event."""
    codes = np.array([0, 1, 1, 0, 0, 1, 0, 1])
    split = in_blocks([0, 0, 1, 1, 2, 2], test=2)
    assert [] == check_strata(split, codes, ["no", "yes"])
    assert [] == check_strata(split, codes, ())


def test_a_class_with_fewer_rows_than_folds_is_refused() -> None:
    """The error counts them, and says how many folds they do for."""
    codes = np.array([0, 0, 0, 0, 1, 1])
    with pytest.raises(DataError) as told:
        check_strata(in_blocks([0, 1, 2, 0, 0, 1]), codes, ["no", "yes"])
    assert str(told.value) == (
        "split.folds is 3, but the training rows have only 2 rows of the class 'yes': choose "
        "split.folds=2, or merge the class with another"
    )
    with pytest.raises(DataError, match=r"only 2 events: choose split\.folds=2"):
        check_strata(in_blocks([0, 1, 2, 0, 0, 1]), codes, ())


def test_few_censored_rows_are_no_matter() -> None:
    """Only events must be on each side."""
    assert [] == check_strata(in_blocks([0, 1, 2, 0, 1, 2]), np.array([1, 1, 1, 0, 1, 1]), ())


def test_a_training_side_without_a_class_is_refused() -> None:
    """A split in time trains its first fold on the first rows, whatever is in them."""
    codes = np.r_[np.zeros(20, int), np.tile([0, 1], 20)]
    rows = table(60, time=np.arange(60))
    made = splitter("time", folds=3, test=None).split(rows, 0, codes)
    with pytest.raises(DataError) as told:
        check_strata(made, codes, ["no", "yes"])
    assert "the training side of fold 1 has no row of the class 'yes', of 20 in all" in str(
        told.value
    )
    assert "split=kfold" in str(told.value)
    with pytest.raises(DataError, match="training side of fold 1 has no event, of 20 in all"):
        check_strata(made, codes, ())


def test_sides_that_score_without_a_class_are_told() -> None:
    """A validation side without a class, and such test rows, are one finding with the folds."""
    codes = np.array([0, 1, 0, 1, 1, 0, 1, 0, 0, 0])
    (finding,) = check_strata(in_blocks([0, 0, 0, 0, 1, 1, 1, 2], test=2), codes, ["no", "yes"])
    assert "EN203" == finding.code
    assert finding.message == (
        "there is no row of the class 'yes' in the validation side of fold 3 and the test rows"
    )
