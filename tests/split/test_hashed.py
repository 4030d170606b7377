"""Splits by hash: shares are of all rows, and equal keys are one, however they are spelt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runner.config import validate_section
from runner.errors import ConfigError
from runner.split.hashed import TEST_BLOCKS, HashedSplit, number_keys
from runner.split.splitters import Splitter

ROWS = np.arange(100_000, dtype=np.uint64)  # a share of them has a standard error below 0.0016


def hashed(name: str, **keys: Any) -> HashedSplit:  # noqa: ANN401 - any YAML value
    """What a split section is for rows that are not in memory."""
    spec = validate_section("split", {"name": name, **keys})
    assert isinstance(spec, Splitter)
    found = spec.by_hash()
    assert found is not None
    return found


@pytest.mark.parametrize("test", [None, 0.25])
@pytest.mark.parametrize("validation", [0.1, 0.4])
def test_holdout_shares_are_of_all_rows(validation: float, test: float | None) -> None:
    """The validation share is that of all rows, whether some of them are test rows or none."""
    split = hashed("holdout", validation=validation, test=test)
    block = split.blocks(ROWS, 0)
    assert (2 if test is None else 2 + TEST_BLOCKS) == split.n_blocks
    expected = [1 - validation - (test or 0.0), validation, test or 0.0]
    found = np.bincount(np.minimum(block, 2), minlength=3) / len(ROWS)
    np.testing.assert_allclose(found, expected, atol=0.008)
    (fold,) = split.fold_list()
    assert ((0,), (1,)) == (fold.training, fold.validation)


@pytest.mark.parametrize("test", [None, 0.25])
def test_kfold_without_test_rows_has_the_folds_alone(test: float | None) -> None:
    """Without a test share every row is in a fold's block, and the folds share them evenly."""
    split = hashed("kfold", folds=4, test=test)
    block = split.blocks(ROWS, 0)
    assert (4 if test is None else 4 + TEST_BLOCKS) == split.n_blocks
    shares = np.bincount(block, minlength=4)[:4] / len(ROWS)
    np.testing.assert_allclose(shares, (1 - (test or 0.0)) / 4, atol=0.008)
    sides = [(fold.number, fold.training, fold.validation) for fold in split.fold_list()]
    assert (2, (0, 2, 3), (1,)) == sides[1]
    assert [1, 2, 3, 4] == [number for number, *_ in sides]


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (0.25, 0.75), (0.7, 0.4)])
def test_shares_that_leave_nothing_to_train_on_are_refused(validation: float, test: float) -> None:
    """Validation and test shares of 1 together, or more, are an error that names the key."""
    with pytest.raises(ConfigError, match=rf"split\.validation is {validation}, which leaves no"):
        hashed("holdout", validation=validation, test=test)
    assert 0.49 == hashed("holdout", validation=0.49, test=0.5).validation
    assert 0.99 == hashed("holdout", validation=0.99, test=None).validation


@pytest.mark.parametrize("name", ["repeated", "time"])
def test_other_splits_need_the_rows(name: str) -> None:
    """What depends on all rows at once has no like by hash."""
    spec = validate_section("split", {"name": name})
    assert isinstance(spec, Splitter)
    assert spec.by_hash() is None


def test_equal_numbers_are_one_key() -> None:
    """0.0 and -0.0 are the same group, as is NaN of any bits; other numbers are their own."""
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    keys = number_keys(np.array([0.0, -0.0, np.nan, *odd, 1.0, -1.0, 5e-324]))
    assert keys[0] == keys[1]
    assert 1 == len(set(keys[2:5].tolist()))
    assert 5 == len(set(keys.tolist()))


def test_groups_are_whole_and_their_parts_too() -> None:
    """By group, all rows of a key are in one block; parts of test rows follow their own keys."""
    groups = np.random.default_rng(0).integers(0, 500, len(ROWS)).astype(np.float64)
    split = hashed("kfold", folds=3, test=0.3)
    block = split.blocks(ROWS, 0, part_keys=number_keys(groups))
    in_test = block >= 3
    assert 0.3 == pytest.approx(in_test.mean(), abs=0.008)
    parts = {(group, part) for group, part in zip(groups[in_test], block[in_test], strict=True)}
    assert 500 == len(parts)
    assert TEST_BLOCKS == len({part for _, part in parts})
