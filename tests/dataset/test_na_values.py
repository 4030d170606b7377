"""Further spellings of a missing value, of every column or of one: in memory and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from runner.config import validate_section
from runner.dataset.table import make_table
from runner.errors import ConfigError, DataError
from runner.split.hashed import HashedSplit
from runner.stream.data import StreamedData
from runner.stream.file_batches import open_source
from runner.stream.passage import Passage

if TYPE_CHECKING:
    from pathlib import Path

    from runner.dataset.files import File
    from runner.records import Table

SPLIT = HashedSplit("split.folds", test=0.25, folds=3)
OWN = {"age": [-999], "town": ["?", "n.k."], "score": ["?"], "y": [-1]}


def dataset_of(path: Path, **keys: Any) -> File:  # noqa: ANN401 - any YAML value
    """A file's dataset; the target is y."""
    section = {"name": path.suffix[1:], "path": str(path), "target": "y", **keys}
    return validate_section("dataset", section)  # type: ignore[return-value]


def loaded(path: Path, **keys: Any) -> Table:  # noqa: ANN401 - any YAML value
    """The file in memory."""
    return dataset_of(path, **keys).load(0)


def streamed(path: Path, batch_rows: int = 7, **keys: Any) -> StreamedData:  # noqa: ANN401
    """The file read by batches."""
    dataset = dataset_of(path, stream=True, **keys)
    passage = Passage(dataset, open_source(dataset), SPLIT, seed=0, batch_rows=batch_rows)
    return StreamedData(passage.run())


def survey() -> pd.DataFrame:
    """60 rows whose columns each have a spelling of their own, which others have as a value."""
    rows = np.arange(60)
    return pd.DataFrame(
        {
            "age": np.where(rows % 5 == 1, -999, rows),
            "low": np.where(rows % 7 == 1, -999, rows),  # a value here
            "town": np.array(["York", "?", "Bath", "n.k.", "Ely"])[rows % 5],
            "mark": np.array(["?", "!", "-"])[rows % 3],  # a level here
            "score": [("?" if row % 6 == 2 else str(row / 4)) for row in rows.tolist()],
            "y": np.where(rows % 11 == 4, -1.0, rows % 4),
        }
    )


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a file in the form that its suffix says."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_each_column_has_its_own(suffix: str, tmp_path: Path) -> None:
    """A spelling of one column is a value in all others."""
    table = loaded(write(survey(), tmp_path / f"a{suffix}"), na_values=OWN)
    kept = np.arange(60)[np.arange(60) % 11 != 4]
    assert {"target missing": 6} == table.dropped
    assert ("age", "low", "score") == table.numeric
    expected = {
        "age": kept % 5 == 1,
        "low": kept < 0,
        "town": np.isin(kept % 5, [1, 3]),
        "mark": kept < 0,
        "score": kept % 6 == 2,
    }
    found = table.features.isna()
    assert {name: gaps.tolist() for name, gaps in expected.items()} == found.to_dict("list")


@pytest.mark.parametrize("spelt", [OWN, ["?", -999]])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_streaming_finds_the_same(suffix: str, spelt: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Columns, levels, gaps and dropped rows are those in memory."""
    path = write(survey(), tmp_path / f"a{suffix}")
    table, stream = loaded(path, na_values=spelt), streamed(path, na_values=spelt)
    assert table.numeric == stream.folds.table.numeric
    assert table.categorical == stream.folds.table.categorical
    assert table.dropped == stream.describe()["dropped"]
    described = {column["name"]: column for column in stream.describe_columns()}
    for name in table.features:
        column = table.features[name]
        assert column.isna().mean() == described[name]["missing_share"]
        if name in table.numeric:
            assert [column.min(), column.max()] == [described[name]["min"], described[name]["max"]]
        else:
            assert sorted(column.dropna().unique()) == described[name]["levels"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_truth_values_with_a_spelling(suffix: str, tmp_path: Path) -> None:
    """A column of truth values, some of them unknown, is numeric in CSV files."""
    rows = np.arange(40)
    said = np.array(["true", "false", "?"])[rows % 3]
    path = write(pd.DataFrame({"said": said, "x": rows, "y": rows * 1.0}), tmp_path / f"a{suffix}")
    table = loaded(path, na_values={"said": ["?"]})
    stream = streamed(path, na_values={"said": ["?"]})
    assert ("said" in table.numeric) == (suffix == ".csv")
    assert table.numeric == stream.folds.table.numeric
    assert (rows % 3 == 2).tolist() == table.features["said"].isna().tolist()
    assert {c["name"]: c["missing_share"] for c in stream.describe_columns()} == {
        "said": table.features["said"].isna().mean(),
        "x": 0.0,
    }


def test_numbers_as_text_in_the_target(tmp_path: Path) -> None:
    """A Parquet target of text becomes numeric once its spellings are missing."""
    rows = np.arange(40)
    y = [("?" if row % 8 == 3 else str(row)) for row in rows.tolist()]
    path = write(pd.DataFrame({"x": rows, "y": y}), tmp_path / "a.parquet")
    assert {"target missing": 5} == loaded(path, na_values={"y": ["?"]}).dropped
    assert {"target missing": 5} == streamed(path, na_values={"y": ["?"]}).describe()["dropped"]
    for read in (loaded, streamed):
        with pytest.raises(DataError, match="the target 'y' is not numeric"):
            read(path, na_values={"x": ["?"]})


@pytest.mark.parametrize("stream", [False, True])
def test_a_column_that_is_not_there(stream: bool, tmp_path: Path) -> None:
    """A mapping that names no column says which one it might mean."""
    path = write(survey(), tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"dataset.na_values names 'agee'.*did you mean 'age'"):
        (streamed if stream else loaded)(path, na_values={"agee": [-999]})


@pytest.mark.parametrize("given", [None, [[7]], {"age": [None]}])
def test_other_forms_are_refused(given: Any) -> None:  # noqa: ANN401 - any YAML value
    """What is neither a list nor a mapping to lists is refused in one line."""
    section = {"name": "csv", "path": "a.csv", "target": "y", "na_values": given}
    with pytest.raises(ConfigError) as caught:
        validate_section("dataset", section)
    assert str(caught.value).startswith("dataset.na_values: ")
    assert 1 == len(str(caught.value).splitlines())


TYPES = {
    "int64": pa.int64(),
    "int16": pa.int16(),
    "float": pa.float64(),
    "float32": pa.float32(),
    "decimal": pa.decimal128(8, 2),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("of_pandas", ["numpy", "nullable", "arrow"])
@pytest.mark.parametrize("spelt", [[-999], ["?", -999], {"x": [-999]}, {"x": ["-999"]}])
def test_numbers_of_any_type(
    kind: str,
    of_pandas: str,
    spelt: Any,  # noqa: ANN401 - any YAML value
) -> None:
    """The number is found in every type of pandas that a Parquet file may come back as."""
    column = pa.array([1, -999, None, 4], TYPES[kind])
    frames = {
        "numpy": column.to_pandas,
        "nullable": lambda: column.to_pandas().convert_dtypes(),
        "arrow": lambda: pd.Series(column, dtype=pd.ArrowDtype(TYPES[kind])),
    }
    frame = pd.DataFrame({"x": frames[of_pandas](), "y": [1.0, 2.0, 3.0, 4.0]})
    table = make_table(frame, dataset_of_any(na_values=spelt))
    assert ("x",) == table.numeric
    np.testing.assert_array_equal([1.0, np.nan, np.nan, 4.0], table.features["x"])


@pytest.mark.parametrize(
    "kind", [object, "str", "string", "category", pd.ArrowDtype(pa.string()), "string[pyarrow]"]
)
@pytest.mark.parametrize("spelt", [["?"], [-999, "?"], {"x": ["?", -999]}])
def test_texts_of_any_type(kind: Any, spelt: Any) -> None:  # noqa: ANN401 - any type, YAML value
    """The text is found in every type of text, whatever numbers stand beside it."""
    column = pd.Series(["a", "?", None, "b"], dtype=kind)
    table = make_table(
        pd.DataFrame({"x": column, "y": [1.0, 2.0, 3.0, 4.0]}), dataset_of_any(na_values=spelt)
    )
    found = [value if isinstance(value, str) else None for value in table.features["x"]]
    assert ["a", None, None, "b"] == found


def test_codes_stay_text(tmp_path: Path) -> None:
    """A column listed as categorical stays text, though only numbers are left of it."""
    frame = pd.DataFrame({"x": ["1", "?", "2", "1"], "y": [1.0, 2.0, 3.0, 4.0]})
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pandas(frame), path)
    assert ("x",) == loaded(path, na_values=["?"], categorical=["x"]).categorical
    assert ("x",) == loaded(path, na_values=["?"]).numeric


def dataset_of_any(**keys: Any) -> File:  # noqa: ANN401 - any YAML value
    """The roles of a frame that is in no file."""
    section = {"name": "parquet", "path": "any.parquet", "target": "y", **keys}
    return validate_section("dataset", section)  # type: ignore[return-value]
