"""Sweeps in folders, with scores that are chosen by hand, as the program would have left them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.experiment.sweep_rows import against_best, row_of
from runner.store.finding import StoredRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDS = {"training": [40] * 5, "validation": [10] * 5}


@dataclass(frozen=True)
class Made:
    """A run of a sweep, as a test wants it."""

    settings: dict[str, str]
    folds: Sequence[float] = (1.0, 2.0, 3.0, 4.0, 5.0)  # of the outer folds, and the inner ones
    seconds: float = 1.0
    nested: bool = True
    metric: str = "mse"
    data: str = "a"
    error: str | None = None
    status: str = "finished"
    more: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Its run.json."""
        common = {"schema_version": 2, "overrides": self.settings, "metric": self.metric}
        if self.error:
            return {**common, "status": "refused", "error": self.error, "timings": {}}
        scores = np.asarray(self.folds)
        cv = {"mean": scores.mean(), "se": 0.5, "folds": scores.tolist()}
        expected = {"score": scores.mean(), "low": scores.mean() - 1, "high": scores.mean() + 1}
        return {
            **common,
            "status": self.status,
            "family": "gaussian",
            "folds": FOLDS,
            "cv": {self.metric: cv},
            "test": {"level": 0.95, "rows": 9, self.metric: {"score": scores.mean() + 0.1}},
            "search": {"trials": 50},
            "n_selected": 3,
            "n_features": 7,
            "timings": {"search": self.seconds},
            **({"nested": {self.metric: cv}} if self.nested else {}),
            **({"expected": {self.metric: expected | {"level": 0.95}}} if self.nested else {}),
            **self.more,
        }


def make_sweep(folder: Path, made: Sequence[Made], **about: Any) -> Path:  # noqa: ANN401 - JSON
    """Write the folder of a sweep, with a page for each run that has a score."""
    folder.mkdir()
    stored = [_store(folder / f"{at}", run) for at, run in enumerate(made)]
    rows = pd.DataFrame([row_of(run.folder, run.record) for run in stored])
    against_best(rows, stored).to_csv(folder / "results.csv", index=False)
    command = {"overrides": ["imputer=mean,knn", "note=a b"], "multirun": True}
    content = {"status": "finished", "runs": len(made), "command": command} | about
    (folder / "sweep.json").write_text(json.dumps(content))
    return folder


def _store(folder: Path, run: Made) -> StoredRun:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run.record()))
    if not run.error:
        (folder / "report.html").write_text("")
        (folder / "environment.json").write_text(json.dumps({"data_hash": run.data}))
    return StoredRun(folder, run.record())


def grid(**more: Any) -> list[Made]:  # noqa: ANN401 - fields of a run
    """Two imputers by three ratios: knn is 2 worse in every fold, ratio 0.5 by 0.1."""
    runs = []
    for imputer, worse in (("mean", 0.0), ("knn", 2.0)):
        for ratio, by in (("1.0", 0.0), ("0.5", 0.1), ("0.25", 0.0)):
            noise = (0.0, 0.1, -0.1, 0.2, -0.2) if ratio == "0.25" else (0.0,) * 5
            base = np.array([1.0, 2.0, 3.0, 4.0, 5.0]) + worse + by + np.array(noise)
            jitter = np.array([0.01, -0.01, 0.0, 0.02, -0.02]) * (worse + 10 * by)
            own = {"imputer": imputer, "model.l1_ratio": ratio}
            runs.append(Made(own, (base + jitter).tolist(), **more))
    return runs
