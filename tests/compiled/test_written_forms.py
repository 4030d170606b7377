"""Names and levels of every kind in SQL, ONNX and Python, and what none of them can spell."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

import duckdb
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_linear_model import FORM

from runner.compiled.linear_model import LinearModel
from runner.compiled.not_linear import ExportError
from runner.compiled.to_onnx import to_onnx
from runner.compiled.to_python import to_python
from runner.compiled.to_sql import to_sql

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
ODD = st.one_of(
    TEXT, st.sampled_from(["", "nan", "NULL", "it's", '"', "\n", "\\", "é", "{}", "%s"])
)
NAMES = ODD.filter(
    lambda name: name and name.casefold() not in {"prediction", "linear predictor 1"}
)


def make_form(number: str, category: str, levels: list[str]) -> dict[str, Any]:
    """A column of numbers and one of levels."""
    first, _, last = FORM["columns"]
    numbers: list[Any] = [[level, [float(at + 1)]] for at, level in enumerate(levels)]
    columns = [{**first, "name": number}, {**last, "name": category, "levels": numbers}]
    return {**FORM, "columns": columns}


def in_database(connection: Any, form: dict[str, Any], rows: list[Any], dialect: Any) -> list[Any]:  # noqa: ANN401
    """What the SELECT says."""
    number, category = (c["name"].replace('"', '""') for c in form["columns"])
    connection.execute("DROP TABLE IF EXISTS data")
    connection.execute(f'CREATE TABLE data ("{number}" DOUBLE, "{category}" VARCHAR)')
    connection.executemany("INSERT INTO data VALUES (?, ?)", rows)
    return [row[-1] for row in connection.execute(to_sql(form, dialect)).fetchall()]


@pytest.fixture(scope="module")
def connections() -> dict[str, Any]:
    """To empty databases."""
    duck = duckdb.connect()
    return {"duckdb": duck, "postgresql": duck, "sqlite": sqlite3.connect(":memory:")}


@settings(max_examples=25)
@given(
    st.lists(NAMES, min_size=2, max_size=2, unique_by=str.casefold), st.sets(ODD, max_size=4), ODD
)
@example(["a", "b"], {"", "nan"}, "")
@example(['"', "'"], {"'", "\n", "\\"}, "nan")
def test_names_and_levels_of_every_kind(
    connections: dict[str, Any], names: list[str], levels: set[str], other: str
) -> None:
    """Quotes, new lines, letters of any script; "" and "nan" are levels, and no gaps."""
    form = make_form(names[0], names[1], sorted(levels))
    rows = [(1.5, level) for level in [*sorted(levels), other]] + [(None, None)]
    dictionaries = [dict(zip(names, row, strict=True)) for row in rows]
    expected = LinearModel(form).rows(dictionaries).tolist()
    made: dict[str, Any] = {"__name__": "made"}
    exec(to_python(form, 'the "run" \\ of\n'), made)  # noqa: S102 - made here
    assert expected == [made["predict"](row) for row in dictionaries]
    for dialect, connection in connections.items():
        assert expected == in_database(connection, form, rows, dialect), dialect
    frame = pd.DataFrame(rows[: len(levels)], columns=names)
    if not levels:
        return
    model = to_onnx(form)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    inputs = {
        names[0]: frame[names[0]].to_numpy(np.float64)[:, None],
        names[1]: frame[names[1]].to_numpy(object)[:, None],
    }
    assert expected[: len(levels)] == session.run(None, inputs)[0].tolist()


def test_a_level_without_letters_is_no_gap_in_onnx() -> None:
    """Where "" is a level, another text stands for a gap, and the model says which."""
    model = to_onnx(FORM)
    described = {one.key: one.value for one in model.metadata_props}
    assert '{"c": "(missing)"}' == described["missing"]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    texts = np.array([["x"], [""], ["(missing)"], ["y"]], dtype=object)
    numbers = {"a": np.zeros((4, 1)), "idle": np.zeros((4, 1))}
    assert [11.0, 21.0, 31.0, 41.0] == session.run(None, {**numbers, "c": texts})[0].tolist()


def test_inputs_of_onnx_that_have_another_name() -> None:
    """A column called as an output is an input by another name, which the model says."""
    form = make_form("prediction", "column_0", ["x"])
    model = to_onnx(form)
    described = {one.key: one.value for one in model.metadata_props}
    assert '{"prediction": "column_0_"}' == described["inputs"]
    assert ["column_0_", "column_0"] == [one.name for one in model.graph.input]


@pytest.mark.parametrize("name", ["prediction", "Prediction", "linear predictor 1"])
def test_a_column_called_as_one_that_is_added(name: str) -> None:
    """SQL would have two of one name."""
    with pytest.raises(ExportError, match=f"a column is called '{name}'"):
        to_sql(make_form(name, "b", ["x"]))


def test_what_sql_cannot_spell() -> None:
    """A character of the code 0."""
    with pytest.raises(ExportError, match="code 0"):
        to_sql(make_form("a", "b", ["x\0"]))


def test_very_many_terms(connections: dict[str, Any]) -> None:
    """A sum of more terms than a database allows for levels of brackets."""
    first, names = FORM["columns"][0], [f"x{at}" for at in range(1500)]
    form = {**FORM, "columns": [{**first, "name": name} for name in names]}
    lite = connections["sqlite"]
    lite.execute("DROP TABLE IF EXISTS data")
    lite.execute(f"CREATE TABLE data ({', '.join(names)})")
    lite.execute("INSERT INTO data (x0, x1) VALUES (1, 2)")
    (row,) = lite.execute(to_sql(form, "sqlite")).fetchall()
    assert 1 + 2 + 4 + 1498 * 6.5 == row[-1]


def test_without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ExportError, match=r"pip install 'enet-runner\[onnx\]'"):
        to_onnx(FORM)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgresql"])
@pytest.mark.parametrize("link", ["logit", "softmax", "log"])
def test_exponentials_do_not_overflow(
    connections: dict[str, Any],
    link: str,
    dialect: Any,  # noqa: ANN401
) -> None:
    """Values of the linear predictor of any size give a probability, or a number."""
    width = 2 if link == "softmax" else 1
    first = {**FORM["columns"][0], "coefficients": [1e6, -1e6][:width], "missing": [0.0] * width}
    classes = None if link == "log" else ["no", "yes"]
    form = {
        **FORM,
        "link": link,
        "classes": classes,
        "intercept": [0.0] * width,
        "columns": [first],
    }
    connection = connections[dialect]
    connection.execute("DROP TABLE IF EXISTS data")
    connection.execute('CREATE TABLE data ("a" DOUBLE)')
    connection.executemany("INSERT INTO data VALUES (?)", [(-5.0,), (0.0,), (5.0,)])
    found = connection.execute(to_sql(form, dialect)).fetchall()
    last = [row[-1] for row in found]
    assert np.isfinite(np.array(last)).all()
    if link != "log":
        low, middle, high = last if link == "logit" else last[::-1]
        assert low == pytest.approx(0.0)
        assert (0.5, 1.0) == (middle, high)
