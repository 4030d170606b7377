"""A target is settled as its family wants it, or refused with what it holds and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from runner.config import validate_section
from runner.dataset.table import make_table, table_of
from runner.errors import DataError
from runner.family import targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Table


def labelled(values: list[Any]) -> Table:
    """A table whose target is read as labels."""
    frame = pd.DataFrame({"x": np.arange(float(len(values))), "y": values})
    given = {"name": "csv", "path": "any.csv", "target": "y"}
    return make_table(frame, validate_section("dataset", given), reads="labels")  # type: ignore[arg-type]


def numbers(values: Any, event: list[bool] | None = None) -> Table:  # noqa: ANN401 - an array
    """A table whose target is numbers."""
    features = pd.DataFrame({"x": np.arange(float(len(values)))})
    events = None if event is None else np.array(event)
    return table_of(features, np.array(values, dtype=float), event=events)


@pytest.mark.parametrize(
    ("values", "positive", "expected"),
    [
        ([0, 1, 1, 1], None, (0, 1)),
        ([False, True, True, True], None, (False, True)),
        ([-1, 1, 1, 1], None, (-1, 1)),
        (["no", "yes", "no", "no"], None, ("no", "yes")),
        (["good", "bad", "good", "good"], None, ("good", "bad")),
        (["a", "b", "a", "b"], None, ("a", "b")),
        ([1, 2, 1, 1], None, (1, 2)),
        ([1, 2, 2, 2], None, (2, 1)),
        ([0, 1, 1, 1], 0, (1, 0)),
        ([0, 1, 1, 1], "0", (1, 0)),
        ([False, True, True, True], 0, (True, False)),
        ([False, True, True, True], "false", (True, False)),
        (["no", "yes", "no", "no"], "no", ("yes", "no")),
        (["no", "yes", "no", "no"], False, ("yes", "no")),
        (["1", "x", "1", "x"], 1, ("x", "1")),
    ],
)
def test_two_classes(values: list[Any], positive: Any, expected: tuple[Any, Any]) -> None:  # noqa: ANN401
    """The positive label is 1: as asked, true or 1, or the rarer."""
    table = targets.two_classes(labelled(values), positive)
    assert expected == table.labels
    assert [type(label) for label in expected] == [type(label) for label in table.labels]
    assert [float(value == expected[1]) for value in values] == table.target.tolist()


def test_a_positive_label_must_be_one() -> None:
    """The labels are shown, and the nearest."""
    with pytest.raises(DataError) as told:
        targets.two_classes(labelled(["good", "bad"] * 3), "godo")
    said = "family.positive is 'godo', which is no label of the target; did you mean good?"
    assert f"{said} (labels: 'bad', 'good')" == str(told.value)


def test_more_than_two_labels_are_multinomial() -> None:
    """They are named with their rows, the most frequent first."""
    with pytest.raises(DataError) as told:
        targets.two_classes(labelled(["a", "c", "b", "c", "b", "c"]))
    assert "3 labels, 'c' (3 rows), 'b' (2 rows), 'a' (1 row)" in str(told.value)
    assert "family=multinomial" in str(told.value)


def test_a_quantity_is_gaussian() -> None:
    """Many numbers as labels are taken for a quantity, by both families of classes."""
    table = labelled([0.5 * row for row in range(30)])
    for settle in (targets.two_classes, targets.several_classes):
        with pytest.raises(DataError, match="family=gaussian"):
            settle(table)


def test_a_target_without_labels_is_refused() -> None:
    """What is no file's column has no labels."""
    with pytest.raises(DataError, match="3 different numbers, but family=binomial"):
        targets.two_classes(numbers([1, 2, 3]))


def test_several_classes() -> None:
    """Three labels with two rows each stay as they are; two are binomial; a lone row is named."""
    table = labelled(["a", "b", "c", "a", "b", "c"])
    assert targets.several_classes(table) is table
    with pytest.raises(DataError, match="family=binomial"):
        targets.several_classes(labelled(["a", "b", "a", "b"]))
    with pytest.raises(DataError, match=r"both train and be tested, 'c' \(1 row\): merge"):
        targets.several_classes(labelled(["a", "b", "a", "b", "c"]))


@pytest.mark.parametrize(
    ("settle", "values", "said"),
    [
        (targets.counts, [0, -2, 3, -1], "a negative count in 2 of 4 rows (the first: -2)"),
        (targets.amounts, [1, 0, 3, -1], "0 or negative in 2 of 4 rows (the first: 0)"),
        (targets.amounts, [1, 0, 3, -1], "family=poisson"),
        (targets.counts, [[1, 2], [3, 4]], "2 columns, but family=poisson predicts one"),
        (targets.several_targets, [1, 2], "dataset.target=[a,b]"),
    ],
)
def test_numbers_out_of_range(settle: Callable[[Table], Table], values: Any, said: str) -> None:  # noqa: ANN401
    """They are counted, with the first one and what to do."""
    with pytest.raises(DataError) as told:
        settle(numbers(values))
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("settle", "values"),
    [
        (targets.counts, [0, 1.5, 3]),
        (targets.amounts, [0.1, 2, 3]),
        (targets.several_targets, [[1, 2], [3, 4]]),
    ],
)
def test_numbers_in_range(settle: Callable[[Table], Table], values: Any) -> None:  # noqa: ANN401
    """They stay as they are, counts that are not whole too."""
    table = numbers(values)
    assert settle(table) is table


@pytest.mark.parametrize(
    ("values", "event", "said"),
    [
        ([1, 2, 3], None, "family=cox needs dataset.event"),
        ([1, 0, 3], [True, True, False], "0 or negative in 1 of 3 rows (the first: 0)"),
        ([1, 2, 3], [False] * 3, "dataset.event is 0 in all 3 rows"),
    ],
)
def test_times(values: list[float], event: list[bool] | None, said: str) -> None:
    """Times are positive, and one at least is an event's."""
    with pytest.raises(DataError) as told:
        targets.times(numbers(values, event))
    assert said in str(told.value)
    good = numbers([1, 2, 3], [True, False, False])
    assert targets.times(good) is good


def test_class_weights_are_scikit_learns() -> None:
    """Balanced and weights by label are those of compute_sample_weight, unnamed labels 1."""
    values = ["a", "b", "a", "c", "a", "b"]
    table = labelled(values)
    code, labels = table.target, table.labels
    assert pytest.approx(compute_sample_weight("balanced", values)) == targets.class_weight(
        code, labels, "balanced"
    )
    given = {"a": 0.5, "c": 4.0}
    expected = [given.get(value, 1.0) for value in values]
    assert expected == targets.class_weight(code, labels, given).tolist()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"aa": 2.0}, "family.class_weight names 'aa', which is no label"),
    ],
)
def test_class_weights_must_be_of_labels(asked: dict[str, float], said: str) -> None:
    """An unknown label is named."""
    with pytest.raises(DataError) as told:
        targets.class_weight(np.array([0.0, 1.0, 0.0, 1.0]), ["a", "b"], asked)
    assert said in str(told.value)
