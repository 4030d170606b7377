"""Tables to search come in; what a user's command does with them, at its defaults, goes out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import Pipeline

from runner.config import ExperimentConfig, validate
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.records import Floats

SEED = 0


@dataclass(frozen=True)
class Case:
    """A table and what the command says of it beside where it is."""

    rows: int
    columns: int
    overrides: tuple[str, ...] = ()
    correlation: float = 0.5  # of every pair of columns

    @property
    def name(self) -> str:
        """Rows x columns."""
        shape = f"{self.rows:,} x {self.columns}"
        return shape if self.correlation else f"{shape} uncorrelated"

    def frame(self, missing: float = 0.1) -> pd.DataFrame:
        """Normal columns, a third of them in the signal, values missing, and the target."""
        rng = np.random.default_rng(SEED)
        common = np.sqrt(self.correlation / (1 - self.correlation))
        X = rng.standard_normal((self.rows, self.columns))
        X += common * rng.standard_normal((self.rows, 1))
        coefficients = rng.standard_normal(self.columns) * (rng.uniform(size=self.columns) < 0.3)
        signal = X @ coefficients
        y = signal + signal.std() * rng.standard_normal(self.rows)
        X[rng.uniform(size=X.shape) < missing] = np.nan
        names = [f"x{j}" for j in range(self.columns)]
        return pd.DataFrame(X, columns=names).assign(y=y / y.std())


@dataclass(frozen=True)
class Measured:
    """A case that the command has run."""

    case: Case
    folder: Path  # with table.parquet and the run's directory
    search: float  # seconds, the least of some runs
    whole: float  # of the process, likewise

    @property
    def made(self) -> Path:
        """The directory of the last run."""
        return self.folder / "made"

    @cached_property
    def config(self) -> ExperimentConfig:
        """The run's."""
        return validate(yaml.safe_load((self.made / ".hydra" / "config.yaml").read_text()))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """A row per candidate, alphas falling within a ratio."""
        trials = pd.read_csv(self.made / "trials.csv")
        order = ["model.l1_ratio", "model.alpha"]
        return trials.sort_values(order, ascending=[True, False], ignore_index=True)

    @cached_property
    def training(self) -> tuple[pd.DataFrame, Floats, PredefinedSplit]:
        """The features and the target of the rows that are not test, and their folds."""
        frame = pd.read_parquet(self.folder / "table.parquet")
        predictions = pd.read_csv(self.made / "predictions.csv")
        predicted = predictions[predictions["part"] == "oof"].sort_values("row")
        rows = frame.iloc[predicted["row"]]
        folds = predicted["fold"].to_numpy(dtype=np.int64) - 1
        return rows.drop(columns="y"), rows["y"].to_numpy(), PredefinedSplit(folds)

    @cached_property
    def ratios(self) -> list[float]:
        """The l1_ratios of the trials."""
        return sorted(self.trials["model.l1_ratio"].unique().tolist())

    def pipeline(self) -> Pipeline:
        """What the run fitted, of scikit-learn's parts."""
        features, y, _ = self.training
        specs = Specs(self.config.imputer, self.config.features, self.config.model)
        steps = (
            prepare(specs, table_of(features.reset_index(drop=True), y), SEED).transformer().steps
        )
        return Pipeline([*steps, ("model", ElasticNet(max_iter=10_000))])


def measure(case: Case, folder: Path, times: int = 3) -> Measured:
    """Give the command some times; the last run's directory stays."""
    case.frame().to_parquet(folder / "table.parquet")
    given = ["dataset=parquet", f"dataset.path={folder}/table.parquet", "dataset.target=y"]
    command = [sys.executable, "-m", "runner", *given, *case.overrides, "hydra.run.dir=made"]
    searches, wholes = [], []
    for number in range(times):
        shutil.rmtree(folder / "made", ignore_errors=True)
        nothing_kept = {"XDG_CACHE_HOME": str(folder / f"cache{number}")}
        wholes.append(timed(lambda: quietly(command, folder, nothing_kept)))  # noqa: B023 - at once
        searches.append(_record(folder / "made")["timings"]["search"])
    return Measured(case, folder, min(searches), min(wholes))


def _record(made: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((made / "run.json").read_text())
    return record


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def quietly(command: list[str], folder: Path, changed: dict[str, str] | None = None) -> None:
    """Run a command, its output unseen, with some variables of the environment changed."""
    environment = {**os.environ, **(changed or {})}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
