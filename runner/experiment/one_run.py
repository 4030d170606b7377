"""One job of a sweep: tried as often as the config says, here or in a worker process."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from runner.config.composed_there import THERE
from runner.errors import InUseError, RunDirectoryError
from runner.experiment.job import job_of
from runner.experiment.run import Outcome, record_failure, run
from runner.experiment.workspace import Workspace
from runner.report.terminal.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from runner.config import PlannedRun
    from runner.config.composed_there import Origin
    from runner.experiment.job import Job

PATIENCE = 10.0  # seconds for another process to leave a run's folder
PAUSE = 0.1


def make_here(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run a job; one that failed is tried again, one that was refused would be so again."""
    outcome = _try(job, workspace, screen)
    for _ in range(job.config.general.retries):
        if outcome.record["status"] != "failed":
            break
        screen.say(f"failed, and tried again: {outcome.record['error']}")
        outcome = _try(job, workspace, screen)
    return outcome


def make_planned(planned: PlannedRun, origin: Origin, tables: Path) -> Outcome:
    """Compose and run a job in a worker process, whose jobs share what is in memory.

    Args:
        planned: what to run.
        origin: where its config comes from.
        tables: a folder of those that the processes share.
    """
    validated = THERE.validated(planned, origin)
    outcome = make_here(job_of(validated, planned.folder), _workspace(tables), Screen(None))
    return Outcome(outcome.folder, outcome.record)  # an error need not survive being sent


@lru_cache(maxsize=1)  # that of the latest start of a sweep: another may be of other data
def _workspace(tables: Path) -> Workspace:
    """The process's own."""
    return Workspace(shared=tables)


def _when_free(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run a job; a worker that its sweep has left behind is given time to end."""
    latest = time.monotonic() + PATIENCE
    while True:
        try:
            return run(job, workspace, screen)
        except InUseError:
            if time.monotonic() > latest:
                raise
        time.sleep(PAUSE)


def _try(job: Job, workspace: Workspace, screen: Screen) -> Outcome:
    """Run a job; what fails before it has a directory does not stop the others either."""
    try:
        return _when_free(job, workspace, screen)
    except RunDirectoryError as error:  # there is no place for a record
        record = {"status": "failed", "error": str(error), "metric": job.config.metric}
        return Outcome(job.folder, {**record, "overrides": job.composed.overrides}, error)
    except Exception as error:  # noqa: BLE001 - one failure stays one failure
        return record_failure(job, error)
