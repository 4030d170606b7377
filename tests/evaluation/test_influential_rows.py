"""Which rows a run says to sway its selected features, against scikit-learn and R."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json
from sklearn.linear_model import LinearRegression

from runner.core.folds import ModelColumns
from runner.evaluation import influential_rows
from runner.evaluation.fitting import ModelRows
from runner.evaluation.influential_rows import describe_influence
from runner.records import Observed, Solution

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Floats

COLUMNS = ModelColumns((), (), np.ones(0))


def solution(*coefficients: float) -> Solution:
    """A model with these coefficients."""
    return Solution(np.array([coefficients]), np.zeros(1), 0.0, 1, converged=True)


def rows(weight: Floats | None = None) -> ModelRows:
    """40 rows of 3 features, of which row 5 is far off."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 3))
    y = X @ [1.0, 0.0, 2.0] + rng.standard_normal(40)
    y[5] += 10
    return ModelRows(X, Observed(y, np.ones(40) if weight is None else weight), COLUMNS)


def test_the_distance_is_how_far_a_fit_without_the_row_is() -> None:
    """Cook's definition: the squared change of all fitted values, over p s^2."""
    own = rows()
    described = describe_influence(own, None, solution(0.5, 0.0, 1.0), np.arange(100, 140))
    assert (2, 40) == (described["features"], described["rows"])
    assert (0.15, 0.1) == (described["leverage_threshold"], described["cooks_threshold"])
    assert 10 == len(described["worst"])
    first = described["worst"][0]
    assert 105 == first["row"]
    X, y = own.X[:, [0, 2]], own.observed.y
    fitted = LinearRegression().fit(X, y).predict(X)
    others = np.arange(40) != 5
    without = LinearRegression().fit(X[others], y[others]).predict(X)
    spread = np.sum((y - fitted) ** 2) / 37
    expected = np.sum((fitted - without) ** 2) / (3 * spread)
    assert expected == pytest.approx(first["cooks_distance"], rel=1e-9)


def test_rows_without_a_weight_are_left_out() -> None:
    """A row of weight 0 sways nothing, and does not count; the others keep their numbers."""
    described = describe_influence(
        rows(np.where(np.arange(40) == 5, 0.0, 2.0)), None, solution(1.0, 0.0, 0.0), np.arange(40)
    )
    assert 39 == described["rows"]
    assert 5 not in [row["row"] for row in described["worst"]]
    keep = np.arange(40) != 5
    own = rows()
    fewer = ModelRows(own.X[keep], own.observed.take(np.flatnonzero(keep)), COLUMNS)
    expected = describe_influence(fewer, None, solution(1.0, 0.0, 0.0), np.arange(40)[keep])
    assert expected["worst"][0]["row"] == described["worst"][0]["row"]
    for mine, theirs in zip(expected["worst"], described["worst"], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_what_has_none_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing selected, as many features as rows, or too many for a moment."""
    numbers = np.arange(40)
    none = describe_influence(rows(), None, solution(0.0, 0.0, 0.0), numbers)
    assert {"reason": "no feature is selected"} == none
    own = rows()
    few = ModelRows(own.X[:3], own.observed.take(np.arange(3)), COLUMNS)
    many = describe_influence(few, None, solution(1.0, 1.0, 1.0), numbers[:3])
    assert {"reason": "as many features are selected as rows train"} == many
    monkeypatch.setattr(influential_rows, "MOST_CELLS", 100)
    long = describe_influence(rows(), None, solution(1.0, 1.0, 1.0), numbers)
    assert "3 features are selected on 40 rows" in long["reason"]


def test_several_targets_have_none() -> None:
    """Nor have other families, of which the record says nothing."""
    own = rows()
    two = ModelRows(own.X, Observed(np.column_stack([own.observed.y] * 2), np.ones(40)), COLUMNS)
    assert {} == describe_influence(two, None, solution(1.0, 1.0, 1.0), np.arange(40))


def test_a_runs_rows_are_those_of_its_predictions(program: Program, mixed: tuple[str, ...]) -> None:
    """A row that is wrong by far is found under its number in the file, gaps and categories there.

    The target lacks two rows before it, so that its position in the table is another one.
    """
    frame = pd.read_csv(program.folder / "mixed.csv")
    made = program.run(*mixed)
    predictions = pd.read_csv(made / "predictions.csv")
    row = int(predictions.loc[predictions["part"] == "oof", "row"].iloc[-1])
    wrong = frame["outcome"].to_numpy(dtype=float, copy=True)
    wrong[row] += 20
    frame.assign(outcome=wrong).to_csv(program.folder / "mixed.csv", index=False)
    record = read_json(program.run(*mixed, name="wrong") / "run.json")
    influence = record["influence"]
    assert row == influence["worst"][0]["row"]
    assert record["n_selected"] == influence["features"]
    assert (predictions["part"] == "oof").sum() == influence["rows"]


@pytest.mark.parametrize(
    "other",
    [
        ("dataset=lung", "family=cox"),
        ("dataset=hitters", "imputer=linear", "imputer.multiple=2"),
    ],
)
def test_other_runs_have_no_section(program: Program, other: tuple[str, ...]) -> None:
    """Other families, and several models."""
    assert "influence" not in read_json(program.run(*QUICK, *other) / "run.json")
