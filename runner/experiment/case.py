"""All that a run knows of its winner, for those who explain it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runner.experiment.winner_features import Features

if TYPE_CHECKING:
    from runner.core.folds.source import AnyFold
    from runner.core.path import PathSettings
    from runner.experiment.job import Job
    from runner.experiment.judging import Winner, Worth
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data
    from runner.records import Candidate


@dataclass(frozen=True)
class Case:
    """What was run, on what, and what it has found."""

    job: Job
    data: Data
    searched: Searched
    winner: Winner
    worth: Worth

    @property
    def seed(self) -> int:
        """Of the run."""
        return self.job.config.general.seed

    @property
    def candidate(self) -> Candidate:
        """The winner."""
        return self.searched.chosen.candidate

    @property
    def fit_intercept(self) -> bool:
        """Whether the winner has one."""
        return self.winner.specs.model.fit_intercept

    @cached_property
    def features(self) -> Features:
        """The winner's."""
        return Features.of(self.winner.final.coefficients)

    @cached_property
    def whole(self) -> AnyFold:
        """All training rows, prepared as the winner's."""
        return self.data.folds.whole(self.winner.preparation, fit_intercept=self.fit_intercept)

    def settings(self, problem: AnyFold) -> PathSettings:
        """How the winner's paths are solved in a problem."""
        return self.winner.specs.model.settings(problem.columns)
