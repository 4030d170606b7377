"""Who makes which candidate of a study that several work on, and what has come of each.

The candidates are numbered by the order in which they were begun: these are the places of the
search. A candidate whose worker has died is begun again in its place, with the same parameters. So
a place has one result at the most, whoever makes it and however often it is begun.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from runner.search.studies.database import MOST_RETRIES
from runner.search.studies.trials import RECORD, trial_of, without_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optuna.trial import FrozenTrial

    from runner.records import Trial
    from runner.search.resolve import Resolver

ORIGIN = "failed_trial"  # Optuna's attribute of a retry: the number of the first attempt
RUN, WORKER = "run", "worker"  # the user attributes that say who makes a trial
TAKEN_UP = "taken up again"


@dataclass(frozen=True)
class Place:
    """One candidate: the trials that were begun for it, in their order."""

    attempts: tuple[FrozenTrial, ...]
    keys: frozenset[str]  # of the parameters

    @cached_property
    def result(self) -> FrozenTrial | None:
        """The attempt whose result counts, if there is one: the first that came to an end."""
        ended = (t for t in self.attempts if t.state.is_finished() and RECORD in t.user_attrs)
        return next(ended, None)

    @property
    def given_up(self) -> bool:
        """Whether worker after worker has died of it; of one without parameters nobody has."""
        ended = all(trial.state.is_finished() for trial in self.attempts)
        died = sum(trial.params.keys() >= self.keys for trial in self.attempts)
        return self.result is None and ended and died > MOST_RETRIES

    @property
    def done(self) -> bool:
        """Whether nothing is to be made any more."""
        return self.result is not None or self.given_up

    @property
    def lost(self) -> bool:
        """Whether nobody makes it, or is asked to."""
        return not self.done and all(trial.state.is_finished() for trial in self.attempts)

    @property
    def retried(self) -> bool:
        """Whether it was begun more than once."""
        counted = self.result
        taken_up = counted is not None and TAKEN_UP in counted.user_attrs
        return taken_up or (len(self.attempts) > 1 and counted is not self.attempts[0])


@dataclass(frozen=True)
class Places:
    """The places of a search of `size` candidates, of a study that may have more."""

    all: tuple[Place, ...]
    size: int

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial], size: int, keys: Iterable[str]) -> Places:
        """From a study's trials, in the order of their numbers."""
        asked = frozenset(keys)
        attempts: list[list[FrozenTrial]] = []
        place: dict[int, int] = {}
        for trial in trials:
            origin = trial.system_attrs.get(ORIGIN)
            if origin is None:
                place[trial.number] = len(attempts)
                attempts.append([trial])
            else:
                attempts[place[origin]].append(trial)
        return cls(tuple(Place(tuple(own), asked) for own in attempts), size)

    @property
    def wanted(self) -> tuple[Place, ...]:
        """Those of the search."""
        return self.all[: self.size]

    @property
    def complete(self) -> bool:
        """Whether every place is done."""
        return len(self.all) >= self.size and all(place.done for place in self.wanted)

    @property
    def begins_more(self) -> bool:
        """Whether there are fewer candidates than are to be made."""
        return len(self.all) < self.size

    @cached_property
    def by_trial(self) -> dict[int, int]:
        """The place of each trial, by its number."""
        return {trial.number: at for at, place in enumerate(self.all) for trial in place.attempts}

    def left_by(self, worker: str) -> Iterator[FrozenTrial]:
        """Trials that a worker of that name had begun when it died."""
        for trial in self._open("RUNNING"):
            if trial.user_attrs.get(WORKER) == worker:
                yield trial

    def waiting(self) -> Iterator[FrozenTrial]:
        """Trials that wait for a worker."""
        return self._open("WAITING")

    def running(self) -> Iterator[FrozenTrial]:
        """Trials that some worker makes, or has made until it died."""
        return self._open("RUNNING")

    def _open(self, state: str) -> Iterator[FrozenTrial]:
        for place in self.wanted:
            if not place.done:
                yield from (trial for trial in place.attempts if trial.state.name == state)

    def lost(self) -> Iterator[FrozenTrial]:
        """The last attempts of the places that nobody makes."""
        return (place.attempts[-1] for place in self.wanted if place.lost)

    def results(self, resolver: Resolver) -> list[Trial]:
        """What has come of each place, numbered from 1 without gaps."""
        found = [
            (place, None if place.result is None else trial_of(place.result.user_attrs[RECORD], 0))
            for place in self.wanted
            if place.done
        ]
        like = next((trial for _, trial in found if trial is not None), None)
        if like is None:
            return []
        every = [trial or _given_up(place, like, resolver) for place, trial in found]
        return [replace(trial, number=number) for number, trial in enumerate(every, start=1)]


def _given_up(place: Place, like: Trial, resolver: Resolver) -> Trial:
    candidate = resolver.candidate(dict(place.attempts[-1].params))
    return without_scores(candidate, like, f"its worker died {len(place.attempts)} times")
