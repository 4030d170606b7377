"""Folds within the training side of a fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.config import validate_section
from runner.core.folds import inner_folds
from runner.dataset.table import table_of

if TYPE_CHECKING:
    from runner.records import Split

ROWS = 60


def split_by(name: str, **keys: Any) -> Split:  # noqa: ANN401 - any YAML value
    """Divide 60 rows, in order of time and in 12 groups."""
    rows = np.arange(ROWS)
    frame = pd.DataFrame({"a": rows.astype(float)})
    table = table_of(frame, np.zeros(ROWS), time=rows, group=rows % 12)
    spec: Any = validate_section("split", {"name": name, "test": None, **keys})
    made: Split = spec.split(table, 0)
    return made


@pytest.mark.parametrize(("name", "count"), [("kfold", 5), ("grouped", 5), ("repeated", 15)])
def test_the_other_folds_without_the_outer_block(name: str, count: int) -> None:
    """Of k folds each other one validates its own block, and trains on all but both."""
    made = split_by(name)
    assert count == len(made.folds)
    for outer in made.folds:
        training, validation = map(set, made.sides(outer))
        inner = [tuple(map(set, made.sides(fold))) for fold in inner_folds(made.folds, outer)]
        assert 4 == len(inner)
        assert training == set.union(*(validated for _, validated in inner))
        assert len(training) == sum(len(validated) for _, validated in inner)
        assert all(trained == training - validated for trained, validated in inner)
        assert not any(trained & validation for trained, _ in inner)


def test_in_order_of_time_they_lie_before() -> None:
    """The first fold has none within; fold 4 has three, each trained on rows before its own."""
    made = split_by("time", folds=4, gap=0)
    assert [0, 1, 2, 3] == [len(inner_folds(made.folds, outer)) for outer in made.folds]
    for fold in inner_folds(made.folds, made.folds[3]):
        training, validation = made.sides(fold)
        assert training.max() < validation.min()
        assert validation.max() < made.sides(made.folds[3])[1].min()


def test_a_gap_before_the_outer_rows_is_in_no_inner_fold() -> None:
    """The rows of the gap, which the outer fold does not train on, validate nothing either."""
    made = split_by("time", folds=4, gap=5)
    outer = made.folds[3]
    training, validation = made.sides(outer)
    seen = np.concatenate([side for f in inner_folds(made.folds, outer) for side in made.sides(f)])
    assert 5 == validation.min() - training.max() - 1
    assert set(seen) <= set(training)


@pytest.mark.parametrize(("name", "keys"), [("holdout", {}), ("kfold", {"folds": 2})])
def test_there_may_be_none(name: str, keys: dict[str, int]) -> None:
    """One block to train on leaves nothing to validate with."""
    made = split_by(name, **keys)
    assert [()] * len(made.folds) == [inner_folds(made.folds, outer) for outer in made.folds]
