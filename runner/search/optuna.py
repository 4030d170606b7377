"""Optuna inside a run: candidates proposed from the scores of those before, kept against a stop."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from runner.errors import ConfigError
from runner.search.base import Score, Search
from runner.search.studies.address import check_address
from runner.search.studies.journal import JOURNAL, open_journal
from runner.search.studies.samplers import SamplerName, Samplers
from runner.search.studies.trials import RECORD, suggest, tell, trial_of
from runner.search.studies.worker import Proposals
from runner.space import Distribution
from runner.spec import Count, Positive

if TYPE_CHECKING:
    from pathlib import Path

    import optuna

    from runner.records import Trial
    from runner.search.resolve import Resolver, SearchSpace

__all__ = ["JOURNAL", "Optuna"]
DATABASE = ("psycopg", "sqlalchemy")
NEEDS = {"gp": "torch", "cmaes": "cmaes"}
StudyName = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Optuna(Search):
    """`n_trials` candidates, each proposed from the scores of those before it.

    The study is stored in the run's folder. A search that is started again there goes on from
    the trials that it finds, and proposes what it would have proposed without the stop.

    With a `storage`, or several `workers`, it is shared: whoever has the same search takes part.
    """

    name: Literal["optuna"]
    sampler: SamplerName
    n_trials: Count
    timeout: Positive | None
    storage: str | None
    study: StudyName | None
    workers: Count

    @property
    def shares(self) -> bool:
        """Whether several processes may work on the study at once."""
        return self.storage is not None or self.workers > 1

    @property
    def started_workers(self) -> int:
        """As the config says."""
        return self.workers

    @property
    def packages(self) -> tuple[str, ...]:
        """That of the sampler, and those of the storage."""
        sampler = (NEEDS[self.sampler],) if self.sampler in NEEDS else ()
        return (*sampler, *(DATABASE if self.storage is not None else ()))

    def check(self, space: SearchSpace) -> None:
        """The sampler must be installed and know the kinds of dimensions, the storage be one."""
        needed = NEEDS.get(self.sampler)
        if needed and importlib.util.find_spec(needed) is None:
            raise ConfigError(
                f"search.sampler is {self.sampler}, which needs the package {needed}: "
                f"pip install {needed}"
            )
        for key, dimension in space.dimensions.items():
            if isinstance(dimension, Distribution):
                raise ConfigError(
                    f"{key}: search=optuna takes lists and ranges, not the distribution "
                    f"{dimension.distribution}; search=random draws from any"
                )
        if self.storage is not None:
            check_address(self.storage)
        elif self.study is not None:
            raise ConfigError(
                f"search.study is {self.study!r}, but there is no search.storage that others could "
                "find it in"
            )

    def size(self, space: SearchSpace) -> int:
        """As many as are proposed; one where nothing varies."""
        return self.n_trials if space.dimensions else 1

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Ask, score and tell until the trials or the time are used up."""
        study = open_journal(folder / JOURNAL)
        trials = _finished(study)
        score.resume(trials)
        samplers = Samplers(self.sampler, seed)
        deadline = np.inf if self.timeout is None else time.monotonic() + self.timeout
        while len(trials) < self.size(resolver.space) and time.monotonic() < deadline:
            study.sampler = samplers.of(len(trials))
            asked = study.ask()
            (trial,) = score([suggest(asked, resolver)])
            trial = replace(trial, number=len(trials) + 1)
            tell(study, asked, trial)
            trials.append(trial)
        return trials

    def proposals(self, resolver: Resolver, score: Score, seed: int) -> Proposals:
        """The same search, for workers that share a study."""
        return Proposals(resolver, score, Samplers(self.sampler, seed), self.size(resolver.space))

    def importances(self, folder: Path) -> dict[str, float]:
        """Optuna's own; see `shares_of_parameters`."""
        return shares_of_parameters(open_journal(folder / JOURNAL))


def shares_of_parameters(study: optuna.Study) -> dict[str, float]:
    """PED-ANOVA (Watanabe et al. 2023) of a study, largest first.

    How much the values of a parameter among the best tenth of the trials differ from those
    among all of them, as shares of 1. Empty where fewer than two scores differ.
    """
    from optuna.importance import get_param_importances

    losses = {trial.value for trial in study.get_trials(deepcopy=False)} - {None}
    if len(losses) < 2:  # noqa: PLR2004 - nothing to tell apart
        return {}
    found = get_param_importances(study)
    return {key: float(share) for key, share in found.items()}


def _finished(study: optuna.Study) -> list[Trial]:
    """The trials of an earlier, stopped search, in their order."""
    records = [t.user_attrs.get(RECORD) for t in study.get_trials(deepcopy=False)]
    found = [record for record in records if record is not None]
    return [trial_of(record, number) for number, record in enumerate(found, start=1)]
