"""The JSON Schema of run.json ships, fits the records of every kind of run, and is strict."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from conftest import QUICK, mixed_frame, read_json
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Program

SCHEMA = json.loads((files("runner.store") / "schemas" / "run.schema.json").read_text("utf-8"))

RUNS = {
    "masked": ("dataset=diabetes", "dataset.mask={share: 0.2, mechanism: MCAR}"),
    "masked, nothing filled": ("dataset=diabetes", "dataset.mask={share: 0.2, mechanism: MCAR}",
                               "imputer.indicator=only"),
    "multiple imputation": ("imputer=linear", "imputer.multiple=2"),
    "rows left out": ("imputer=none", "imputer.rows.drop=0", "imputer.rows.predict=skip"),
    "chained": ("imputer=linear",),
    "without test rows": ("split.test=null",),
    "one fold": ("split=holdout", "split.validation=0.3"),
    "searched further": ("search=random", "search.n_trials=3", "imputer=knn",
                         "+search.space.imputer.weights=[uniform,distance]"),
    "streamed": ("dataset.stream=true",),
    "explained": ("evaluation.explain=true", "evaluation.pairs=2", "evaluation.resamples=2"),
    "streamed, explained": ("evaluation.explain=true", "dataset.stream=true"),
}  # fmt: skip


def faults(record: object) -> list[str]:
    """What the schema says of a record."""
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(record)]


def test_the_schema_is_one() -> None:
    """It is a valid JSON Schema of draft 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("run", RUNS)
def test_finished_records_fit(run: str, program: Program, mixed: tuple[str, ...]) -> None:
    """Whatever a run does, its record is as the schema says."""
    own = tuple(key for key in mixed if not run.startswith("one fold") or key != "split.folds=3")
    made = program.run(*own, *RUNS[run]) if "masked" not in run else program.run(*QUICK, *RUNS[run])
    assert [] == faults(read_json(made / "run.json"))


def test_records_of_a_sweep_fit(finished_sweep: Path) -> None:
    """So are those of runs that failed."""
    records = [read_json(path) for path in sorted(finished_sweep.glob("*/run.json"))]
    assert {"finished", "refused"} == {record["status"] for record in records}
    assert [[]] * 4 == [faults(record) for record in records]


@pytest.mark.parametrize(
    ("break_", "said"),
    [
        (lambda r: r.update(n_feature=3), "'n_feature' was unexpected"),
        (lambda r: r["dataset"].pop("path"), "'path' is a required property"),
        (lambda r: r["cv"].update(mes=r["cv"]["mse"]), "'mes' is not one of"),
        (lambda r: r["cv"]["mse"].pop("se"), "'se' is a required property"),
        (lambda r: r["test"]["mse"].update(hi=1), "is not valid under any of the given schemas"),
        (lambda r: r.pop("target"), "'target' is a required property"),
        (lambda r: r.update(status="done"), "'done' is not one of"),
        (lambda r: r.update(status="failed"), "'error' is a required property"),
        (lambda r: r.update(n_selected=1.5), "1.5 is not of type 'integer'"),
        (lambda r: r.update(started="yesterday"), "'yesterday' does not match"),
        (lambda r: r.update(schema_version=1), "2 was expected"),
    ],
)
def test_a_wrong_record_does_not_fit(
    break_: Callable[[dict[str, Any]], object], said: str, finished_run: Path
) -> None:
    """A key that is wrong, missing or of another type is found."""
    record = copy.deepcopy(read_json(finished_run / "run.json"))
    assert [] == faults(record)
    break_(record)
    assert any(said in fault for fault in faults(record))


def test_the_data_is_named(finished_run: Path) -> None:
    """The record has the file as the config gave it, and the target's summary over usable rows."""
    record = read_json(finished_run / "run.json")
    assert "mixed.csv" == record["dataset"]["path"]
    y = mixed_frame()["outcome"].dropna()
    expected = {"mean": y.mean(), "sd": y.std(ddof=0), "min": y.min(), "max": y.max(), "zeros": 0}
    assert "outcome" == record["target"].pop("name")
    assert pytest.approx(expected) == record["target"]


def test_data_in_no_file_has_no_path(program: Program) -> None:
    """scikit-learn's data has its own name for the target, and no path."""
    record = read_json(program.run("dataset=diabetes", *QUICK) / "run.json")
    assert (None, "target") == (record["dataset"]["path"], record["target"]["name"])
    assert (25.0, 346.0) == (record["target"]["min"], record["target"]["max"])


@pytest.mark.parametrize("away", [0.0, 50.0])
def test_a_streamed_target_is_summarised_alike(program: Program, away: float) -> None:
    """Streamed or not, weighted, the summary is the same; but zeros are not counted in a stream."""
    frame = mixed_frame(2000).dropna(subset=["outcome"])
    frame["outcome"] = (frame["outcome"] - frame["outcome"].iloc[0]).abs() + away
    frame["w"] = [1.0 + i % 3 for i in range(len(frame))]
    frame.to_csv(program.folder / "weighted.csv", index=False)
    data = ("dataset=csv", "dataset.path=weighted.csv", "dataset.target=outcome", *QUICK,
            "dataset.weight=w")  # fmt: skip
    whole, streamed = (
        read_json(program.run(*data, f"dataset.stream={s}", name=f"made-{s}") / "run.json")[
            "target"
        ]
        for s in ("false", "true")
    )
    assert pytest.approx(pd.Series(whole).drop(["name", "zeros"]).to_dict()) == (
        pd.Series(streamed).drop(["name", "zeros"]).to_dict()
    )
    assert ((0, 0) if away else (1, None)) == (whole["zeros"], streamed["zeros"])
    mean = (frame["outcome"] * frame["w"]).sum() / frame["w"].sum()
    assert pytest.approx(mean) == whole["mean"]
