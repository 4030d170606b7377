"""A job's search, made by this process alone, by workers that it starts, or with other machines."""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import getnode, uuid4

from runner.core.threads import meanwhile
from runner.errors import ConfigError, StudyError
from runner.experiment.search_worker import Part, take_part
from runner.launcher import SHARED, Site, WorkerDied
from runner.search.optuna import Optuna, shares_of_parameters
from runner.search.studies.database import said_plainly
from runner.search.studies.journal import JOURNAL, STUDY
from runner.search.studies.places import RUN
from runner.search.studies.study import StudyAt
from runner.search.studies.worker import Worker
from runner.store.directory import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.experiment.job import Job
    from runner.launcher import Launcher
    from runner.records import Trial
    from runner.search.base import Score
    from runner.search.resolve import Resolver
    from runner.search.studies.places import Places

log = logging.getLogger("runner")
DIGITS = 12  # of names that need only be told apart
LOOK = 1.0  # seconds between two looks at what the workers have made
IN_TURN = "one worker made every candidate in turn, drawn by the seed and its number"
TIME_IS_UP = "the time was up before all candidates were made, and how many fit in is not known"
RETRIED = "a candidate was begun again after a kill, which may have come while it was proposed"
BY_SEED = (
    "the candidates follow from the seed, whoever makes them, but for one whose worker died while "
    "it was proposed; their scores agree within what the solver leaves, as it starts from those "
    "that the same worker made before"
)
BY_SCORES = (
    "a candidate is proposed from the scores that were there when it was begun, and these depend "
    "on which worker was faster; the score of a candidate does not, but for what the solver leaves"
)


@dataclass(frozen=True)
class Made:
    """The trials of a search, and what run.json says of how they came about."""

    trials: list[Trial]
    described: dict[str, Any]


def refuse_workers(wanted: int) -> None:
    """Refuse a sweep of which a search asks for workers: its launcher makes the runs themselves.

    Raises:
        ConfigError: see above.
    """
    if wanted > 1:
        raise ConfigError(
            f"search.workers is {wanted}, but in a sweep the launcher makes the runs side by side: "
            "set search.workers=1, or give the command without -m"
        )


def study_at(job: Job, data_hash: str, folder: Path) -> StudyAt | None:
    """The study that others may work on too; None if the job's search is this process's own."""
    search = job.config.search
    if not (isinstance(search, Optuna) and search.shares):
        return None
    facts = job.study_facts(data_hash)
    fingerprint = fingerprint_of(facts)
    name = search.study or f"enet-{fingerprint[:DIGITS]}"
    return StudyAt(search.storage, name, folder.resolve(), fingerprint, facts)


def run_inner(job: Job, at: StudyAt | None, resolver: Resolver, score: Score) -> list[Trial]:
    """Search within a fold: in a study of its own if there is a storage, else in this process."""
    if at is not None and at.storage is not None:
        with _taking_part(job, at, resolver, score, _name()) as worker:
            worker.take_part(_optuna(job).timeout)
            return worker.places().results(resolver)
    with TemporaryDirectory() as folder:
        seed = job.config.general.seed
        return job.config.search.run(resolver, score, seed=seed, folder=Path(folder))


def run_search(job: Job, data_hash: str, resolver: Resolver, score: Score, folder: Path) -> Made:
    """Search.

    Args:
        job: what is searched, and how.
        data_hash: of the data that candidates are scored on.
        resolver: what may vary, and how a point of it becomes a candidate.
        score: scores candidates; it is told of those that others have made.
        folder: where a search that was stopped finds what it had done.

    Raises:
        StudyError: the study cannot be reached, is of another search, or was left unfinished.
    """
    at = study_at(job, data_hash, folder)
    if at is None:
        return _run_alone(job, resolver, score, folder)
    alone = job.config.search.started_workers == 1
    # no other process is in the folder: what a worker of the same name has left half made is free
    name = _run_of(at) if alone else _name()
    with _taking_part(job, at, resolver, score, name) as worker:
        if alone:
            worker.take_part(_optuna(job).timeout)
        else:
            _launch(job, at, worker)
        places = worker.places()
        trials = places.results(resolver)
        log.info("%s has %d candidates of this search", at.described, len(trials))
        if not trials:
            raise StudyError(f"{at.described} has no candidate that was scored")
        importances = shares_of_parameters(_study_of(places))
    return Made(trials, _described(_describe(job, at, places, worker.run), importances))


def _run_alone(job: Job, resolver: Resolver, score: Score, folder: Path) -> Made:
    search, seed = job.config.search, job.config.general.seed
    trials = search.run(resolver, score, seed=seed, folder=folder)
    study: dict[str, Any] | None = None
    if isinstance(search, Optuna):
        whole = len(trials) >= search.size(resolver.space)
        study = {
            "storage": JOURNAL,
            "name": STUDY,
            "workers": 1,
            "made": len(trials),
            "made_elsewhere": 0,
            "retried": [],
            "reproducible": whole,
            "why": IN_TURN if whole else TIME_IS_UP,
        }
    return Made(trials, _described(study, search.importances(folder)))


def _described(study: dict[str, Any] | None, importances: dict[str, float]) -> dict[str, Any]:
    found = {"study": study, "importances": importances}
    return {key: value for key, value in found.items() if value}


def _describe(job: Job, at: StudyAt, places: Places, run: str) -> dict[str, Any]:
    """What run.json says of a shared study."""
    done = [place for place in places.wanted if place.done]
    results = [place.result for place in done]
    made = sum(result is not None and result.user_attrs.get(RUN) == run for result in results)
    retried = [number for number, place in enumerate(done, start=1) if place.retried]
    search, elsewhere = _optuna(job), len(done) - made
    in_turn = search.workers == 1 and not elsewhere and not retried
    if search.workers == 1 and not elsewhere:
        why = RETRIED if retried else IN_TURN
    else:
        why = BY_SEED if search.sampler == "random" else BY_SCORES
    return {
        "storage": at.storage or JOURNAL,
        "name": STUDY if at.storage is None else at.name,
        "workers": search.workers,
        "made": made,
        "made_elsewhere": elsewhere,
        "retried": retried,
        "reproducible": in_turn and places.complete,
        "why": why if places.complete else TIME_IS_UP,
    }


@contextmanager
def _taking_part(
    job: Job, at: StudyAt, resolver: Resolver, score: Score, name: str
) -> Iterator[Worker]:
    """This process, as one that takes part under a name."""
    proposals = _optuna(job).proposals(resolver, score, job.config.general.seed)
    with (
        nullcontext() if at.storage is None else said_plainly(at.storage),
        at.open() as shared,
    ):
        yield Worker(shared, proposals, _run_of(at), name)


def _name() -> str:
    """What tells a worker from all others."""
    return uuid4().hex[:DIGITS]


def _launch(job: Job, at: StudyAt, watcher: Worker) -> None:
    """Have the launcher's workers make the search, and show how far they are.

    Raises:
        StudyError: they have left candidates unmade.
    """
    start = "" if at.storage is None else f"{watcher.name}-"
    names = [f"{start}{number}" for number in range(job.config.search.started_workers)]
    if at.storage is None:  # nobody else's
        watcher.shared.hand_over(names, watcher.run)
    parts = [Part(job, at, watcher.run, name) for name in names]
    reasons = []
    shared = at.folder / SHARED
    site = Site(shared, packages=tuple(sorted(job.config.packages)), say=log.info)
    try:
        with meanwhile(partial(_show, watcher), LOOK):
            for number, ended in _launcher(job).launch(take_part, parts, site):
                if ended is not None:
                    reasons.append(_reason(ended))
                    log.warning("%s", reasons[-1])
                    if at.storage is None:  # whose workers show no sign of life
                        watcher.shared.let_go(names[number])
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    places = watcher.places()
    if not places.complete and (reasons or _optuna(job).timeout is None):
        left = places.size - sum(place.done for place in places.wanted)
        reason = reasons[0] if reasons else "its workers ended"
        raise StudyError(f"{reason}; {left} of {places.size} candidates are left: run it again")


def _reason(ended: str | WorkerDied) -> str:
    if isinstance(ended, WorkerDied):
        return f"a worker died {ended.tries} times: out of memory, or killed"
    return ended


def _show(watcher: Worker) -> None:
    """Show what the workers have made."""
    with suppress(Exception):  # what fails for the workers is said by them
        watcher.show(watcher.places())


def _launcher(job: Job) -> Launcher:
    """The config's; one that starts as many as there are cores starts as many as are asked for."""
    launcher = job.config.launcher
    if getattr(launcher, "workers", 1) is None:
        return launcher.having({"workers": job.config.search.started_workers})
    return launcher


def _study_of(places: Places) -> Any:  # noqa: ANN401 - of Optuna
    """The candidates of this search alone, as a study in memory."""
    import optuna

    study = optuna.create_study(direction="minimize")
    study.add_trials([place.result for place in places.wanted if place.result is not None])
    return study


def _run_of(at: StudyAt) -> str:
    """What tells a run's candidates from those of others, however often it is started."""
    place = f"{socket.gethostname()}:{getnode()}:{at.folder}"
    return hashlib.sha256(place.encode()).hexdigest()[:DIGITS]


def _optuna(job: Job) -> Optuna:
    search = job.config.search
    assert isinstance(search, Optuna)  # noqa: S101 - no other is shared
    return search
