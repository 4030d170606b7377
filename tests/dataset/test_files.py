"""Files become tables: types settled, missing values found, roles given, bad rows counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from runner.config import validate_section
from runner.dataset import Dataset
from runner.dataset.table import make_table
from runner.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from runner.dataset.files import File
    from runner.records import Table

Y = [1.0, 2.0, 3.0, 4.0]


def roles(**keys: Any) -> File:  # noqa: ANN401 - any YAML value
    """Validate the roles of a file's columns; the target is y."""
    given = {"name": "csv", "path": "any.csv", "target": "y", **keys}
    return validate_section("dataset", given)  # type: ignore[return-value]


def settle(column: Any, **keys: Any) -> tuple[str, list[Any]]:  # noqa: ANN401 - any column
    """Make a table of one feature x; gives the feature's kind and its values, None if missing."""
    table = make_table(pd.DataFrame({"x": column, "y": Y}), roles(**keys))
    values = [None if pd.isna(value) else value for value in table.features["x"]]
    return ("numeric" if table.numeric == ("x",) else "categorical"), values


def load(path: Path, **keys: Any) -> Table:  # noqa: ANN401 - any YAML value
    """Read a file as its ending says."""
    kind = {".csv": "csv", ".parquet": "parquet"}[path.suffix]
    given = {"name": kind, "path": str(path), "target": "y", **keys}
    dataset = validate_section("dataset", given)
    assert isinstance(dataset, Dataset)
    return dataset.load(0)


NUMERIC = {
    "int": pd.Series([1, 2, 3, 4]),
    "float": pd.Series([1.0, np.nan, 3.0, 4.0]),
    "float32": pd.Series([1.0, np.nan, 3.0, 4.0], dtype="float32"),
    "Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
    "Float64": pd.Series([1, None, 3, 4], dtype="Float64"),
    "UInt8": pd.Series([1, None, 3, 4], dtype="UInt8"),
    "Arrow int": pd.Series([1, None, 3, 4], dtype=pd.ArrowDtype(pa.int32())),
    "Arrow float": pd.Series([1, None, 3, 4], dtype=pd.ArrowDtype(pa.float32())),
    "Arrow decimal": pd.Series([1, None, 3, 4], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
    "objects and None": pd.Series([1, None, 3.0, 4], dtype=object),
    "objects and NA": pd.Series([1, pd.NA, 3.0, 4], dtype=object),
}
FLAGS = {
    "bool": pd.Series([True, False, True, False]),
    "boolean": pd.Series([True, None, True, False], dtype="boolean"),
    "Arrow bool": pd.Series([True, None, True, False], dtype=pd.ArrowDtype(pa.bool_())),
    "object bool": pd.Series([True, None, True, False], dtype=object),
}
TEXT = {
    "str": pd.Series(["a", None, "b", "a"], dtype="str"),
    "string": pd.Series(["a", pd.NA, "b", "a"], dtype="string"),
    "object": pd.Series(["a", None, "b", "a"], dtype=object),
    "object and NA": pd.Series(["a", pd.NA, "b", "a"], dtype=object),
    "object and NaN": pd.Series(["a", np.nan, "b", "a"], dtype=object),
    "category": pd.Series(["a", None, "b", "a"], dtype="category"),
    "Arrow string": pd.Series(["a", None, "b", "a"], dtype=pd.ArrowDtype(pa.string())),
    "Arrow dictionary": pd.Series(pa.array(["a", None, "b", "a"]).dictionary_encode().to_pandas()),
}


@pytest.mark.parametrize("name", NUMERIC)
def test_numbers_become_float64(name: str) -> None:
    """Every numeric type becomes float64, NaN where missing."""
    kind, values = settle(NUMERIC[name])
    assert "numeric" == kind
    assert [1.0, 3.0, 4.0] == [value for i, value in enumerate(values) if i != 1]
    assert values[1] in {None, 2.0}


@pytest.mark.parametrize("name", FLAGS)
def test_flags_become_numbers(name: str) -> None:
    """True is 1 and false 0, in every type of flag."""
    kind, values = settle(FLAGS[name])
    assert "numeric" == kind
    assert [1.0, 1.0, 0.0] == [values[0], values[2], values[3]]


@pytest.mark.parametrize("name", TEXT)
def test_text_becomes_a_category(name: str) -> None:
    """Every type of text becomes objects: plain str, NaN where missing."""
    kind, values = settle(TEXT[name])
    assert ("categorical", ["a", None, "b", "a"]) == (kind, values)
    assert {str} == {type(value) for value in values if value is not None}
    table = make_table(pd.DataFrame({"x": TEXT[name], "y": Y}), roles())
    assert object == table.features["x"].dtype
    assert isinstance(table.features["x"][1], float)


def test_codes_can_be_categories() -> None:
    """A numeric column named in `categorical` is one, with numbers for levels."""
    expected = ("categorical", [1.0, None, 2.0, 1.0])
    assert expected == settle([1, None, 2, 1], categorical=["x"])


def test_a_category_of_numbers_is_numeric() -> None:
    """Pandas' category of numbers, like any other type, settles without error."""
    kind, values = settle(pd.Series([1, None, 2, 1], dtype="category"), categorical=["x"])
    assert "categorical" == kind
    assert 2 == len({value for value in values if value is not None})


@pytest.mark.parametrize(
    ("written", "spellings", "expected"),
    [
        (["1", "?", "3", "4"], ["?"], [1.0, None, 3.0, 4.0]),
        (["1", "-999", "3", "4"], [-999], [1.0, None, 3.0, 4.0]),
        (["1", "-999.0", "3", "4"], [-999], [1.0, None, 3.0, 4.0]),
        (["1", "-99.9", "?", "4"], [-99.9, "?"], [1.0, None, None, 4.0]),
        (["1", "NA", "n/a", ""], [], [1.0, None, None, None]),
    ],
)
def test_spellings_of_missing(
    tmp_path: Path, written: list[str], spellings: list[Any], expected: list[float | None]
) -> None:
    """What `na_values` lists counts as missing, numbers however they are written."""
    lines = ["x,z,y", *(f"{x},{i},{i}" for i, x in enumerate(written))]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    table = load(tmp_path / "a.csv", na_values=spellings)
    found = [None if np.isnan(value) else value for value in table.features["x"]]
    assert expected == found


def test_spellings_of_missing_in_parquet(tmp_path: Path) -> None:
    """They count in Parquet too, where a column already has a type."""
    frame = pd.DataFrame({"x": [1, -999, 3, 4], "t": ["a", "?", "b", "a"], "y": Y})
    frame.to_parquet(tmp_path / "a.parquet")
    table = load(tmp_path / "a.parquet", na_values=[-999, "?"])
    assert [False, True, False, False] == table.features["x"].isna().to_list()
    assert [False, True, False, False] == table.features["t"].isna().to_list()


def test_parquet_of_every_type(tmp_path: Path) -> None:
    """A Parquet file of Arrow's types becomes the same columns."""
    columns = {
        "i": pa.array([1, None, 3, 4], pa.int16()),
        "f": pa.array([1, None, 3, 4], pa.float32()),
        "d": pa.array([1, None, 3, 4], pa.decimal128(5, 2)),
        "b": pa.array([True, None, True, False]),
        "s": pa.array(["a", None, "b", "a"]),
        "l": pa.array(["a", None, "b", "a"], pa.large_string()),
        "c": pa.array(["a", None, "b", "a"]).dictionary_encode(),
        "y": pa.array(Y, pa.float64()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    table = load(tmp_path / "a.parquet")
    assert ("i", "f", "d", "b") == table.numeric
    assert ("s", "l", "c") == table.categorical
    assert {1} == set(table.features.isna().sum())


def test_rows_without_a_target_are_dropped_and_counted() -> None:
    """A missing target drops its row; the others keep their place in the file."""
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, None, 3.0, None]})
    table = make_table(frame, roles())
    assert ([0, 2], {"target missing": 2}) == (list(table.row), table.dropped)
    assert [1.0, 3.0] == list(table.target)
    assert [1.0, 3.0] == table.features["x"].to_list()


def test_a_column_missing_wherever_there_is_a_target_is_refused() -> None:
    """A column is judged by the rows that are used."""
    frame = pd.DataFrame({"x": [None, 2.0], "z": [1.0, 2.0], "y": [1.0, None]})
    with pytest.raises(DataError, match="'x' has no value"):
        make_table(frame, roles())


def test_weights_of_zero_drop_their_row() -> None:
    """A row of no weight is dropped and counted; the other weights are kept."""
    frame = pd.DataFrame({"x": Y, "w": [1, 0, 2.5, 0], "y": [1.0, 2.0, 3.0, None]})
    table = make_table(frame, roles(weight="w"))
    assert {"target missing": 1, "weight zero": 1} == table.dropped
    assert table.weight is not None
    assert [1.0, 2.5] == list(table.weight)
    assert ("x",) == table.numeric


@pytest.mark.parametrize("weights", [[1, -1, 1, 1], [1, None, 1, 1], [1, np.inf, 1, 1]])
def test_weights_must_be_weights(weights: list[float | None]) -> None:
    """A negative, missing or infinite weight is refused by the column's name."""
    frame = pd.DataFrame({"x": Y, "w": weights, "y": Y})
    with pytest.raises(DataError, match="the weight 'w'"):
        make_table(frame, roles(weight="w"))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([30, 10, 20, 10], [3, 1, 2, 1]),
        (["2020-03-01", "2020-01-01", "2020-02-01", "2020-01-01"], [3, 1, 2, 1]),
        (["2020-03-01T00:00", "2020-01-01T01:00", "2020-02-01T00:00", "2020-01-01T01:00"],
         [3, 1, 2, 1]),
        (pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01", "2020-01-01"]), [3, 1, 2, 1]),
        (pd.to_datetime(["2020-03-01", "2020-01-01", "2020-02-01", "2020-01-01"], utc=True),
         [3, 1, 2, 1]),
    ],
)  # fmt: skip
def test_times_become_ranks(times: Any, expected: list[int]) -> None:  # noqa: ANN401 - any column
    """Numbers, dates and times become ranks, equal where times are; the column is no feature."""
    table = make_table(pd.DataFrame({"t": times, "x": Y, "y": Y}), roles(time="t"))
    assert table.time is not None
    assert (expected, ("x",)) == (list(table.time), table.numeric)


@pytest.mark.parametrize("times", [["a", "b", "c", "d"], ["2020-01-01", None, "x", "y"]])
def test_times_that_cannot_be_read_are_refused(times: list[Any]) -> None:
    """Text that is no time, or a missing time, is refused by the column's name."""
    with pytest.raises(DataError, match="the time 't'"):
        make_table(pd.DataFrame({"t": times, "x": Y, "y": Y}), roles(time="t"))


def test_groups_become_codes() -> None:
    """Equal groups have equal codes, and the column is no feature."""
    frame = pd.DataFrame({"g": ["b", "a", "b", "c"], "x": Y, "y": Y})
    table = make_table(frame, roles(group="g"))
    assert table.group is not None
    assert ([0, 1, 0, 2], ("x",)) == (list(table.group), table.numeric)


def test_rows_without_a_group_are_no_group() -> None:
    """A missing group is refused: nobody can tell which rows belong together."""
    frame = pd.DataFrame({"g": ["b", None, "b", None], "x": Y, "y": Y})
    with pytest.raises(DataError, match="the group 'g' is missing in 2 rows"):
        make_table(frame, roles(group="g"))


def test_free_text_is_refused_unless_it_is_called_a_category() -> None:
    """A column with a text of its own in most rows is refused, and what to do is said."""
    n = 60
    frame = pd.DataFrame({"x": [f"note {i}" for i in range(n)], "y": np.arange(n)})
    with pytest.raises(DataError, match=r"'x' has 60 different texts.*dataset\.categorical"):
        make_table(frame, roles())
    assert ("x",) == make_table(frame, roles(categorical=["x"])).categorical


def test_chosen_and_dropped_columns() -> None:
    """`features` chooses columns, in its order; `drop` leaves some out."""
    frame = pd.DataFrame({"a": Y, "b": Y, "c": Y, "y": Y})
    assert ("c", "a") == make_table(frame, roles(features=["c", "a"])).numeric
    assert ("a", "c") == make_table(frame, roles(drop=["b"])).numeric


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators_and_byte_order_marks(tmp_path: Path, separator: str) -> None:
    """A file with another separator, a byte order mark and CRLF line ends is read as it should."""
    text = "x,y\r\n1.5,2\r\n2.5,3\r\n".replace(",", separator)
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    table = load(tmp_path / "a.csv", separator=separator)
    assert (("x",), [1.5, 2.5], [2.0, 3.0]) == (
        table.numeric, table.features["x"].to_list(), list(table.target),
    )  # fmt: skip


def test_column_names_of_any_kind(tmp_path: Path) -> None:
    """Names may have spaces, quotes, accents and digits."""
    names = ["a b", "ça", "1", 'q"q', "x,y"]
    frame = pd.DataFrame({**dict.fromkeys(names, Y), "y": Y})
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert tuple(names) == load(tmp_path / "a.csv").numeric


def test_the_hash_tells_data_apart() -> None:
    """Equal tables have equal hashes; another value, name or target has another."""
    frame = pd.DataFrame({"x": Y, "y": Y})
    same = make_table(frame.copy(), roles()).data_hash
    assert same == make_table(frame, roles()).data_hash
    others = [
        frame.assign(x=[1.0, 2.0, 3.0, 5.0]),
        frame.assign(x=[1.0, 2.0, 3.0, np.nan]),
        frame.assign(y=[1.0, 2.0, 3.0, 5.0]),
        frame.rename(columns={"x": "z"}),
    ]
    assert 5 == len({same, *(make_table(other, roles()).data_hash for other in others)})
