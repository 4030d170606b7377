"""Many runs from one command: each in a folder of its own, and one table over all of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.core.metrics import LARGER_IS_BETTER
from runner.errors import RunnerError
from runner.experiment.job import Job
from runner.experiment.run import Outcome, record_failure, run
from runner.experiment.workspace import Workspace
from runner.statistics import paired_comparison as comparison
from runner.store.directory import RunDirectory, fingerprint_of
from runner.store.run_record import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.report.screen import Screen

log = logging.getLogger("runner")


@dataclass(frozen=True)
class SweepOutcome:
    """What came of a sweep."""

    folder: Path
    outcomes: list[Outcome]
    compared: pd.DataFrame | None = None  # with the baseline, if there is one

    @property
    def failed(self) -> int:
        """How many runs failed."""
        return sum(outcome.record["status"] != "finished" for outcome in self.outcomes)


def run_sweep(jobs: Sequence[Job], folder: Path, screen: Screen, *, chosen: bool) -> SweepOutcome:
    """Run every job, one after the other, and write `results.csv` and `sweep.json`.

    With a baseline, `comparison.csv` has each run's difference from it. A run that fails leaves
    its record and a row, and does not stop the others.

    Args:
        jobs: what to run; a job's folder is relative to the sweep's.
        folder: the sweep's.
        screen: where progress is shown.
        chosen: whether the user named the folder.

    Raises:
        ConfigError: no run is the baseline that the config names.
        RunDirectoryError: the directory cannot be made.
    """
    baseline = jobs[0].config.report.baseline
    if baseline is not None:
        comparison.check_baseline(baseline, [job.composed.overrides for job in jobs])
    directory = RunDirectory.open(
        folder, fingerprint_of([j.composed.sections for j in jobs]), chosen=chosen
    )
    workspace = Workspace()
    outcomes: list[Outcome] = []
    for number, job in enumerate(jobs, start=1):
        named = " ".join(f"{key}={value}" for key, value in job.composed.overrides.items())
        screen.say(f"run {job.folder} ({number} of {len(jobs)}): {named}")
        placed = Job(job.config, job.composed, directory.folder / job.folder, chosen=True)
        outcomes.append(_run_one(placed, workspace, screen))
        if outcomes[-1].error is not None:
            screen.say(f"failed: {outcomes[-1].error}")
        directory.write_table("results.csv", results_table(outcomes))
    compared = None
    if baseline is not None:
        records = [(outcome.folder.name, outcome.record) for outcome in outcomes]
        compared = comparison.comparison_table(records, baseline)
        directory.write_table("comparison.csv", compared)
    sweep = SweepOutcome(directory.folder, outcomes, compared)
    directory.write_json("sweep.json", _describe(sweep))
    return sweep


def _run_one(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run one job; what fails before it has a directory does not stop the others either."""
    try:
        return run(job, workspace, screen)
    except (RunnerError, OSError) as error:  # a file that cannot be read, say
        return record_failure(job, error)


def results_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """A row per run: its overrides as columns, its scores, its best parameters, or its error."""
    return pd.DataFrame([_row(outcome) for outcome in outcomes])


def ranked(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows best first by the CV mean of the metric, failed runs last.

    Errors on different data do not compare: where datasets differ, each has its own order.
    """
    loss = pd.to_numeric(results[f"cv_{metric}"])
    ordered = results.assign(_loss=-loss if metric in LARGER_IS_BETTER else loss)
    first = [key for key in ("dataset",) if key in results]
    ordered = ordered.sort_values([*first, "_loss"], na_position="last", kind="stable")
    return ordered.drop(columns="_loss")


def shown(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The columns that fit a screen: what varied, how it went, and the metric."""
    fixed = ["run", "status", f"cv_{metric}", f"cv_{metric}_se", f"test_{metric}", "n_selected"]
    columns = list(results.columns)
    overridden = columns[1 : columns.index("status")]
    varied = [c for c in overridden if len(set(results[c].astype(str))) > 1]
    rest = [c for c in [*fixed[1:], "seconds"] if c in columns]
    return results[["run", *varied, *rest]]


def _row(outcome: Outcome) -> dict[str, Any]:
    record = outcome.record
    cv: dict[str, Any] = record.get("cv", {})
    test: dict[str, Any] = record.get("test") or {}
    metric = record["metric"]
    parameters = record.get("best", {}).get("parameters", {})
    return {
        "run": outcome.folder.name,
        **record["overrides"],
        "status": record["status"],
        "metric": metric,
        **{f"best_{key}": value for key, value in parameters.items()},
        f"cv_{metric}": cv.get(metric, {}).get("mean"),
        f"cv_{metric}_se": cv.get(metric, {}).get("se"),
        **{f"cv_{name}": scores["mean"] for name, scores in cv.items() if name != metric},
        **{f"test_{name}": found["score"] for name, found in test.items() if name in cv},
        "n_selected": record.get("n_selected"),
        "n_features": record.get("n_features"),
        "seconds": sum(record.get("timings", {}).values()) or None,
        "error": record.get("error"),
    }


def _describe(sweep: SweepOutcome) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": len(sweep.outcomes),
        "failed": sweep.failed,
        "folders": [outcome.folder.name for outcome in sweep.outcomes],
    }
