"""A job's search, repeated within the training side of each fold: nested cross-validation.

The best of many candidates is best partly by luck, and its score flatters it (Varma & Simon 2006;
Cawley & Talbot 2010). Where the search, with all that learns in it, is made without a fold's rows,
the score on them is that of the whole procedure on rows that it has not seen.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.core.folds import InnerFolds, inner_folds
from runner.errors import FitError
from runner.experiment.searching import rule_of
from runner.experiment.shared_search import run_inner, study_at
from runner.features.pipeline import preparation_of
from runner.search import Resolver
from runner.search.rule import choose
from runner.search.scorer import Objective, Scorer
from runner.search.shared_paths import SharedPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.folds import BlockFolds, FoldSource, Preparation
    from runner.core.folds.source import AnyFold
    from runner.evaluation.winner import HeldOut
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Fold
    from runner.report.terminal.screen import Screen
    from runner.search.studies.study import StudyAt

    Progress = Callable[[int], None]

log = logging.getLogger("runner")
ON_REQUEST = "set evaluation.nested=true for it"


@dataclass(frozen=True)
class Chosen:
    """What the search has chosen without the rows of one fold."""

    fold: Fold
    candidate: Candidate
    preparation: Preparation
    problem: AnyFold
    coefficients: Floats  # (q,)


@dataclass(frozen=True)
class Nested:
    """What was chosen for each outer fold, and its predictions and scores there."""

    chosen: tuple[Chosen, ...]
    held_out: HeldOut

    @property
    def folds(self) -> tuple[Fold, ...]:
        """The outer folds."""
        return tuple(chosen.fold for chosen in self.chosen)

    def predicted(self) -> list[tuple[Chosen, Floats]]:
        """What was chosen for a fold, and its predictions there."""
        return list(zip(self.chosen, self.held_out.predictions, strict=True))


def nest(job: Job, data: Data, screen: Screen) -> Nested | str:
    """Search within each fold, and score there what was chosen; or why that was not done.

    The alphas are those of the whole search, as cv.glmnet's are; a range of them starts from the
    alpha_max of all training rows.
    """
    folds = data.folds.split.folds
    outer = [fold for fold in folds if inner_folds(folds, fold)]
    reason = _reason_for_none(job, data, outer)
    if reason is not None:
        return reason
    size = job.config.search.size(job.config.search_space) * len(outer)
    with screen.progress("nested", size) as progress:
        at = study_at(job, data.data_hash, Path())
        search = InnerSearch(job, data.folds, outer, progress, at)
        try:
            chosen = tuple(search.without(fold) for fold in outer)
        except FitError as error:
            return f"the search failed within a fold: {error}"
    log.info("nested cross-validation over %d folds", len(chosen))
    held_out = data.hold_out([c.problem for c in chosen], [c.coefficients for c in chosen])
    return Nested(chosen, held_out)


def _reason_for_none(job: Job, data: Data, outer: Sequence[Fold]) -> str | None:
    """Why a job's search is not repeated within its folds, or None if it is."""
    config = job.config
    if config.evaluation.nested is False:
        return "evaluation.nested is false"
    if not outer:
        return f"split={config.split.name} leaves no folds within a fold"
    if config.evaluation.asks_for_nested:
        return None
    if not config.search.in_any_order:
        return f"search={config.search.name} takes as long again in each fold: {ON_REQUEST}"
    if data.folds.family is not None:
        return f"family={config.family.name} takes as long again in each fold: {ON_REQUEST}"
    preparation = preparation_of(job.specs, data.folds, config.general.seed)
    if not data.folds.quick(preparation):
        return f"its folds are made from rows: {ON_REQUEST}"
    return None


class InnerSearch:
    """A job's search, to be made without the rows of one fold after the other.

    Args:
        job: what is searched, and how.
        folds: the blocks of rows.
        asked: the folds that it will be made without, of which some may share fits.
        progress: called with the number of candidates just scored.
        at: the study of the whole search, if others take part in it; they do in these then.
    """

    def __init__(
        self,
        job: Job,
        folds: BlockFolds,
        asked: Sequence[Fold],
        progress: Progress,
        at: StudyAt | None = None,
    ) -> None:
        config = job.config
        self._job, self._folds, self._progress, self._at = job, folds, progress, at
        self._objective = Objective(config.metric, (config.metric,))
        inner = [fold for outer in asked for fold in inner_folds(folds.split.folds, outer)]
        self._shared = SharedPaths.of(inner)
        self._resolver = Resolver(config.search_space, self._scorer(folds).alpha_max)

    def without(self, fold: Fold) -> Chosen:
        """What is chosen by the folds within a fold's training side, fitted to that side.

        Raises:
            FitError: no candidate could be scored.
        """
        config = self._job.config
        scorer = self._scorer(InnerFolds(self._folds, inner_folds(self._folds.split.folds, fold)))
        if config.search.in_any_order:  # else it asks for other alphas in each fold
            scorer.share(self._shared)
        at = None if self._at is None else self._at.inner(f"without-{fold.number}")
        trials = run_inner(self._job, at, self._resolver, scorer)
        best = choose(trials, rule_of(self._job))
        (problem,), (coefficients,) = self._scorer(InnerFolds(self._folds, (fold,))).solution(best)
        _, preparation = self._prepared(best.candidate)
        return Chosen(fold, best.candidate, preparation, problem, coefficients)

    def problem(self, fold: Fold, candidate: Candidate) -> AnyFold:
        """A fold's problem, prepared as a candidate says."""
        specs, preparation = self._prepared(candidate)
        intercept = specs.model.fit_intercept
        return self._folds.problem(fold, preparation, fit_intercept=intercept)

    def _prepared(self, candidate: Candidate) -> tuple[Specs, Preparation]:
        """The job's sections as a candidate changes them, and what they prepare folds with."""
        specs = self._job.specs.having(candidate.values)
        return specs, preparation_of(specs, self._folds, self._job.config.general.seed)

    def _scorer(self, folds: FoldSource) -> Scorer:
        return Scorer(
            folds,
            self._job.specs,
            self._objective,
            seed=self._job.config.general.seed,
            progress=self._progress,
        )
