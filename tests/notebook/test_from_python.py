"""Runs and sweeps from Python: records, tables, models, and what a notebook shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import QUICK, mixed_frame

import runner
from runner.errors import ConfigError, DataError, RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET = (*QUICK, "report=none")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> runner.Run:
    """A run of a data frame."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("made"))
        return runner.run(QUIET, data=mixed_frame(), target="outcome")


def test_a_run_of_a_frame_has_its_tables_and_its_model(made: runner.Run) -> None:
    """Scores are the record's, and the model predicts what predictions.csv has."""
    assert "finished" == made.status
    assert made.record["cv"]["mse"]["mean"] == made.scores.loc["mse", "cv"]
    assert made.best["model.l1_ratio"] in {0.5, 1.0}
    assert len(made.trials) == 16
    tested = made.predictions.query("part == 'test'")
    rows = mixed_frame().iloc[tested["row"]]
    np.testing.assert_allclose(made.model.predict(rows), tested["y_pred"], rtol=1e-12)
    assert made.coefficients["feature"].iloc[0] == "(intercept)"


def test_a_stored_run_is_the_same(made: runner.Run) -> None:
    """From its directory."""
    again = runner.load_run(made.folder)
    assert made.record == again.record
    model = runner.load_model(made.folder)
    rows = mixed_frame()
    assert made.model.predict(rows).tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("form", [pl.from_pandas, pa.Table.from_pandas])
def test_every_form_of_a_table_gives_the_same(
    form: Callable[[pd.DataFrame], Any],
    made: runner.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Polars and Arrow, with their own missing values."""
    monkeypatch.chdir(tmp_path)
    other = runner.run(QUIET, data=form(mixed_frame()), target="outcome", folder=tmp_path / "o 'x")
    assert tmp_path / "o 'x" == other.folder
    pd.testing.assert_frame_equal(made.scores, other.scores)


def test_a_sweep_has_results_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails is a row, and the best is one of the others."""
    monkeypatch.chdir(tmp_path)
    swept = runner.sweep(
        [*QUIET, "imputer=mean,none", "model.l1_ratio=0.5,1.0"],
        data=mixed_frame(),
        target="outcome",
    )
    assert {"finished": 2, "refused": 2} == swept.results["status"].value_counts().to_dict()
    assert 4 == len(swept.runs)
    assert swept.results["cv_mse"].min() == swept.best.scores.loc["mse", "cv"]
    assert "4 runs" in swept._repr_html_()
    table = runner.compare(swept)
    assert 4 == len(table)
    assert {1.0, 2.0} == set(table["rank"].dropna())
    assert len(runner.load_sweep(swept.folder).results) == 4


def test_html_holds_names_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that is called as a tag is shown, and is none."""
    monkeypatch.chdir(tmp_path)
    frame = mixed_frame().rename(columns={"age": "<script>alert(1)</script>"})
    shown = runner.run(QUIET, data=frame, target="outcome")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the errors of the command, and before anything is run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="imputer"):
        runner.run(["imputer=nosuch"])
    with pytest.raises(ConfigError, match="imputer=mean,knn"):
        runner.run(["imputer=mean,knn"])
    with pytest.raises(ConfigError, match="target"):
        runner.run(data=mixed_frame())
    with pytest.raises(ConfigError, match="without data"):
        runner.run(target="outcome")
    with pytest.raises(DataError, match="kept"):
        runner.run(data={"a": [1]}, target="a")
    with pytest.raises(DataError, match="nosuch"):
        runner.run(data=mixed_frame(), target="nosuch")
    with pytest.raises(RunDirectoryError):
        runner.load_run(tmp_path)
    with pytest.raises(RunDirectoryError):
        runner.load_sweep(tmp_path)
    with pytest.raises(AttributeError):
        runner.nosuch  # type: ignore[attr-defined]  # noqa: B018
