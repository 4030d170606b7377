"""`enet export`: the model of a stored run in another language."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from conftest import Program, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Finished


def export(run: Path, *arguments: str) -> Finished:
    """`enet export` of a run in the folder that the run is in."""
    return Program(run.parent)("export", run.name, *arguments)


@pytest.fixture(scope="module")
def tested(finished_run: Path) -> tuple[pd.DataFrame, pd.Series]:
    """The run's test rows, and what it has predicted of them."""
    predictions = pd.read_csv(finished_run / "predictions.csv").query("part == 'test'")
    rows = pd.read_csv(finished_run.parent / "mixed.csv").iloc[predictions["row"]]
    return rows.drop(columns="outcome"), predictions["y_pred"]


def test_sql(finished_run: Path, tested: tuple[pd.DataFrame, pd.Series]) -> None:
    """On the screen, or in a file; it gives the predictions of the run's test rows."""
    ended = export(finished_run, "--to", "sql", "--dialect", "sqlite")
    assert (0, "") == (ended.status, ended.err)
    connection = sqlite3.connect(":memory:")
    tested[0].to_sql("data", connection, index=False)
    found = pd.read_sql(ended.out, connection)
    assert [*tested[0], "prediction"] == list(found)
    np.testing.assert_allclose(found["prediction"], tested[1], rtol=1e-12)
    written = finished_run.parent / "model.sql"
    assert "" == export(finished_run, "--to", "sql", "-o", str(written)).out
    assert "nullif(CAST(" in written.read_text("utf-8")


def test_python(finished_run: Path, tested: tuple[pd.DataFrame, pd.Series]) -> None:
    """The file reads rows in JSON, a line each, where no package is."""
    script = finished_run.parent / "predict.py"
    assert 0 == export(finished_run, "--to", "python", "-o", str(script)).status
    lines = tested[0].to_json(orient="records", lines=True)
    command = [sys.executable, "-I", "-S", str(script)]
    ended = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    np.testing.assert_allclose(found, tested[1], rtol=1e-12)


def test_onnx(finished_run: Path, tested: tuple[pd.DataFrame, pd.Series]) -> None:
    """The file is read by onnxruntime; an input per column."""
    path = finished_run.parent / "model.onnx"
    assert 0 == export(finished_run, "--to", "onnx", "-o", str(path)).status
    session = onnxruntime.InferenceSession(path)
    texts = tested[0][["town", "smoker"]].astype(object).fillna("")
    inputs = {name: tested[0][[name]].to_numpy(float) for name in ("age", "income")}
    inputs |= {name: texts[[name]].to_numpy(object) for name in ("town", "smoker")}
    found = session.run(None, inputs)
    np.testing.assert_allclose(found[0], tested[1], rtol=1e-12)


def test_what_is_wrong_is_said(finished_run: Path, tmp_path: Path) -> None:
    """Options that contradict each other, no run, no model, an older one, and one not linear."""
    ended = export(finished_run, "--to", "onnx")
    assert (2, True) == (ended.status, "name a file, -o model.onnx" in ended.err)
    ended = export(finished_run, "--to", "python", "--dialect", "sqlite")
    assert (2, True) == (ended.status, "--dialect is for --to sql" in ended.err)
    ended = export(finished_run, "--to", "sql", "-o", "nowhere/model.sql")
    assert (2, True) == (ended.status, "cannot write nowhere" in ended.err)
    assert "is no run's directory" in export(tmp_path, "--to", "sql").err
    record, manifest = (read_json(finished_run / name) for name in ("run.json", "model.json"))
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert "has no model.json" in export(tmp_path, "--to", "sql").err
    form = manifest.pop("linear")
    assert "enet-linear/1" == form["format"]
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    assert "written by an older version" in export(tmp_path, "--to", "sql").err
    (tmp_path / "model.json").write_text(json.dumps(manifest | {"not_linear": "the imputer is X"}))
    ended = export(tmp_path, "--to", "sql")
    assert (1, True) == (ended.status, "is not linear: the imputer is X" in ended.err)
