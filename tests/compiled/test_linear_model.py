"""A compiled model, evaluated with NumPy alone: gaps of every kind, codes, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.compiled.linear_model import Coded, LinearModel
from runner.errors import DataError

FORM: dict[str, Any] = {
    "format": "enet-linear/1",
    "link": "identity",
    "responses": [],
    "classes": None,
    "threshold": None,
    "positive": None,
    "transform": None,
    "intercept": [1.0],
    "columns": [
        {"name": "a", "kind": "numeric", "fill": 3.0, "coefficients": [2.0], "missing": [0.5],
         "mean": [5.0]},
        {"name": "idle", "kind": "numeric", "fill": None, "coefficients": [0.0], "missing": [0.0],
         "mean": [0.0]},
        {"name": "c", "kind": "categorical", "levels": [["x", [10.0]], ["", [20.0]]],
         "missing": [30.0], "other": [40.0], "mean": [12.0]},
    ],
}  # fmt: skip
GAPS = (None, np.nan, float("nan"), pd.NA, pd.NaT)


def with_first(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - of the form
    """The form with other numbers of the first column."""
    first, *others = FORM["columns"]
    return {**FORM, "columns": [{**first, **changed}, *others]}


def test_by_hand() -> None:
    """Fill, indicator, levels, an unknown level and a gap; a column that adds nothing is absent."""
    columns = {
        "a": np.array([1.0, np.nan, 0.0, 0.0]),
        "c": np.array(["x", "", None, "y"], dtype=object),
    }
    model = LinearModel(FORM)
    expected = [1 + 2 + 10, 1 + 6 + 0.5 + 20, 1 + 30, 1 + 40]
    assert expected == model.predict(columns).tolist()
    assert [[one] for one in expected] == model.link_scale(columns).tolist()
    assert [18.0] == model.base.tolist()
    assert [2 - 5, 0, 10 - 12] == model.contributions(columns)[0, :, 0].tolist()


@pytest.mark.parametrize("gap", GAPS, ids=repr)
def test_every_gap_is_one(gap: Any) -> None:  # noqa: ANN401 - of any kind
    """None, NaN and those of pandas, in columns and in rows; in rows what is absent is one too."""
    model = LinearModel(FORM)
    column = np.array([gap, 1], dtype=object)
    assert 37.5 == model.predict({"a": column, "c": column})[0]
    assert [37.5, 37.5, 15.5] == model.rows(
        [{"a": gap, "c": gap}, {}, {"a": 2.25, "c": "x"}]
    ).tolist()


def test_a_dictionary_of_levels() -> None:
    """Codes and levels give what the values give, as text and as numbers."""
    codes = np.array([2, 0, -1, 1, 0])
    coded = {"a": Coded(codes, [1.0, 2.0, 9.0]), "c": Coded(codes, ["", "no", "x"])}
    plain = {
        "a": np.array([9.0, 1.0, np.nan, 2.0, 1.0]),
        "c": np.array(["x", "", None, "no", ""], dtype=object),
    }
    model = LinearModel(FORM)
    assert model.predict(plain).tolist() == model.predict(coded).tolist()


def test_numbers_of_any_type() -> None:
    """Whole numbers, truth values, and texts of numbers."""
    model = LinearModel(FORM)
    for values in ([2, 1], [2.0, True], ["2", "1"], np.array([2, 1], dtype=np.int8)):
        columns = {"a": np.asarray(values), "c": np.array(["x", "x"])}
        assert [15.0, 13.0] == model.predict(columns).tolist()
        rows = [{"a": value, "c": "x"} for value in values]
        assert [15.0, 13.0] == model.rows(rows).tolist()


def test_what_cannot_be_used_is_named() -> None:
    """A column that is absent, and a value that is no number."""
    model = LinearModel(FORM)
    with pytest.raises(DataError, match="the rows have no column 'c'"):
        model.predict({"a": np.zeros(2)})
    with pytest.raises(DataError, match="the column 'a' holds 'much', which is no number"):
        model.rows([{"a": "much", "c": "x"}])
    with pytest.raises(DataError, match="no probabilities"):
        model.probabilities({"a": np.zeros(1), "c": np.zeros(1)})


def test_a_gap_that_is_not_filled() -> None:
    """The prediction is NaN, and of a label None."""
    form = with_first(fill=None)
    assert np.isnan(LinearModel(form).rows([{"c": "x"}])).all()
    two = {**form, "link": "logit", "classes": ["no", "yes"]}
    assert [None, "yes"] == LinearModel(two).rows([{"c": "x"}, {"a": 1}]).tolist()


def test_no_rows() -> None:
    """Nothing in, nothing out."""
    empty = {"a": np.empty(0), "c": np.empty(0, dtype=object)}
    model = LinearModel(FORM)
    assert ((0,), (0,), (0, 3, 1)) == (
        model.predict(empty).shape, model.rows([]).shape, model.contributions(empty).shape
    )  # fmt: skip


def test_it_needs_numpy_alone() -> None:
    """Neither pandas nor scikit-learn nor SciPy is imported."""
    code = (
        "import sys, runner.compiled.linear_model, runner.compiled.to_sql\n"
        "import runner.compiled.to_python\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'pydantic', 'pyarrow'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]\n" == ended.stdout
