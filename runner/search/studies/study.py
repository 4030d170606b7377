"""A study that several processes work on at once: in a database, or in a run's journal."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from runner.errors import StudyError
from runner.search.studies.address import shown
from runner.search.studies.database import database_storage
from runner.search.studies.journal import (
    JOURNAL,
    STUDY,
    await_workers,
    journal_storage,
    open_journal,
)
from runner.search.studies.places import RUN, WORKER, Places
from runner.search.studies.trials import RECORD, record_of
from runner.store.differences import describe_differences, differences

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import optuna
    from optuna.trial import FrozenTrial

    from runner.records import Trial
    from runner.search.resolve import Resolver

FINGERPRINT, FACTS = "fingerprint", "search"  # the study's attributes
SHOWN = 4  # differences of two searches


@dataclass(frozen=True)
class StudyAt:
    """Where a study is, and what its candidates and their scores depend on."""

    storage: str | None  # None: the journal in the folder
    name: str
    folder: Path
    fingerprint: str  # of the facts
    facts: dict[str, Any]

    @property
    def journal(self) -> Path:
        """The file of a study without a storage."""
        return self.folder / JOURNAL

    @property
    def described(self) -> str:
        """For a message."""
        where = str(self.journal) if self.storage is None else shown(self.storage)
        return f"the study {self.name!r} at {where}"

    def inner(self, suffix: str) -> StudyAt:
        """A study beside this one, for the same search on part of the rows."""
        facts = {**self.facts, "part": suffix}
        fingerprint = f"{self.fingerprint}-{suffix}"
        return StudyAt(self.storage, f"{self.name}-{suffix}", self.folder, fingerprint, facts)

    def open(self) -> SharedStudy:
        """The study, made if there is none, before any worker takes part.

        Raises:
            StudyError: the storage cannot be reached, or the study is of another search.
            InUseError: workers of an earlier start still use the journal.
        """
        if self.storage is None:
            await_workers(self.journal)
            open_journal(self.journal)
            return self.join()
        import optuna

        storage, close = database_storage(self.storage)
        with ExitStack() as stack:
            stack.callback(close)
            study = optuna.create_study(
                storage=storage, study_name=self.name, direction="minimize", load_if_exists=True
            )
            self._check(study)
            return SharedStudy(study, storage, stack.pop_all())

    def join(self) -> SharedStudy:
        """The study, as a worker finds it.

        Raises:
            StudyError: it is not there, or cannot be reached.
        """
        import optuna

        with ExitStack() as stack:
            if self.storage is None:
                if not self.journal.exists():
                    raise StudyError(f"a worker does not find {self.journal}: set search.storage")
                storage, name = journal_storage(self.journal), STUDY
            else:
                storage, close = database_storage(self.storage)
                stack.callback(close)
                name = self.name
            study = optuna.load_study(study_name=name, storage=storage)
            return SharedStudy(study, storage, stack.pop_all())

    def _check(self, study: optuna.Study) -> None:
        """Leave in a new study what it is of; refuse one that is of something else."""
        known = study.user_attrs
        if FINGERPRINT not in known:
            if study.get_trials(deepcopy=False):
                raise StudyError(f"{self.described} was made by another program: search.study=NAME")
            study.set_user_attr(FACTS, self.facts)
            study.set_user_attr(FINGERPRINT, self.fingerprint)
        elif known[FINGERPRINT] != self.fingerprint:
            found = differences(known.get(FACTS, {}), self.facts)
            some = dict(list(found.items())[:SHOWN])
            more = f", and {len(found) - len(some)} more" if len(found) > len(some) else ""
            raise StudyError(
                f"{self.described} is of another search: {describe_differences(some)}{more}; "
                "choose another search.study, or search.study=null for one of its own"
            )


class SharedStudy:
    """What a worker does to a study, within a block."""

    def __init__(
        self, study: optuna.Study, storage: optuna.storages.BaseStorage, connections: ExitStack
    ) -> None:
        self.study, self.storage = study, storage
        self._id = storage.get_study_id_from_name(study.study_name)
        self._connections = connections

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the database."""
        self._connections.close()

    def places(self, size: int, resolver: Resolver) -> Places:
        """Who makes what, as it is now, in a search of that size."""
        trials = self.storage.get_all_trials(self._id, deepcopy=False)
        return Places.of(trials, size, resolver.space.dimensions)

    def id_of(self, number: int) -> int:
        """The storage's own number of a trial."""
        return int(self.storage.get_trial_id_from_study_id_trial_number(self._id, number))

    def begin(self, marks: Mapping[str, str]) -> optuna.Trial:
        """A new trial, which carries the marks of its worker from the first."""
        from optuna.trial import TrialState, create_trial

        template = create_trial(state=TrialState.RUNNING, user_attrs=dict(marks))
        return self._asked(self.storage.create_new_trial(self._id, template))

    def go_on(self, trial: FrozenTrial) -> optuna.Trial:
        """A trial that was begun before."""
        return self._asked(self.id_of(trial.number))

    def _asked(self, trial_id: int) -> optuna.Trial:
        """What Study.ask gives, of a trial that is this process's already."""
        from optuna.trial import Trial

        # else samplers would see the trials as they were before
        self.study._thread_local.cached_all_trials = None  # noqa: SLF001 - as in Study.ask
        return Trial(self.study, trial_id)

    def claim(self, trial: FrozenTrial, marks: Mapping[str, str]) -> bool:
        """Take a trial that waits; False if another worker was faster."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        trial_id = self.id_of(trial.number)
        try:
            if not self.storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                return False
            for key, value in marks.items():
                self.mark(trial, key, value)
        except UpdateFinishedTrialError:
            return False
        return True

    def mark(self, trial: FrozenTrial, key: str, value: str) -> None:
        """Say something of a trial."""
        self.storage.set_trial_user_attr(self.id_of(trial.number), key, value)

    def finish(self, number: int, scored: Trial) -> None:
        """Record what came of a trial.

        It is Study.tell but for reading the trial twice, and for the sampler's after_trial, with
        which none of the samplers does anything.

        Raises:
            UpdateFinishedTrialError: it has ended already, as this worker was thought dead.
        """
        from optuna.trial import TrialState

        trial_id, known = self.id_of(number), bool(np.isfinite(scored.loss))
        self.storage.set_trial_user_attr(trial_id, RECORD, record_of(scored))
        state = TrialState.COMPLETE if known else TrialState.FAIL
        self.storage.set_trial_state_values(trial_id, state, [scored.loss] if known else None)

    def end(self, number: int) -> None:
        """Leave a trial without a result."""
        from optuna.trial import TrialState

        self.storage.set_trial_state_values(self.id_of(number), TrialState.FAIL)

    def let_go(self, worker: str) -> None:
        """Let others make the trials that a worker has begun who does not come back."""
        for trial in self.storage.get_all_trials(self._id, deepcopy=False):
            if trial.state.name == "RUNNING" and trial.user_attrs.get(WORKER) == worker:
                self.end(trial.number)

    def hand_over(self, names: list[str], run: str) -> None:
        """Give the trials that an earlier start has left half made to workers of these names."""
        trials = self.storage.get_all_trials(self._id, deepcopy=False)
        left = [trial for trial in trials if trial.state.name == "RUNNING"]
        for at, trial in enumerate(left):
            self.mark(trial, WORKER, names[at % len(names)])
            self.mark(trial, RUN, run)
