"""A gap is a gap and a number a number, however a row states them, for every kind of model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from saved_models_of import make_run, write_files

from runner.errors import DataError
from runner.saved_model import SavedModel, load_model
from runner.saved_model.casting import as_level, cast_rows
from runner.saved_model.manifest_file import Column, Example, Manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

GAPS: dict[str, Any] = {"None": None, "NaN": np.nan, "pd.NA": pd.NA, "NaT": pd.NaT}
KINDS = ("family=gaussian", "indicator=auto", "categorical=most_frequent", "imputer=knn",
         "imputer=linear", "step=spline", "step=rare", "multiple")  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model, fitted to columns with gaps."""
    folder = tmp_path_factory.mktemp("cast")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return load_model(make_run(request.param, folder, "imputer.indicator=true"))


def rows_with(gap: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any gap
    """Rows as JSON has them, each column missing once."""
    whole = {"a": 1.5, "b": 4.0, "c": 2.0, "town": "Bath", "size": "low", "flag": True}
    return [whole, *({**whole, name: gap} for name in ("a", "b", "town"))]


@pytest.mark.parametrize("gap", GAPS)
def test_every_gap_means_the_same(model: SavedModel, gap: str) -> None:
    """In dictionaries, and in frames of objects, of floats and of nullable types."""
    expected = model.predict(rows_with(np.nan))
    assert len(set(expected.tolist())) > 1
    rows = rows_with(GAPS[gap])
    np.testing.assert_array_equal(model.predict(rows), expected)
    frame = pd.DataFrame(rows)
    for one in (frame, frame.astype(object), frame.convert_dtypes()):
        np.testing.assert_array_equal(model.predict(one), expected)
    if gap == "None":
        again = json.loads(json.dumps(rows))
        np.testing.assert_array_equal(model.predict(again), expected)


def test_numbers_may_be_texts_and_columns_in_any_order(model: SavedModel) -> None:
    """As a CSV file that was read as text has them."""
    expected = model.predict(rows_with(None))
    texts = [
        {k: None if v is None else str(v) for k, v in reversed(row.items())}
        for row in rows_with(None)
    ]
    np.testing.assert_array_equal(model.predict(texts), expected)


def manifest(*columns: Column) -> Manifest:
    """One of these columns."""
    return Manifest(
        schema_version=2,
        format="pickle",
        file="model.pkl",
        sha256="0" * 64,
        features=list(columns),
        versions={},
        example=Example(rows=[], predictions=[]),
    )


NUMBER = Column(name="x", kind="numeric", min=0.0, max=2.0)
LEVEL = Column(name="g", kind="categorical", levels=["a", "b"])


@pytest.mark.parametrize(
    ("value", "said"),
    [("much", "not a number"), (float("inf"), "finite"), ("1,5", "'1,5' in row 2")],
)
def test_what_is_no_number_is_named(value: object, said: str) -> None:
    """With its column, its row and the value."""
    rows: list[dict[str, object]] = [{"x": 1.0}, {"x": value}]
    with pytest.raises(DataError, match=said):
        cast_rows(rows, manifest(NUMBER))


def test_differences_from_training_are_counted() -> None:
    """Columns, levels, ranges and gaps."""
    rows: list[dict[str, object]] = [{"x": 5.0, "z": 1}, {"x": None, "z": 1}, {"x": 1.0, "z": 1}]
    with pytest.raises(DataError, match="'g'"):
        cast_rows(rows, manifest(NUMBER, LEVEL))
    cast = cast_rows(rows, manifest(NUMBER, LEVEL), absent=True)
    assert (["g"], ["z"]) == (cast.absent, cast.extra)
    assert ({"x": 1}, {"x": 1, "g": 3}) == (cast.outside, cast.missing)
    assert {"g": 1} == cast_rows([{"x": 1, "g": "c"}], manifest(NUMBER, LEVEL)).unknown
    assert 3 == len(cast.differences())
    assert ["g", "x"] == list(cast_rows([{"x": 1, "g": "a"}], manifest(LEVEL, NUMBER)).frame)
    twice = pd.DataFrame([[1.0, 2.0]], columns=["x", "x"])
    with pytest.raises(DataError, match="more than one column 'x'"):
        cast_rows(twice, manifest(NUMBER))


@pytest.mark.parametrize(
    ("value", "levels", "expected"),
    [
        ("3", [1.0, 3.0], 3.0),
        (3, ["1", "3"], "3"),
        (3.0, ["1", "3"], "3"),
        ("true", [False, True], True),
        (1, [False, True], True),
        (True, [0.0, 1.0], 1.0),
        ("x", [1.0, 2.0], "x"),
        ("a", ["a", "b"], "a"),
    ],
)
def test_a_level_in_another_type_is_that_level(
    value: Any,  # noqa: ANN401 - any level
    levels: Sequence[Any],
    expected: Any,  # noqa: ANN401 - any level
) -> None:
    """What is none of them stays what it is, which is an unknown level."""
    found = as_level(value, levels)
    assert (type(expected), expected) == (type(found), found)


def test_dates_are_days() -> None:
    """Of texts, of times and of the days themselves; a gap in any of them."""
    column = Column(name="d", kind="date", min=0.0, max=9.0)
    days = [2.0, np.nan, 3.5]
    times = pd.Series(["1970-01-03", "NaT", "1970-01-04T12:00"], dtype="datetime64[ns]")
    for values in (days, times, ["1970-01-03T00:00", None, "1970-01-04T12:00"]):
        cast = cast_rows(pd.DataFrame({"d": values}), manifest(column))
        np.testing.assert_array_equal(cast.frame["d"], days)
