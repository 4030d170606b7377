"""One run, from a validated config to a directory that stands on its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.experiment.artefacts import Artefacts
from runner.experiment.judging import judge, refit
from runner.experiment.searching import search
from runner.experiment.stopwatch import Stopwatch
from runner.features.pipeline import preparation_of
from runner.store.directory import RunDirectory
from runner.store.run_record import RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from runner.experiment.job import Job
    from runner.experiment.workspace import Workspace
    from runner.report.screen import Screen

log = logging.getLogger("runner")


@dataclass(frozen=True)
class Outcome:
    """A run that has ended: its record, and the coefficients or the error."""

    folder: Path
    record: dict[str, Any]
    coefficients: pd.DataFrame | None = None
    error: Exception | None = None


def run(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run one experiment. What fails once the run has a directory is recorded and returned.

    Raises:
        ConfigError: the dataset lacks what the imputer needs; no directory is made.
        DataError: the data cannot be used; no directory is made.
        RunDirectoryError: the directory cannot be made.
    """
    watch = Stopwatch()
    with watch.stage("data"):
        data = workspace.data(job.config, screen.progress)
        preparation = preparation_of(job.specs, data.folds, job.config.general.seed)
        job.config.imputer.check_data(data, preparation)
    fingerprint = job.fingerprint(data.data_hash)
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen)
    record = _begin(job, fingerprint)
    with directory.logging():
        try:
            log.info("run with %s", job.composed.overrides or "the defaults")
            coefficients = _go(Artefacts(directory, job, data, record), watch, screen)
        except Exception as error:  # noqa: BLE001 - the one boundary of a run
            _fail(directory, record, error)
            return Outcome(directory.folder, record.content, error=error)
        except BaseException as error:  # an interrupt ends the program, but not unrecorded
            _fail(directory, record, error)
            raise
    return Outcome(directory.folder, record.content, coefficients)


def record_failure(job: Job, error: Exception) -> Outcome:
    """Leave a failed run's directory for a run that failed before it had one."""
    fingerprint = job.fingerprint("")
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen)
    record = _begin(job, fingerprint)
    directory.write_composed(job.composed.yaml)
    _fail(directory, record, error)
    return Outcome(directory.folder, record.content, error=error)


def _go(artefacts: Artefacts, watch: Stopwatch, screen: Screen) -> pd.DataFrame:
    """Search, refit, judge and write; returns the coefficients."""
    job, data, stage = artefacts.job, artefacts.data, watch.stage
    with stage("write"):
        artefacts.write_origin()
    with stage("search"):
        searched = search(job, data, artefacts.directory.folder, screen)
    with stage("refit"):
        winner = refit(job, data, searched)
    with stage("evaluate"):
        judged = judge(job, data, searched, winner)
    with stage("write"):
        artefacts.write_results(searched, winner, judged)
    artefacts.finish(watch.seconds)
    return winner.final.coefficients


def _begin(job: Job, fingerprint: str) -> RunRecord:
    return RunRecord.begin(
        fingerprint=fingerprint,
        overrides=job.composed.overrides,
        choices=job.composed.choices,
        metric=job.config.general.metric,
    )


def _fail(directory: RunDirectory, record: RunRecord, error: BaseException) -> None:
    reason = record.fail(error)
    log.error("failed: %s", reason, exc_info=error)
    directory.write_json("run.json", record.content)
