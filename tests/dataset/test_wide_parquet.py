"""A Parquet file of more than 2,000 numeric columns is read as one block, to the same frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.testing import assert_frame_equal
from pyarrow import parquet

from runner.dataset.wide_parquet import read_wide

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = 2001


def written(folder: Path, **others: object) -> Path:
    """A file of seven rows in two groups, with gaps, integers, and other columns among them."""
    X = np.random.default_rng(0).standard_normal((7, COLUMNS))
    X[X > 1] = np.nan
    columns = {f"x.{at}": own for at, own in enumerate(X.T)} | {"x": np.arange(7)}
    table = pa.table({"first": list("abcdefg")} | columns | {"y": np.arange(7)} | others)
    parquet.write_table(table, folder / "a.parquet", row_group_size=4)
    return folder / "a.parquet"


def test_the_frame_is_the_usual_one(tmp_path: Path) -> None:
    """In the file's order; integers are numbers, unless the column has a role."""
    path = written(tmp_path)
    with parquet.ParquetFile(path) as file:
        found = read_wide(file, {"y"})
    usual = pd.read_parquet(path)
    assert found is not None
    assert_frame_equal(usual.astype({"x": float}), found)


def test_the_numbers_are_one_block(tmp_path: Path) -> None:
    """So that no copy is needed to look at them as one."""
    with parquet.ParquetFile(written(tmp_path)) as file:
        found = read_wide(file, {"y"})
    assert found is not None
    numbers = found.drop(columns=["first", "y"])
    assert np.shares_memory(numbers.to_numpy(), numbers.to_numpy())


def test_what_has_a_nested_column_is_read_as_usual(tmp_path: Path) -> None:
    """Positions in the file are then not those of its columns."""
    path = written(tmp_path, nested=[{"a": 1, "b": 2}] * 7)
    with parquet.ParquetFile(path) as file:
        assert read_wide(file, {"y"}) is None


def test_an_index_that_pandas_has_written_is_restored(tmp_path: Path) -> None:
    """As pandas does it."""
    frame = pd.read_parquet(written(tmp_path)).set_index("first")
    frame.to_parquet(tmp_path / "b.parquet")
    with parquet.ParquetFile(tmp_path / "b.parquet") as file:
        assert read_wide(file, {"y"}) is None
