"""Whole runs: what model.json has of a model with a positive class, and of one from a stream."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from conftest import QUICK, mixed_frame, read_json

from runner.compiled.linear_model import LinearModel
from runner.compiled.to_sql import to_sql

if TYPE_CHECKING:
    from conftest import Program


def test_the_probability_is_that_of_the_positive_class(program: Program) -> None:
    """As predictions.csv has it, also where the positive class sorts first."""
    frame = mixed_frame().dropna(subset=["outcome"])
    low = frame["outcome"] < frame["outcome"].quantile(0.3)
    frame["outcome"] = np.where(low, "gone", "here")
    frame.to_csv(program.folder / "mixed.csv", index=False)
    made = program.run(
        "dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", "family=binomial",
        "family.threshold=0.4", *QUICK,
    )  # fmt: skip
    form = read_json(made / "model.json")["linear"]
    assert ("logit", ["gone", "here"], "gone", 0.4) == tuple(
        form[key] for key in ("link", "classes", "positive", "threshold")
    )
    expected = pd.read_csv(made / "predictions.csv").query("part == 'test'")
    connection = sqlite3.connect(":memory:")
    frame.drop(columns="outcome").iloc[expected["row"]].to_sql("data", connection, index=False)
    found = pd.read_sql(to_sql(form, "sqlite"), connection)
    assert expected["y_pred"].tolist() == found["prediction"].tolist()
    np.testing.assert_allclose(found["probability"], expected["probability"], rtol=1e-12)


def test_a_stream_has_the_means_of_its_columns(program: Program) -> None:
    """Without a scaler they are those of the moments: contributions sum to 0 over training rows."""
    frame = mixed_frame(300).dropna(subset=["outcome"])
    frame.to_parquet(program.folder / "mixed.parquet")
    made = program.run(
        "dataset=parquet", "dataset.path=mixed.parquet", "dataset.target=outcome",
        "dataset.stream=true", "features.scale=false", "imputer.indicator=true", *QUICK,
        "split.test=null",
    )  # fmt: skip
    model = LinearModel(read_json(made / "model.json")["linear"])
    parts = model.contributions({str(name): frame[name].to_numpy() for name in frame})
    np.testing.assert_allclose(parts.mean(axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(model.base, frame["outcome"].mean(), rtol=1e-10)
