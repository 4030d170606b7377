"""Stored runs are found wherever they lie, and are what their files say, the broken ones too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runner.errors import ConfigError, RunDirectoryError
from runner.store.conditions import Condition, select
from runner.store.finding import find_runs, open_run

if TYPE_CHECKING:
    from pathlib import Path


def store(folder: Path, config: str = "", **record: Any) -> Path:  # noqa: ANN401 - JSON values
    """Make a run's directory with that record."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text(config)
    content = {"schema_version": 2, "status": "finished", **record}
    (folder / "run.json").write_text(json.dumps(content))
    return folder


def test_runs_are_found_below(tmp_path: Path) -> None:
    """Runs, and runs of a sweep by number; not what lies within a run, nor folders with a dot."""
    store(tmp_path / "day" / "a")
    store(tmp_path / "day" / "a" / "reproduced-1")
    store(tmp_path / ".hidden" / "b")
    for number in (10, 2):
        store(tmp_path / "sweep" / str(number))
    (tmp_path / "sweep" / "sweep.json").write_text("{}")
    found = find_runs(tmp_path)
    assert ["day/a", "sweep/2", "sweep/10"] == [
        str(run.folder.relative_to(tmp_path)) for run in found
    ]
    assert [None, tmp_path / "sweep", tmp_path / "sweep"] == [run.sweep for run in found]
    assert [tmp_path / "day" / "a"] == [run.folder for run in find_runs(tmp_path / "day" / "a")]


def test_a_broken_record_is_found(tmp_path: Path) -> None:
    """A record that is no JSON is a run that cannot be read."""
    (store(tmp_path / "a") / "run.json").write_text("{")
    (run,) = find_runs(tmp_path)
    assert ("unreadable", None, {}) == (run.status, run.score, run.overrides)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """Nothing there, or a sweep where a run is wanted, is said."""
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(RunDirectoryError, match="is a sweep: name one of its runs"):
        open_run(tmp_path)
    with pytest.raises(RunDirectoryError, match="is no folder"):
        find_runs(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("record", "config", "expected"),
    [
        ({"choices": {"dataset": "nhefs"}}, "", "nhefs"),
        ({"choices": {"dataset": "csv"}, "dataset": {"path": "/d/own.csv"}}, "", "own.csv"),
        (
            {"choices": {"dataset": "csv"}, "overrides": {"dataset.path": "'a b.csv'"}},
            "",
            "a b.csv",
        ),
        ({"choices": {"dataset": "parquet"}}, "dataset: {path: x/big.parquet}", "big.parquet"),
        ({"choices": {"dataset": "csv"}}, "", "csv"),
    ],
)
def test_a_file_is_known_by_its_name(
    tmp_path: Path, record: dict[str, Any], config: str, expected: str
) -> None:
    """Csv and parquet say nothing of the data; the record, the command or the config do."""
    run = open_run(store(tmp_path / "a", config, **record))
    assert expected == run.dataset == run.facts["dataset"]


CONFIG = "model: {name: lasso, tol: 1.0e-07, l1_ratio: [0.1, 1.0]}\nfeatures: {scale: true}\n"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("model.tol=1e-7", True),
        ("model.tol = 0.0000001", True),
        ("model.tol!=1e-7", False),
        ("model.tol<=1e-7", True),
        ("model.tol<1e-7", False),
        ("model.l1_ratio=[0.1,1.0]", True),
        ("features.scale=true", True),
        ("model.name=lasso", True),
        ("cv_mse>=2", True),
        ("cv_mse>2", False),
        ("status=finished", True),
        ("status=failed", False),
        ("metric<3", False),
    ],
)
def test_conditions(tmp_path: Path, condition: str, holds: bool) -> None:
    """Numbers compare as numbers, other values as YAML reads them."""
    run = open_run(store(tmp_path / "a", CONFIG, metric="mse", cv={"mse": {"mean": 2, "se": 1}}))
    assert ([run] if holds else []) == select([run], [Condition.of(condition)])


def test_a_key_of_no_run_is_refused(tmp_path: Path) -> None:
    """It is named, with the nearest one."""
    runs = find_runs(store(tmp_path / "a", CONFIG))
    with pytest.raises(ConfigError, match=r"did you mean model\.tol"):
        select(runs, [Condition.of("model.tl=1")])
