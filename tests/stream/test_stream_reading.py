"""What is special to reading by batches: what shows up late, drifts, or is spelt oddly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn_reference import candidate, make_specs
from twins import (
    KFOLD,
    assert_same_scores,
    file_dataset,
    in_memory,
    mixed_rows,
    refit,
    score,
    streamed,
    write,
)

from runner.errors import DataError
from runner.split.hashed import HashedSplit
from runner.stream import column_entries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RTOL = 1e-9
POINTS = [candidate(0.03, 0.5), candidate(0.2, 1.0)]


def assert_twins(dataset: Any, rtol: float = RTOL, **keys: Any) -> None:  # noqa: ANN401
    """Scores of a stream, indicators among the features, are those in memory."""
    specs = make_specs("mean", "elastic_net", {"imputer.indicator": True})
    expected = score(in_memory(dataset).folds, specs, POINTS)
    stream = streamed(dataset, **keys)
    assert_same_scores(expected, score(stream.folds, specs, POINTS), rtol)
    refit(stream, specs, POINTS[0])  # the guard compares predictions of sampled rows


def numbers(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Three columns without gaps, and a target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    return frame.assign(y=frame["a"] - frame["b"] + rng.normal(size=rows))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_levels_and_gaps_that_show_up_late(suffix: str, tmp_path: Path) -> None:
    """A level, a gap, a category's gap and a column's first value may come in any batch."""
    frame = numbers().assign(town="York", half=1.0, hollow=np.nan, name=None)
    frame["half"] = np.arange(300.0)
    frame.loc[150:, "town"] = np.where(np.arange(150) % 3, "Bath", "York")
    frame.loc[250::7, "town"] = None
    frame.loc[270::4, "half"] = np.nan
    frame.loc[200:, "hollow"] = np.random.default_rng(1).normal(size=100)
    frame["name"] = pd.Series([None] * 180 + ["x", "z", "y"] * 40, dtype=object)
    assert_twins(file_dataset(write(frame, tmp_path / f"late{suffix}")), batch_rows=20)


def test_gaps_without_statistics(tmp_path: Path) -> None:
    """Files that do not say where values are missing are read as well, as is NaN for null."""
    frame = numbers()
    frame.loc[280::2, "a"] = np.nan
    table = pa.table({name: frame[name].to_numpy() for name in frame})
    parquet.write_table(table, tmp_path / "nan.parquet", write_statistics=False)
    assert_twins(file_dataset(tmp_path / "nan.parquet"), batch_rows=50)


@pytest.mark.parametrize("jump", [1e3, 1e6])
def test_drift_between_batches(jump: float, tmp_path: Path) -> None:
    """Batches whose means are far from the first one's, or a far outlier in it, do no harm."""
    frame = numbers(400)
    frame.loc[20:, "a"] += jump
    frame.loc[3, "b"] = jump
    assert_twins(file_dataset(write(frame, tmp_path / "drift.parquet")), 1e-7, batch_rows=20)


def test_types(tmp_path: Path) -> None:
    """Every kind of number is one; dictionaries and large strings are categories."""
    frame, rng = numbers(200), np.random.default_rng(2)
    texts = pa.array(rng.choice(["u", "v", "w"], 200), mask=rng.random(200) < 0.1)
    whole = pa.array(rng.integers(0, 100, 200), mask=rng.random(200) < 0.2)
    arrays = {
        "int8": whole.cast(pa.int8()),
        "uint64": whole.cast(pa.uint64()),
        "half": pa.array(frame["a"].to_numpy().astype(np.float16)),
        "single": pa.array(frame["b"].to_numpy().astype(np.float32)),
        "money": whole.cast(pa.decimal128(21, 2)),
        "yes": pa.array(rng.random(200) < 0.5, mask=rng.random(200) < 0.1),
        "words": texts.cast(pa.large_string()),
        "coded": texts.dictionary_encode(),
        "y": pa.array(frame["y"]),
    }
    parquet.write_table(pa.table(arrays), tmp_path / "types.parquet", row_group_size=70)
    dataset = file_dataset(tmp_path / "types.parquet", drop=["yes"])
    assert_twins(dataset, batch_rows=64)
    stream = streamed(file_dataset(tmp_path / "types.parquet"))
    assert stream.folds.table.numeric == ("int8", "uint64", "half", "single", "money", "yes")
    assert stream.folds.table.categorical == ("words", "coded")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_sentinels_are_missing(suffix: str, tmp_path: Path) -> None:
    """Spellings in na_values are missing, as numbers and as text, in the target too."""
    frame = numbers().assign(town=["York", "?", "Bath"] * 100)
    frame.loc[::9, "a"] = -999
    frame.loc[5::17, "y"] = -999
    path = write(frame, tmp_path / f"odd{suffix}")
    dataset = file_dataset(path, na_values=["?", -999])
    assert_twins(dataset, batch_rows=40)
    assert streamed(dataset).describe()["dropped"] == {"target missing": 18}


def test_a_csv_column_that_turns_to_fractions(tmp_path: Path) -> None:
    """Whole numbers at first, fractions later, are numbers."""
    frame = numbers().assign(late=[1] * 200 + [2] * 50 + [0] * 50).astype({"late": object})
    frame.loc[250:, "late"] = 0.5
    assert_twins(file_dataset(write(frame, tmp_path / "late.csv")), batch_rows=30)


def test_groups_stay_together() -> None:
    """All rows of a group are in one block, and blocks have about their share of the groups."""
    groups = np.random.default_rng(0).integers(0, 5000, 20_000)
    split = HashedSplit("split.folds", test=0.2, folds=5, by_group=True)
    from runner.split.hashed import number_keys

    block = split.blocks(number_keys(groups.astype(float)), seed=0)
    assert pd.Series(block).groupby(groups).nunique().max() == 1
    assert abs((block >= 5).mean() - 0.2) < 0.02


def test_blocks_are_drawn_evenly_and_by_the_seed() -> None:
    """Each fold has its share of rows, test rows theirs; another seed divides otherwise."""
    keys = np.arange(100_000, dtype=np.uint64)
    one, other = (KFOLD.blocks(keys, seed) for seed in (0, 1))
    shares = np.bincount(one, minlength=KFOLD.n_blocks) / len(keys)
    np.testing.assert_allclose(shares[:3], 0.25, atol=0.01)
    np.testing.assert_allclose(shares[3:], 0.25 / 20, atol=0.003)
    assert 0.15 < (one == other).mean() < 0.25


def test_blocks_never_change() -> None:
    """A row's block is the same in every version, or old and new results would not compare."""
    assert KFOLD.blocks(np.arange(12, dtype=np.uint64), seed=0).tolist() == [
        2, 19, 2, 4, 1, 1, 22, 1, 2, 0, 21, 1
    ]  # fmt: skip


def test_the_guard_compares_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments that were read wrongly are noticed, and the run fails with the reason."""
    from runner.errors import FitError

    dataset = file_dataset(write(numbers(), tmp_path / "a.parquet"))
    written = column_entries.NumericColumn.write

    def corrupt(self: Any, A: Any, rows: Any) -> None:  # noqa: ANN401
        written(self, A, rows)
        if self.name == "a":
            A[self.entry] *= 1.001

    monkeypatch.setattr(column_entries.NumericColumn, "write", corrupt)
    with pytest.raises(FitError, match=r"sampled rows.*dataset.stream=false"):
        refit(streamed(dataset), make_specs("mean", "lasso"), POINTS[1])


ERRORS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "infinite": (lambda f: f.assign(a=np.inf), "'a' has .* infinite"),
    "infinite target": (lambda f: f.assign(y=f["y"].where(f.index != 7, np.inf)), "'y'.*infinite"),
    "hollow": (lambda f: f.assign(a=np.nan), "'a' has no value"),
    "no target": (lambda f: f.assign(y=np.nan), "no row has a value of the target 'y'"),
    "text target": (
        lambda f: f.assign(y=["n/k", *f["y"][1:].map(str)]),
        r"the target 'y' is not numeric: it holds 'n/k' \(1 of its first 300 values",
    ),
    "constant target": (lambda f: f.assign(y=3.0), "the target 'y' is 3 in all 300 rows"),
    "dates as text": (lambda f: f.assign(a="2020-01-31"), "'a' holds dates.*dataset.time"),
    "free text": (lambda f: f.assign(a=[f"t{i}" for i in f.index]), "300 different texts"),
    "nearly numbers": (lambda f: f.assign(a=["?", *f["a"][1:].map(str)]), r"numeric but for '\?'"),
    "dates": (lambda f: f.assign(a=pd.Timestamp("2020-01-01")), "'a' holds dates"),
    "lists": (lambda f: f.assign(a=pd.Series([[1]] * len(f))), "'a' holds list"),
    "no rows": (lambda f: f[:0], "no rows"),
    "one row": (lambda f: f[:1], "split.folds .* too few rows"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_unusable_data(name: str, tmp_path: Path) -> None:
    """Data that cannot be used is refused as it is in memory, naming the column."""
    spoil, message = ERRORS[name]
    path = write(spoil(numbers()), tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=message):
        streamed(file_dataset(path))


@pytest.mark.parametrize("column", ["a", "y"])
def test_a_decimal_comma_is_told(column: str, tmp_path: Path) -> None:
    """Numbers with a comma are no categories, nor a target, until the key says so."""
    frame = numbers()
    texts = frame[column].map(lambda value: f"{value:.1f}".replace(".", ","))
    path = write(frame.assign(**{column: texts}), tmp_path / "comma.csv")
    with pytest.raises(DataError, match=rf"'{column}' .*dataset.decimal=','"):
        streamed(file_dataset(path))


def test_too_many_levels(tmp_path: Path) -> None:
    """A category of more levels than can be streamed is refused, listed or not."""
    frame = numbers(3000).assign(code=[f"c{i}" for i in range(3000)])
    dataset = file_dataset(write(frame, tmp_path / "many.parquet"), categorical=["code"])
    with pytest.raises(DataError, match=r"'code' has more than 1000 different values"):
        streamed(dataset)


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf])
def test_unusable_weights(weight: float, tmp_path: Path) -> None:
    """Weights must be finite, present and not negative."""
    frame = mixed_rows()
    frame.loc[9, "weight"] = weight
    dataset = file_dataset(write(frame, tmp_path / "bad.parquet"), weight="weight")
    with pytest.raises(DataError, match="the weight 'weight' must be"):
        streamed(dataset)


def test_a_csv_column_that_turns_to_text(tmp_path: Path) -> None:
    """A number that is none, far into a CSV file, is named with the remedy."""
    frame = numbers(300).astype(object)
    frame.loc[299, "b"] = "oops"
    many = pd.concat([numbers(300_000), frame])
    path = write(many.round(3), tmp_path / "late.csv")
    with pytest.raises(DataError, match=r"numeric but for 'oops'.*dataset.na_values"):
        streamed(file_dataset(path))


def test_files_with_other_columns(tmp_path: Path) -> None:
    """A file of a folder that lacks a column is refused."""
    write(numbers(), tmp_path / "1.parquet")
    write(numbers().drop(columns="c"), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="lacks the column 'c'"):
        streamed(file_dataset(tmp_path))
