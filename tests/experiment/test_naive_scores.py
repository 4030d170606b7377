"""Forecasts without a model in whole runs: scored on the model's rows, and shown beside it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, read_json
from jsonschema import Draft202012Validator
from sklearn.metrics import mean_absolute_error, mean_poisson_deviance, mean_squared_error, r2_score

from runner.report.page.material import Material
from runner.report.page.run_page import run_page, sections

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads((files("runner.store") / "schemas" / "run.schema.json").read_text("utf-8"))
SERIES = (
    *("dataset=csv", "dataset.path=series.csv", "dataset.target=y", "dataset.time=day"),
    *("features=lags", "split=time", "features.steps.lags.season=7", *QUICK),
)
TWO = ("features.steps.lags.horizon=2", "features.steps.lags.lags=[2]", "split.gap=1")


def series() -> pd.DataFrame:
    """A random walk of whole numbers above 0, and a column that says nothing."""
    rng = np.random.default_rng(5)
    walk = 40 + np.cumsum(rng.integers(-2, 3, 120))
    return pd.DataFrame({"day": np.arange(120), "x": rng.normal(size=120), "y": walk})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run two days ahead of which the page is written."""
    folder = tmp_path_factory.mktemp("series")
    series().to_csv(folder / "series.csv", index=False)
    return Program(folder).run(*SERIES, *TWO)


def rows_of(run: Path, part: str) -> list[np.ndarray[Any, Any]]:
    """The rows that are predicted, of each fold or of the test."""
    found = pd.read_csv(run / "predictions.csv")
    found = found[found["part"] == part]
    return [own["row"].to_numpy() for _, own in found.groupby("fold", dropna=False)]


@pytest.mark.parametrize(("name", "before"), [("last_value", 2), ("seasonal_naive", 7)])
def test_they_are_scored_on_the_rows_of_the_model(made: Path, name: str, before: int) -> None:
    """By scikit-learn, the values of two and of seven rows before; SE over the same folds."""
    y = series()["y"]
    said, found = y.shift(before), read_json(made / "run.json")["baselines"][name]
    (tested,) = rows_of(made, "test")
    for metric, score in (("mse", mean_squared_error), ("mae", mean_absolute_error)):
        folds = [score(y[rows], said[rows]) for rows in rows_of(made, "oof")]
        assert folds == pytest.approx(found["cv"][metric]["folds"])
        assert np.mean(folds) == pytest.approx(found["cv"][metric]["mean"])
        assert np.std(folds, ddof=1) / np.sqrt(3) == pytest.approx(found["cv"][metric]["se"])
        assert score(y[tested], said[tested]) == pytest.approx(found["test"][metric])
    assert r2_score(y[tested], said[tested]) == pytest.approx(found["test"]["r2"])
    assert {"validation": 0, "test": 0} == found["left_out"]


def test_the_record_is_one_of_the_schema(made: Path) -> None:
    """run.json fits its schema, baselines and all."""
    record = read_json(made / "run.json")
    assert [] == [error.message for error in Draft202012Validator(SCHEMA).iter_errors(record)]


def test_screen_and_page_show_them(made: Path) -> None:
    """A table of both forecasts follows the scores, on the screen and on the page."""
    said = Program(made.parent)("show", "made").out.splitlines()
    at = next(at for at, line in enumerate(said) if line.startswith("mse of"))
    assert said[at - 1].startswith("explained_variance")
    assert ["last value", "seasonal naive"] == [line[:14].strip() for line in said[at + 1 : at + 3]]
    (scores,) = [part for part in sections(Material.of(made)) if part.name == "scores"]
    (caption, cells) = scores.tables[1]
    shown = [said[at + 1][14:].split(), said[at + 2][14:].split()]
    assert "Forecasts without a model" == caption
    assert shown == [list(row[1:]) for row in cells.rows]


def test_a_random_walk_has_no_better_forecast(made: Path) -> None:
    """Than its last value: page and screen say so, with both scores of the test rows."""
    record = read_json(made / "run.json")
    own = record["test"]["mse"]["score"], record["baselines"]["last_value"]["test"]["mse"]
    figures = f"{own[0]:.1f} against {own[1]:.1f} (mse)"
    sentence = f"t does not beat the forecast by the last value: {figures}"
    assert f"<p>I{sentence}.</p>" in run_page(Material.of(made), "report.js")
    assert f"i{sentence}" in Program(made.parent)("show", "made").out.splitlines()


def test_a_sweep_has_a_column_of_each(made: Path) -> None:
    """results.csv and the sweep's table have the CV means of the optimised metric."""
    once = ("model.l1_ratio=0.5", "model.alpha={eps:0.1,count:2}")
    varied = ("-m", "features.steps.lags.windows=[],[7]")
    swept = Program(made.parent).sweep(*varied, *SERIES, *TWO, *once)
    results = pd.read_csv(swept / "results.csv")
    found = read_json(made / "run.json")["baselines"]
    for name in ("last_value", "seasonal_naive"):
        assert 2 * [found[name]["cv"]["mse"]["mean"]] == pytest.approx(results[f"{name}_mse"])
        assert f"{name}_mse" in Program(made.parent)("show", "swept").out


def test_rows_without_a_forecast_are_counted(made: Path) -> None:
    """With a season of 40 rows the first validation rows have none; without tests no test score."""
    own = ("split.test=null", "features.steps.lags.season=50", "evaluation.nested=false")
    run = Program(made.parent).run(*SERIES, *own, name="long")
    first = rows_of(run, "oof")[0]
    found = read_json(run / "run.json")["baselines"]["seasonal_naive"]
    assert (first < 50).sum() == found["left_out"]["validation"] > 0
    assert found["test"] is None
    y, late = series()["y"], first[first >= 50]
    expected = mean_squared_error(y[late], y.shift(50)[late])
    assert expected == pytest.approx(found["cv"]["mse"]["folds"][0])


def test_counts_are_scored_by_their_deviance(made: Path) -> None:
    """Of a Poisson model the forecasts have the Poisson deviance."""
    run = Program(made.parent).run(*SERIES, "family=poisson", name="counts")
    found, y = read_json(run / "run.json")["baselines"]["last_value"], series()["y"]
    (tested,) = rows_of(run, "test")
    expected = mean_poisson_deviance(y[tested], y.shift(1)[tested])
    assert expected == pytest.approx(found["test"]["poisson_deviance"])
    assert set(found["cv"]) == {"poisson_deviance", "d2_poisson"}
