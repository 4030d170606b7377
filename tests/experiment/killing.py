"""Sweeps that are killed at a random instant and gone on with, beside one that nothing disturbs."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SWEEP = (
    "-m", "dataset=csv", "dataset.path=rows.csv", "dataset.target=y", "imputer=mean,knn",
    "search=grid,random", "model.alpha={eps:0.01,count:5}",
    "model.l1_ratio=[0.5]", "split.folds=3", "bootstrap.resamples=10", "reuse=false",
)  # fmt: skip
RUNS = 4  # of that sweep
LATEST = 0.8  # seconds, about what a run takes
TABLES = ("trials.csv", "coefficients.csv", "predictions.csv")


@dataclass(frozen=True)
class Killed:
    """How a sweep that was killed has ended, after it was gone on with."""

    finished_before: int  # runs that were finished when it was killed
    made_again: int  # of these, how many were made a second time
    lost: int  # runs without a result
    different: int  # tables that differ from those of the undisturbed sweep


def prepare(folder: Path) -> dict[str, list[list[str]]]:
    """Write the data, and sweep undisturbed; gives the tables."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 4))
    X[rng.random(X.shape) < 0.1] = np.nan
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame.assign(y=np.nansum(X, axis=1) + rng.standard_normal(80)).to_csv(
        folder / "rows.csv", index=False
    )
    done = start(folder, [*SWEEP, "hydra.sweep.dir=whole"])
    assert done.wait() == 0
    return tables(folder / "whole")


def start(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


def kill_and_go_on(
    folder: Path, name: str, whole: dict[str, list[list[str]]], *, launcher: str, seed: int
) -> Killed:
    """Kill a sweep and resume it.

    The seed draws how many runs are to be finished by then, and an instant after that.
    """
    swept = folder / name
    ours = [*SWEEP, f"launcher={launcher}", f"hydra.sweep.dir={name}"]
    process = start(folder, ours)
    draw = random.Random(seed)  # noqa: S311 - no secret
    wanted = draw.randrange(RUNS)
    while not _has_come_to(swept, wanted) and process.poll() is None:
        time.sleep(0.005)
    time.sleep(draw.uniform(0, LATEST))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = finished(swept)
    assert start(folder, ["resume", name]).wait() == 0
    after, found = finished(swept), tables(swept)
    return Killed(
        finished_before=len(before),
        made_again=sum(after.get(run) != began for run, began in before.items()),
        lost=len({key.split("/")[0] for key in whole if "/" in key}) - len(after),
        different=sum(found.get(key) != table for key, table in whole.items()),
    )


def _has_come_to(swept: Path, wanted: int) -> bool:
    """Whether a sweep has begun, and so many of its runs are finished."""
    return (swept / "sweep.json").exists() and len(finished(swept)) >= wanted


def finished(swept: Path) -> dict[str, int]:
    """The runs that are finished, and when their record was written."""
    records = {path.parent.name: path for path in swept.glob("*/run.json")}
    done = [
        run for run, path in records.items() if json.loads(path.read_text())["status"] == "finished"
    ]
    return {run: records[run].stat().st_mtime_ns for run in done}


def tables(swept: Path) -> dict[str, list[list[str]]]:
    """The rows of every run's tables, and of the sweep's, without what times say."""
    paths = [path for name in TABLES for path in swept.glob(f"*/{name}")]
    found = {str(path.relative_to(swept)): _rows(path) for path in paths}
    return {**found, "results.csv": _rows(swept / "results.csv")}


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    kept = [at for at, name in enumerate(header) if name not in {"seconds", "launcher"}]
    return [[row[at] for at in kept] for row in [header, *rows]]
