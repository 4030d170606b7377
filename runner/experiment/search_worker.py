"""A process that a run has started to take part in its search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.core.threads import one_thread_of_blas
from runner.errors import RunnerError, StudyError
from runner.experiment.workspace import Workspace
from runner.report.terminal.screen import Screen
from runner.search import Resolver
from runner.search.optuna import Optuna
from runner.search.scorer import Objective, Scorer
from runner.search.studies.database import said_plainly
from runner.search.studies.journal import in_use
from runner.search.studies.worker import Worker
from runner.store.differences import describe_differences, differences

if TYPE_CHECKING:
    from runner.experiment.job import Job
    from runner.search.studies.study import StudyAt


@dataclass(frozen=True)
class Part:
    """What a worker is to take part in."""

    job: Job
    at: StudyAt
    run: str  # whom its candidates are counted for
    name: str  # of the worker; one that is started again after a death has the same


def take_part(part: Part) -> str | None:
    """Make candidates until all are done; gives the reason if that could not be."""
    try:
        with one_thread_of_blas():
            _take_part(part)
    except RunnerError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the others may go on
        return repr(error)
    return None


def _take_part(part: Part) -> None:
    job, at, search = part.job, part.at, part.job.config.search
    assert isinstance(search, Optuna)  # noqa: S101 - no other is shared
    config, seed = job.config, job.config.general.seed
    data = Workspace().data(config, Screen(None).progress)
    found = differences(at.facts, job.study_facts(data.data_hash))
    if found:
        raise StudyError(f"a worker differs from its run: {describe_differences(found)}")
    objective = Objective(config.metric, config.trial_metrics)
    scorer = Scorer(data.folds, job.specs, objective, seed=seed, progress=lambda _: None)
    resolver = Resolver(config.search_space, scorer.alpha_max)
    with in_use(at.journal) if at.storage is None else said_plainly(at.storage):
        proposals = search.proposals(resolver, scorer, seed)
        with at.join() as shared:
            Worker(shared, proposals, part.run, part.name).take_part(search.timeout)
