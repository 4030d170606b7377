"""Whole streamed runs from the command line, and configs that cannot be streamed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json
from twins import mixed_rows, write

from runner.stream.passage import Passage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Program

    from runner.stream.passage import Stream

STREAM = ("dataset=parquet", "dataset.path=mixed.parquet", "dataset.target=y")
ON = (*STREAM, "dataset.stream=true", "dataset.weight=weight", "dataset.group=group")

REFUSED = {
    "imputer": ("imputer=median", "imputer=median"),
    "only indicators": ("imputer.indicator=only", "imputer.indicator=only"),
    "constant category": ("imputer.categorical=constant", "imputer.categorical=constant"),
    "shift": ("imputer.delta=-1", "imputer.delta=-1.0"),
    "left-out columns": ("imputer.columns.drop=0.5", "imputer.columns.drop=0.5"),
    "left-out rows": ("imputer.rows.drop=0", "imputer.rows.drop=0.0"),
    "mask": ("dataset.mask={share: 0.2, mechanism: MCAR}", "dataset.mask"),
    "several targets": ("dataset.target=[y,v]", "dataset.target with several columns"),
    "metric": ("metric=mae", "metric=mae"),
    "trial metric": ("trial_metrics=[mse,mape]", "trial_metrics=mape"),
    "repeated": ("split=repeated", "split=repeated"),
    "time": ("split=time", "split=time"),
}


def test_a_streamed_run(program: Program) -> None:
    """The directory has everything but predictions.csv, and the model gives the known answer."""
    write(mixed_rows(), program.folder / "mixed.parquet")
    ended = program(*ON, *QUICK, "hydra.run.dir=made")
    assert ended.status == 0, ended.err
    assert "without predictions.csv" in ended.out
    folder = program.folder / "made"
    names = {path.name for path in folder.iterdir()}
    assert "predictions.csv" not in names
    assert {"coefficients.csv", "model.json", "model.pkl", "run.json", "trials.csv"} <= names
    record, manifest = read_json(folder / "run.json"), read_json(folder / "model.json")
    assert record["status"] == "finished"
    assert record["dataset"]["streamed"]
    assert set(record["cv"]) == {"mse", "rmse", "r2", "explained_variance"}
    assert record["test"]["mse"]["low"] < record["test"]["mse"]["high"]
    assert [f["name"] for f in manifest["features"]] == [
        "whole", "large", "small", "full", "town", "flag"
    ]  # fmt: skip
    model = pickle.loads((folder / "model.pkl").read_bytes())  # noqa: S301 - made here
    rows = pd.DataFrame(manifest["example"]["rows"])
    numeric = ["whole", "large", "small", "full"]
    rows[numeric] = rows[numeric].astype(float)
    rows = rows.where(rows.notna(), np.nan)
    np.testing.assert_allclose(model.predict(rows), manifest["example"]["predictions"])


@pytest.mark.parametrize("split", ["kfold", "grouped", "holdout"])
def test_splits_that_stream(split: str, program: Program) -> None:
    """Each of them runs."""
    write(mixed_rows(), program.folder / "mixed.parquet")
    folds = QUICK if split != "holdout" else QUICK[1:]
    record = read_json(program.run(*ON, f"split={split}", *folds) / "run.json")
    assert record["status"] == "finished"


def test_a_sweep_reads_once(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a sweep over models and imputers share one reading."""
    readings: list[int] = []
    original = Passage.run

    def counted(self: Passage, progress: Callable[[int], None]) -> Stream:
        readings.append(1)
        return original(self, progress)

    monkeypatch.setattr(Passage, "run", counted)
    write(mixed_rows(), program.folder / "mixed.parquet")
    program.sweep("-m", *ON, "model=lasso,ridge", "imputer=mean,constant", *QUICK[:2], *QUICK[3:])
    assert readings == [1]


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_rows_is_refused(name: str, program: Program) -> None:
    """A config that needs the rows in memory is refused with its key, before any reading."""
    override, key = REFUSED[name]
    (program.folder / "mixed.parquet").write_bytes(b"not read")
    ended = program(*STREAM, "dataset.stream=true", override)
    assert ended.status == 2
    assert key in ended.err
    assert "dataset.stream=false" in ended.err


def test_a_streamed_target_of_labels_names_its_family(program: Program) -> None:
    """Text as a target is told the family that predicts it."""
    write(mixed_rows(), program.folder / "mixed.parquet")
    for target, family in (("flag", "binomial"), ("town", "multinomial")):
        ended = program(*STREAM[:2], f"dataset.target={target}", "dataset.stream=true")
        assert ended.status == 2
        assert f"if these are labels of classes, choose family={family}" in ended.err


def test_no_imputer_needs_complete_columns(program: Program) -> None:
    """With imputer=none, missing values are counted per column."""
    write(mixed_rows(), program.folder / "mixed.parquet")
    ended = program(*ON, "imputer=none")
    assert ended.status == 2
    assert "values are missing in whole (" in ended.err


def test_a_group_is_needed_to_split_by_it(program: Program) -> None:
    """split=grouped asks for dataset.group."""
    write(mixed_rows(), program.folder / "mixed.parquet")
    ended = program(*STREAM, "dataset.stream=true", "split=grouped")
    assert ended.status == 2
    assert "needs dataset.group" in ended.err


def test_folders(program: Program) -> None:
    """A folder needs streaming, and files of the format."""
    folder: Path = program.folder / "many"
    folder.mkdir()
    arguments = ("dataset=parquet", "dataset.path=many", "dataset.target=y")
    assert "dataset.stream=true" in program(*arguments).err
    assert "without any *.parquet file" in program(*arguments, "dataset.stream=true").err
