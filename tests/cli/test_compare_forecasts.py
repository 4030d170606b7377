"""`enet compare` of runs that forecast: beside what forecasts without a model are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program, read_json

from runner.cli.fitted_table import say_score

if TYPE_CHECKING:
    from pathlib import Path

DATA = ("dataset=csv", "dataset.path=series.csv", "dataset.target=y", "dataset.time=day")
TITLE = "test mse, beside that of forecasts without a model"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Runs with and without a season, and one that looks at no past, of the same rows."""
    folder = tmp_path_factory.mktemp("forecasts")
    rng = np.random.default_rng(5)
    walk = 40 + np.cumsum(rng.integers(-2, 3, 120))
    frame = pd.DataFrame({"day": np.arange(120), "x": rng.normal(size=120), "y": walk})
    frame.to_csv(folder / "series.csv", index=False)
    made = Program(folder)
    kept = (*DATA, "split=time", *QUICK)
    made.run(*kept, "features=lags", "features.steps.lags.season=7", name="out/seasonal")
    made.run(*kept, "features=lags", name="out/lags")
    made.run(*kept, name="out/none")
    untested = (*DATA, "split=time", "split.test=null", *QUICK, "features=lags")
    made.run(*untested, name="untested")
    return made


def table(said: str, title: str = TITLE) -> dict[str, list[str]]:
    """The cells of a table by run, those of the header as `run`."""
    _, _, below = said.partition(f"{title}\n")
    lines = [line.split() for line in below.splitlines() if not line.startswith("  ")]
    return {cells[0]: cells[1:] for cells in lines if cells}


def test_naive_forecasts_stand_beside_the_models(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each test score is that of the run's record; what forecasts nothing has none."""
    monkeypatch.setenv("COLUMNS", "80")
    said = program("compare", "out").out
    assert max(map(len, said.splitlines())) <= 80
    found = table(said)
    assert ["model", "last", "value", "seasonal", "naive"] == found["run"]
    for name, keys in {
        "seasonal": ["last_value", "seasonal_naive"], "lags": ["last_value"], "none": [],
    }.items():  # fmt: skip
        record = read_json(program.folder / "out" / name / "run.json")
        scores = [record["test"]["mse"]["score"]]
        scores += [record["baselines"][key]["test"]["mse"] for key in keys]
        wanted = [*map(say_score, scores), *["-"] * (2 - len(keys))]
        assert wanted == found[f"out/{name}"]


def test_what_is_no_better_is_said(program: Program) -> None:
    """A run below whose page it stands has the same sentence here, in any format."""
    for name in ("lags", "seasonal"):
        record = read_json(program.folder / "out" / name / "run.json")
        own = record["test"]["mse"]["score"]
        assert own > record["baselines"]["last_value"]["test"]["mse"]
    sentence = "it does not beat the forecast by the last value: "
    latex = program("compare", "out", "--format", "latex").out
    assert r"run & model & last value & seasonal naive \\" in latex
    assert f"% out/lags: {sentence}" in latex
    markdown = program("compare", "out", "--format", "markdown").out
    assert f"out/lags: {sentence}" in markdown
    assert TITLE in markdown


def test_without_test_rows_it_is_the_folds(program: Program) -> None:
    """CV means of both, and the title says so."""
    found = table(
        program("compare", "untested").out,
        "CV mean of mse, beside that of forecasts without a model",
    )
    record = read_json(program.folder / "untested" / "run.json")
    naive = record["baselines"]["last_value"]["cv"]["mse"]["mean"]
    assert [say_score(record["cv"]["mse"]["mean"]), say_score(naive)] == found["untested"]


def test_of_other_runs_there_is_no_such_table(program: Program) -> None:
    """Where no run forecasts."""
    assert "without a model" not in program("compare", "out/none").out


def test_files_and_conditions_have_them(program: Program, tmp_path: Path) -> None:
    """Columns of their own, empty where there is none; --where takes their names."""
    file = tmp_path / "out.csv"
    program("compare", "out", "-o", str(file))
    written = pd.read_csv(file).set_index("run")
    found = read_json(program.folder / "out" / "lags" / "run.json")["baselines"]["last_value"]
    assert found["test"]["mse"] == written["test_last_value_mse"]["out/lags"]
    assert found["cv"]["mse"]["mean"] == pytest.approx(written["last_value_mse"]["out/lags"])
    assert written["seasonal_naive_mse"].notna().tolist() == [
        name == "out/seasonal" for name in written.index
    ]
    kept = program("compare", "out", "--where", "test_seasonal_naive_mse>0").out
    assert "out/seasonal" in kept
    assert "out/lags" not in kept
