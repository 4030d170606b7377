"""One run, from a validated config to a directory that stands on its own."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.core.threads import one_thread_of_blas
from runner.errors import RunDirectoryError, RunnerError
from runner.experiment.artefacts import Artefacts, sign_if_asked
from runner.experiment.case import Case
from runner.experiment.explaining import Explained, explain
from runner.experiment.judging import check_metric, evaluate, judge, refit
from runner.experiment.pages import PageStyle, try_run_page
from runner.experiment.searching import search
from runner.experiment.stopwatch import Stopwatch
from runner.features.pipeline import check_columns, preparation_of
from runner.report.terminal.screen import Screen
from runner.search.optuna import JOURNAL
from runner.store.directory import RunDirectory, read_record
from runner.store.own_files import BESIDE
from runner.store.report_files import LIBRARY, PAGE
from runner.store.run_record import RunRecord
from runner.store.signature import sign

if TYPE_CHECKING:
    from pathlib import Path

    from runner.experiment.job import Job
    from runner.experiment.workspace import Workspace

log = logging.getLogger("runner")
# what a run that takes over another's files has itself, as it is added to where it lies
OWN_FILES = {*BESIDE, JOURNAL, PAGE, LIBRARY}


@dataclass(frozen=True)
class Outcome:
    """A run that has ended: its record, and the error if it met one."""

    folder: Path
    record: dict[str, Any]
    error: Exception | None = None


def run(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run one experiment. What fails once the run has a directory is recorded and returned.

    Raises:
        ConfigError: the dataset lacks what the imputer needs; no directory is made.
        DataError: the data cannot be used; no directory is made.
        SignatureError: the key that is to sign cannot be used; no directory is made.
        RunDirectoryError: the directory cannot be made.
    """
    with one_thread_of_blas():
        return _run(job, workspace, screen)


def _run(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    watch = Stopwatch()
    if job.config.persistence.sign_with is not None:  # before anything that takes long
        sign(b"", job.config.persistence.sign_with)
    with watch.stage("data"):
        data = workspace.data(job.config, screen.progress)
        check_metric(job, data)
        preparation = preparation_of(job.specs, data.folds, job.config.general.seed)
        job.config.imputer.check_data(data, preparation)
        check_columns(job.specs, data.folds)
    fingerprint = job.fingerprint(data.data_hash)
    source = workspace.finished(job, fingerprint) if job.config.general.reuse else None
    with _open(job, fingerprint) as directory:
        if directory.finished is not None:
            return Outcome(directory.folder, directory.finished)
        record = _begin(job, fingerprint)
        directory.write_record(record.content)
        if source is not None:
            return _reuse(directory, job, record, source, watch.seconds)
        with directory.logging():
            outcome = _record(Artefacts(directory, job, data, record), watch, screen)
    if outcome.error is None:
        workspace.remember(job, fingerprint)
    return outcome


def finished_elsewhere(job: Job, workspace: Workspace) -> Path | None:
    """Where a job's run is finished already, if it may be reused; None if its data is unusable."""
    if not job.config.general.reuse:
        return None
    try:
        data_hash = workspace.data(job.config, Screen(None).progress).data_hash
    except (RunnerError, OSError):
        return None
    return workspace.finished(job, job.fingerprint(data_hash))


def record_failure(job: Job, error: Exception) -> Outcome:
    """Leave the directory of a run that failed, or was refused, before it had one."""
    fingerprint = job.fingerprint("")
    with _open(job, fingerprint) as directory, directory.logging():
        record = _begin(job, fingerprint)
        directory.write_composed(job.composed.yaml)
        _fail(directory, record, error)
    return Outcome(directory.folder, record.content, error)


def _open(job: Job, fingerprint: str) -> RunDirectory:
    directory = RunDirectory.open(job.folder, fingerprint, chosen=job.chosen, replaces=job.replaces)
    directory.encryption = job.config.persistence.encryption
    directory.escapes_formulas = job.config.general.escape_formulas
    return directory


def _record(artefacts: Artefacts, watch: Stopwatch, screen: Screen) -> Outcome:
    """Run, and record how it ended."""
    directory, record = artefacts.directory, artefacts.record
    try:
        log.info("run with %s", artefacts.job.composed.overrides or "the defaults")
        _go(artefacts, watch, screen)
    except Exception as error:  # noqa: BLE001 - the one boundary of a run
        _fail(directory, record, error)
        return Outcome(directory.folder, record.content, error)
    except BaseException as error:  # an interrupt ends the program, but not unrecorded
        _fail(directory, record, error)
        raise
    return Outcome(directory.folder, record.content)


def _reuse(
    directory: RunDirectory,
    job: Job,
    record: RunRecord,
    source: Path,
    seconds: dict[str, float],
) -> Outcome:
    """Take the files of a run that is finished elsewhere; what was asked for stays this run's."""
    found = read_record(source) or {}
    hashes = found.get("files", {})
    names = hashes or [path.name for path in source.iterdir() if path.is_file()]
    taken = [name for name in names if name not in OWN_FILES and "/" not in name]
    directory.take_over(source, taken, hashes)
    directory.write_composed(job.composed.yaml)
    dataset = {**found.get("dataset", {}), "path": job.config.dataset.source_path}
    record.content = {**found, **record.content, "dataset": dataset, "reused_from": str(source)}
    record.finish(seconds, status="reused")
    try_run_page(directory.folder, record.content, PageStyle.of(job.config.report))
    directory.write_record(record.content)
    sign_if_asked(directory, job)
    return Outcome(directory.folder, record.content)


def _go(artefacts: Artefacts, watch: Stopwatch, screen: Screen) -> None:
    """Search, refit, judge, explain if that is asked for, and write."""
    job, data, stage = artefacts.job, artefacts.data, watch.stage
    with stage("write"):
        artefacts.write_origin()
    with stage("search"):
        searched = search(job, data, artefacts.directory.folder, screen)
    with stage("refit"):
        winner = refit(job, data, searched)
    with stage("nested"):
        worth = evaluate(job, data, searched, screen)
    with stage("evaluate"):
        judged = judge(job, data, searched, worth, winner)
    explained = Explained()
    if job.config.evaluation.explain:
        with stage("explain"):
            explained = explain(Case(job, data, searched, winner, worth), screen)
    with stage("write"):
        artefacts.write_results(searched, winner, judged, explained)
    artefacts.finish(watch.seconds)


def _begin(job: Job, fingerprint: str) -> RunRecord:
    return RunRecord.begin(
        fingerprint=fingerprint,
        overrides=job.composed.overrides,
        choices=job.composed.choices,
        metric=job.config.metric,
    )


def _fail(directory: RunDirectory, record: RunRecord, error: BaseException) -> None:
    reason = record.fail(error)
    at_fault = isinstance(error, RunnerError)  # whose message says all
    log.error("%s: %s", record.content["status"], reason, exc_info=None if at_fault else error)
    with suppress(RunDirectoryError):  # on a full disk it stays running, and is found unlocked
        directory.write_record(record.content)
