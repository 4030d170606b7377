"""A split in time: the past trains, what follows validates, and rows of one time are together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from runner.config import validate_section
from runner.dataset.table import table_of
from runner.errors import ConfigError, DataError
from runner.split.splitters import Splitter

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Integers, Split, Table

seeds = st.integers(0, 2**31)
shares = st.none() | st.floats(0.05, 0.5)


def splitter(**keys: Any) -> Splitter:  # noqa: ANN401 - any YAML value
    """Validate the section of a split in time."""
    spec = validate_section("split", {"name": "time", **keys})
    assert isinstance(spec, Splitter)
    return spec


def table(time: Integers) -> Table:
    """Make rows that differ in nothing but their times."""
    frame = pd.DataFrame({"a": np.arange(len(time), dtype=float)})
    return table_of(frame, np.zeros(len(time)), time=time)


def sides(made: Split) -> list[tuple[list[int], list[int]]]:
    """The training and the validation rows of each fold."""
    found = [made.sides(fold) for fold in made.folds]
    return [(training.tolist(), validation.tolist()) for training, validation in found]


def uneven_times(rows: int, levels: int, seed: int) -> Integers:
    """Times in no order, of which some have many rows and some have one."""
    rng = np.random.default_rng(seed)
    return np.asarray(np.floor(levels * rng.beta(0.7, 0.7, rows)), dtype=np.int64)


def time_at(time: Integers, share: float) -> int:
    """The one time before which at most that share of the rows is, and by whose end more is."""
    values, counts = np.unique(time, return_counts=True)
    return int(values[np.cumsum(counts) > share * len(time) + 1e-9][0])


def starts_of(time: Integers, folds: int, horizon: int | None) -> list[int]:
    """The first time of each validation block; with a horizon the latest with that many rows."""
    if horizon is None:
        return [time_at(time, k / (folds + 1)) for k in range(1, folds + 1)]
    return [
        max([t for t in time if np.sum(time >= t) >= k * horizon], default=int(time.min()))
        for k in range(folds, 0, -1)
    ]


def training_times(time: Integers, start: float, gap: int, window: int | None) -> set[int]:
    """The times before `start` with `gap` rows between; no more than a window's rows of them."""
    before = {int(t) for t in time if t < start and np.sum((time > t) & (time < start)) >= gap}
    if window is None:
        return before
    past = time[np.isin(time, [*before])]
    return {t for t in before if np.sum(past >= t) <= window}


def refused(
    time: Integers, folds: int, gap: int, window: int | None = None, horizon: int | None = None
) -> bool:
    """Whether training rows leave a fold without rows on either side."""
    starts = starts_of(time, folds, horizon)
    trains = all(training_times(time, start, gap, window) for start in starts)
    return len(set(starts)) < folds or not trains


@settings(max_examples=200)
@given(
    rows=st.integers(30, 90), levels=st.integers(8, 200), folds=st.integers(1, 5), seed=seeds,
    test=shares, gap=st.integers(0, 6), window=st.none() | st.integers(1, 40),
    horizon=st.none() | st.integers(1, 12),
)  # fmt: skip
def test_time_goes_on(  # noqa: PLR0913 - all that a split in time depends on
    *, rows: int, levels: int, folds: int, seed: int, test: float | None, gap: int,
    window: int | None, horizon: int | None,
) -> None:  # fmt: skip
    """What trains is before the gap, within the window; it is before the test rows as well."""
    time = uneven_times(rows, levels, seed)
    boundary = np.inf if test is None else time_at(time, 1 - test)
    trains = training_times(time, boundary, gap if test else 0, None)
    before = time[np.isin(time, [*trains])]
    assume(len(before))
    assume(not refused(before, folds, gap, window, horizon))
    keys = {"test": test, "gap": gap, "window": window, "horizon": horizon}
    made = splitter(folds=folds, **keys).split(table(time), 0)
    np.testing.assert_array_equal(made.test, np.flatnonzero(time >= boundary))
    np.testing.assert_array_equal(made.train, np.flatnonzero(np.isin(time, [*trains])))
    starts = [*starts_of(before, folds, horizon), np.inf]
    assert [*range(1, folds + 1)] == [fold.number for fold in made.folds]
    for fold, start, end in zip(made.folds, starts, starts[1:], strict=False):
        training, validation = made.sides(fold)
        is_in = np.isin(time, [*training_times(before, start, gap, window)])
        np.testing.assert_array_equal(training, np.flatnonzero(is_in))
        inside = np.isin(time, before) & (time >= start) & (time < end)
        np.testing.assert_array_equal(validation, np.flatnonzero(inside))
        assert min(len(training), len(validation)) > 0


@settings(max_examples=200)
@given(rows=st.integers(6, 60), levels=st.integers(2, 90), folds=st.integers(1, 6), seed=seeds,
       gap=st.integers(0, 9), window=st.none() | st.integers(1, 9),
       horizon=st.none() | st.integers(1, 12))  # fmt: skip
def test_times_that_leave_a_fold_no_rows_are_refused(  # noqa: PLR0913 - as above
    *, rows: int, levels: int, folds: int, seed: int, gap: int,
    window: int | None, horizon: int | None,
) -> None:  # fmt: skip
    """Too few times, one with too many rows, or too long a gap is an error that names the key."""
    time = uneven_times(rows, levels, seed)
    assume(refused(time, folds, gap, window, horizon))
    keys = {"folds": folds, "gap": gap, "window": window, "horizon": horizon}
    with pytest.raises(DataError, match=r"split\.(folds|gap|window|horizon) is \d") as told:
        splitter(test=None, **keys).split(table(time), 0)
    named = str(told.value).split(" ")[0].removeprefix("split.")
    assert keys[named] == int(str(told.value).split(" ")[2].rstrip(","))


@settings(max_examples=200)
@given(rows=st.integers(4, 60), folds=st.integers(2, 6), gap=st.integers(0, 9), seed=seeds,
       window=st.none() | st.integers(1, 30), horizon=st.none() | st.integers(1, 9))  # fmt: skip
def test_folds_of_distinct_times_are_those_of_scikit_learn(  # noqa: PLR0913 - as above
    *, rows: int, folds: int, gap: int, seed: int, window: int | None, horizon: int | None
) -> None:
    """TimeSeriesSplit has the same folds, and refuses where this does.

    Without a horizon that is so where the rows can be shared out evenly among the blocks.
    """
    rows = rows if horizon else rows // (folds + 1) * (folds + 1)
    assume(rows > folds)
    place = np.random.default_rng(seed).permutation(rows)  # of each time in the table
    time = np.argsort(place)
    theirs = TimeSeriesSplit(folds, gap=gap, max_train_size=window, test_size=horizon)
    ours = splitter(folds=folds, gap=gap, window=window, horizon=horizon, test=None)
    try:
        expected = list(theirs.split(place[:, None]))
    except ValueError:
        with pytest.raises(DataError, match=r"split\."):
            ours.split(table(time), 0)
        return
    found = sides(ours.split(table(time), 0))
    assert found == [(sorted(place[a].tolist()), sorted(place[b].tolist())) for a, b in expected]


@pytest.mark.parametrize(
    ("rows", "share", "expected"),
    [(40, 0.25, 10), (25, 0.3, 8), (10, 0.9, 9), (100, 0.43, 43), (30, 0.01, 1), (7, 0.5, 4)],
)
def test_the_last_rows_are_the_test(rows: int, share: float, expected: int) -> None:
    """Of rows at different times the last are the test, as many as the share needs."""
    time = np.random.default_rng(0).permutation(rows)
    train, test = splitter(test=share)._test_rows(table(time), 0)
    assert list(range(rows - expected, rows)) == sorted(time[test])
    assert list(range(rows)) == sorted([*train, *test])


def test_a_gap_longer_than_a_validation_block_reaches_into_the_one_before() -> None:
    """The gap is counted in rows before the validation, whichever fold validated them."""
    time = np.concatenate([np.arange(12), np.full(9, 12), np.arange(13, 32)])
    made = sides(splitter(folds=3, test=None, gap=4).split(table(time), 0))
    assert [10, 12, 30] == [validation[0] for _, validation in made]
    assert [6, 8, 26] == [len(training) for training, _ in made]


def test_a_gap_takes_all_rows_of_a_time_or_none() -> None:
    """Of two rows in a month a gap of three leaves out the last two months."""
    time = np.repeat(np.arange(6), 2)
    made = sides(splitter(folds=1, test=None, gap=3, horizon=2).split(table(time), 0))
    assert [([*range(6)], [10, 11])] == made


def test_a_window_has_all_rows_of_a_time_or_none() -> None:
    """Of two rows in a month a window of five has the last two months before the gap of one."""
    time = np.repeat(np.arange(8), 2)
    made = splitter(folds=2, test=None, gap=1, window=5, horizon=2).split(table(time), 0)
    assert [([*range(6, 10)], [12, 13]), ([*range(8, 12)], [14, 15])] == sides(made)


def test_a_horizon_has_the_last_blocks_of_the_training_rows() -> None:
    """Ten years of months, tested on the last two: each of the folds validates on a year."""
    made = splitter(folds=3, test=0.2, horizon=12).split(table(np.arange(120)), 0)
    assert [*range(96, 120)] == made.test.tolist()
    assert [([*range(s)], [*range(s, s + 12)]) for s in (60, 72, 84)] == sides(made)


def test_a_gap_is_before_the_test_rows_too() -> None:
    """Three rows before the test rows neither train nor validate, nor are they tested."""
    made = splitter(folds=2, test=0.2, gap=3, horizon=2).split(table(np.arange(20)), 0)
    assert [*range(16, 20)] == made.test.tolist()
    assert [*range(13)] == made.train.tolist()
    assert [([*range(6)], [9, 10]), ([*range(8)], [11, 12])] == sides(made)


def test_a_fold_per_row_is_exact() -> None:
    """As many folds as follow the first row validate on one row each."""
    made = splitter(folds=48, test=None).split(table(np.arange(49)), 0)
    assert [([*range(k)], [k]) for k in range(1, 49)] == sides(made)


NO_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "before the first fold": (
        {"folds": 3, "gap": 9},
        "split.gap is 9, which leaves the first fold no rows to train on: there are 1 before those",
    ),
    "before the test rows": (
        {"folds": 1, "gap": 16},
        "split.gap is 16, which leaves no row to train on: there are 16 before the test rows",
    ),
    "blocks longer than the data": (
        {"folds": 4, "horizon": 4},
        "split.horizon is 4, which leaves the first of split.folds=4 no rows to train on",
    ),
}


@pytest.mark.parametrize("name", NO_ROWS)
def test_what_leaves_no_rows_is_refused(name: str) -> None:
    """The error has the key, its value, and how many rows there are."""
    keys, expected = NO_ROWS[name]
    with pytest.raises(DataError) as told:
        splitter(test=0.2, **keys).split(table(np.arange(20)), 0)
    assert str(told.value).startswith(expected)


def test_times_with_more_rows_than_a_window_or_a_block_are_refused() -> None:
    """Three rows of one time do not go into a window of two, nor into blocks of one."""
    time = table(np.repeat(np.arange(8), 3))
    with pytest.raises(DataError) as told:
        splitter(folds=2, test=None, window=2).split(time, 0)
    assert str(told.value) == (
        "split.window is 2, which leaves fold 1 no rows to train on: its last time has 3"
    )
    with pytest.raises(DataError) as told:
        splitter(folds=2, test=None, horizon=1).split(time, 0)
    assert "split.horizon is 1, but the rows of one time are as many as a fold's" == str(told.value)


@pytest.mark.parametrize("keys", [{"window": 0}, {"horizon": 0}, {"gap": -1}, {"window": 1.5}])
def test_keys_are_whole_numbers(keys: dict[str, float]) -> None:
    """A window and a horizon have a row at least; none of the keys has half a row."""
    (name,) = keys
    with pytest.raises(ConfigError, match=rf"split\.{name}"):
        splitter(**keys)


def test_a_run_leaves_the_rows_of_the_gap_out(program: Program) -> None:
    """Of 60 rows 12 are tested, 5 before them are in no table, and two folds validate on ten."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"day": np.arange(60), "a": rng.normal(size=60)})
    frame.assign(y=frame["a"] + rng.normal(size=60)).to_csv(program.folder / "a.csv", index=False)
    data = ("dataset=csv", "dataset.path=a.csv", "dataset.target=y", "dataset.time=day")
    keys = ("split=time", "split.gap=5", "split.window=12", "split.horizon=10")
    ended = program(*data, *keys, *QUICK, "split.folds=2", "hydra.run.dir=made")
    assert 0 == ended.status, ended.err
    record = read_json(program.folder / "made" / "run.json")
    assert {"training": [12, 12], "validation": [10, 10]} == record["folds"]
    made = pd.read_csv(program.folder / "made" / "predictions.csv")
    rows = {part: sorted(own["row"]) for part, own in made.groupby("part")}
    assert [*range(23, 43)] == rows["oof"]
    assert [*range(48, 60)] == rows["test"]
