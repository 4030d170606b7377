"""Sweeps that a process of its own drives, so that it can be killed, and what they have written."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RUNS = 8
SWEEP = (
    "-m", "dataset=csv", "dataset.path=rows.csv", "dataset.target=y", f"seed=range(0,{RUNS})",
    "imputer=iterative", "search=random", "search.n_trials=60", "split.folds=3",
    "bootstrap.resamples=10", "evaluation.explain=false", "report=summary", "reuse=false",
)  # fmt: skip
TIMES = {"seconds"}  # columns that no two sweeps have alike


def write_rows(folder: Path, rows: int = 150) -> None:
    """The table that sweeps in a folder are of: six numbers with gaps."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, 6))
    y = X.sum(axis=1) + rng.standard_normal(rows)
    X[rng.random(X.shape) < 0.1] = np.nan
    pd.DataFrame(X, columns=list("abcdef")).assign(y=y).to_csv(folder / "rows.csv", index=False)


def drive(
    folder: Path, arguments: Sequence[str], prefix: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start the program, by way of a command that starts others if there is a prefix."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "runner", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def sweep_serially(folder: Path) -> dict[str, list[list[str]]]:
    """Make the sweep in one process, in the folder `serial`; gives its tables."""
    whole = drive(folder, [*SWEEP, "hydra.sweep.dir=serial"])
    out, err = whole.communicate(timeout=240)
    assert 0 == whole.returncode, out + err
    return tables(folder / "serial")


def go_on(folder: Path, name: str) -> None:
    """Have a sweep that was stopped end well."""
    resumed = drive(folder, ["resume", name])
    out, err = resumed.communicate(timeout=240)
    assert 0 == resumed.returncode, out + err


def statuses(swept: Path) -> dict[str, str]:
    """The status of each run that has begun."""
    return {path.parent.name: json.loads(path.read_text())["status"]
            for path in swept.glob("*/run.json")}  # fmt: skip


def finished(swept: Path) -> dict[str, int]:
    """The runs that are finished, and when their record was written."""
    done = [run for run, status in statuses(swept).items() if status == "finished"]
    return {run: (swept / run / "run.json").stat().st_mtime_ns for run in done}


def tables(swept: Path) -> dict[str, list[list[str]]]:
    """Every table of every run, and the sweep's, as they are written but for what took how long."""
    return {str(path.relative_to(swept)): _cells(path) for path in swept.rglob("*.csv")}


def models(swept: Path) -> dict[str, bytes]:
    """The bytes of every saved model."""
    return {path.parent.name: path.read_bytes() for path in swept.rglob("model.pkl")}


def _cells(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    kept = [at for at, name in enumerate(header) if name not in TIMES]
    return [[row[at] for at in kept] for row in [header, *rows]]
