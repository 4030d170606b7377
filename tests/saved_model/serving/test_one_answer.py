"""One model, asked in every way that there is, has one answer."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import Program
from saved_models_of import FILE, make_run, write_files
from serving_client import client_of

from runner.compiled.to_python import to_python
from runner.saved_model import load_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", ["family=gaussian", "family=poisson"])
def test_every_way_gives_the_same(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Pipeline of pickle, enet predict, enet serve, SQL in DuckDB, and Python without it."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    run = make_run(case, tmp_path)
    rows = pd.read_csv(FILE)
    assert rows[["a", "town"]].isna().any().all()
    expected = pickle.loads((run / "model.pkl").read_bytes()).predict(rows)  # noqa: S301 - ours

    program = Program(tmp_path)
    assert 0 == program("predict", str(run), FILE, "-o", "out.csv").status
    answers = {"predict": pd.read_csv("out.csv")["prediction"].to_numpy()}
    model = load_model(run, linear=True)
    names = [column.name for column in model.manifest.columns]
    plain = rows[names].astype(object)
    records = plain.where(plain.notna(), None).to_dict(orient="records")
    with client_of(model) as client:
        told = client.post("/predict", json={"rows": records}).json()["predictions"]
    answers["serve"] = np.array([one["prediction"] for one in told])
    assert 0 == program("export", str(run), "--to", "sql", "-o", "model.sql").status
    data = duckdb.connect()
    data.execute("CREATE TABLE data AS SELECT * FROM read_csv('everything.csv')")
    sql = (tmp_path / "model.sql").read_text(encoding="utf-8")
    answers["SQL"] = data.execute(sql).df()["prediction"].to_numpy()
    alone: dict[str, object] = {}
    assert model.manifest.linear is not None
    exec(to_python(model.manifest.linear, "run"), alone)  # noqa: S102 - what was just written
    answers["Python"] = np.array([alone["predict"](record) for record in records])  # type: ignore[operator]
    for way, found in answers.items():
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=way)
