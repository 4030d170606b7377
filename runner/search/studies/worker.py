"""One of the workers on a study: it makes candidates until each place of the search is done."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from runner.search.studies.database import beat_of, beating, fail_stale_trials, retry
from runner.search.studies.places import RUN, TAKEN_UP, WORKER, Places
from runner.search.studies.trials import RECORD, suggest, trial_of

if TYPE_CHECKING:
    import optuna

    from runner.search.base import Score
    from runner.search.resolve import Resolver
    from runner.search.studies.samplers import Samplers
    from runner.search.studies.study import SharedStudy


LOOK = 1.0  # seconds between two looks for trials whose worker has died
PAUSE = 0.2  # seconds between two looks at what others are at


@dataclass(frozen=True)
class Proposals:
    """What the workers of one search have in common."""

    resolver: Resolver  # what may vary, and how a point of it becomes a candidate
    score: Score
    samplers: Samplers
    size: int  # how many candidates the search has


@dataclass
class Worker:
    """Takes part in a search.

    Args:
        shared: the study.
        proposals: what is searched.
        run: who the candidates are counted for.
        name: of this worker; one that takes the place of a dead one has its name.
    """

    shared: SharedStudy
    proposals: Proposals
    run: str
    name: str
    _seen: set[int] = field(default_factory=set)  # places whose results were shown
    _next_look: float = 0.0
    _beaten: set[int] = field(default_factory=set)  # trials that were waited for

    def take_part(self, timeout: float | None) -> None:
        """Make candidates until all are done, or the time is up.

        Args:
            timeout: seconds after which no candidate is begun.
        """
        deadline = np.inf if timeout is None else time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._look_for_the_dead()
            places = self.places()
            self.show(places)
            if places.complete:
                return
            claimed = self._claim(places)
            if claimed is None:
                self._wait(places)
            else:
                self._make(*claimed)

    def _look_for_the_dead(self) -> None:
        """Now and then, as it takes as long as a query."""
        if time.monotonic() >= self._next_look:
            fail_stale_trials(self.shared.study)
            self._next_look = time.monotonic() + LOOK

    def places(self) -> Places:
        """The study as it is now."""
        return self.shared.places(self.proposals.size, self.proposals.resolver)

    def show(self, places: Places) -> None:
        """Count what others have made as progress."""
        new = {
            at: trial_of(place.result.user_attrs[RECORD], at + 1)
            for at, place in enumerate(places.wanted)
            if place.result is not None and at not in self._seen
        }
        if new:
            self._seen.update(new)
            self.proposals.score.resume(list(new.values()))

    def _claim(self, places: Places) -> tuple[optuna.Trial, int] | None:
        """A trial, which is this worker's from now on, and its place; None if there is none."""
        for trial in places.left_by(self.name):
            self.shared.mark(trial, TAKEN_UP, "yes")
            return self.shared.go_on(trial), places.by_trial[trial.number]
        for trial in places.waiting():
            if self.shared.claim(trial, self._marks):
                return self.shared.go_on(trial), places.by_trial[trial.number]
        if places.begins_more:
            return self._begin(places)
        for trial in places.lost():
            retry(self.shared.study, trial)
        return None

    @property
    def _marks(self) -> dict[str, str]:
        return {RUN: self.run, WORKER: self.name}

    def _begin(self, places: Places) -> tuple[optuna.Trial, int] | None:
        """A new candidate, unless others have begun the last ones at the same time."""
        begun = self.shared.begin(self._marks)
        alone = begun.number == len(places.by_trial)  # since these were looked at
        place = len(places.all) if alone else self.places().by_trial[begun.number]
        if place < self.proposals.size:
            return begun, place
        self.shared.end(begun.number)
        return None

    def _make(self, asked: optuna.Trial, place: int) -> None:
        """Propose, score and tell; what is left half made is others' to make."""
        from optuna.exceptions import UpdateFinishedTrialError

        shared, number = self.shared, asked.number
        shared.study.sampler = self.proposals.samplers.of(place)
        try:
            # another worker has it if this one was thought dead
            with suppress(UpdateFinishedTrialError), beating(shared.storage, shared.id_of(number)):
                candidate = suggest(asked, self.proposals.resolver)
                (scored,) = self.proposals.score([candidate])
                self._seen.add(place)
                shared.finish(number, scored)
        except BaseException:
            with suppress(Exception):
                shared.end(number)
            raise

    def _wait(self, places: Places) -> None:
        """Give others time.

        A worker that died before the first heartbeat of its trial would be waited for without end:
        a trial that is waited for is given one.
        """
        beat = beat_of(self.shared.storage)
        if beat is not None:
            running = {trial.number for trial in places.running()}
            for number in running - self._beaten:
                beat(self.shared.id_of(number))
            self._beaten |= running
        time.sleep(PAUSE)
