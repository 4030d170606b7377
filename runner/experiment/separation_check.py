"""A search comes in; it is refused if it may leave out the penalty, and rows are separated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import LikelihoodFold, as_dense
from runner.core.likelihood import separating
from runner.core.path import Limits
from runner.errors import FitError
from runner.features.pipeline import preparation_of
from runner.space import Choices, Range

if TYPE_CHECKING:
    from runner.core.path import PathSettings
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.family import Family
    from runner.model import Model
    from runner.records import Floats, Observed
    from runner.search import SearchSpace

ENOUGH = 20  # rows per column, of which it is asked first


def check_separation(job: Job, data: Data) -> None:
    """Refuse an alpha of 0 where a fold's training rows are separated.

    Raises:
        FitError: they are, so that coefficients would grow without end.
    """
    family, model = job.config.family, job.config.model
    if family.squared or not _may_be_zero(job.config.search_space):
        return
    preparation = preparation_of(job.specs, data.folds, job.config.general.seed)
    problems = data.folds.problems(preparation, fit_intercept=model.fit_intercept)
    for number, problem in enumerate(problems, start=1):
        if isinstance(problem, LikelihoodFold) and is_separated(problem, family, model):
            raise FitError(
                f"model.alpha is 0, but without a penalty family={family.name} has no minimum on "
                f"the training rows of fold {number}: features separate them, so that coefficients "
                "would grow without end: choose a model.alpha above 0, with model=ridge, lasso or "
                "elastic_net, or put features that give the target into dataset.drop"
            )


def _may_be_zero(space: SearchSpace) -> bool:
    """Whether an alpha of 0 is among the candidates."""
    alpha = space.dimensions.get("model.alpha", space.fixed.get("model.alpha"))
    match alpha:
        case Choices():
            return 0 in alpha.values
        case Range():
            return alpha.low == 0
        case _:
            return alpha == 0


def is_separated(problem: LikelihoodFold, family: Family, model: Model) -> bool:
    """Whether features separate the rows that train: no penalty, no minimum."""
    known = np.flatnonzero(problem.fitted.weight > 0)
    observed = problem.fitted.take(known)
    ones = np.ones((len(known), int(problem.fit_intercept and family.has_intercept)))
    settings = model.settings(problem.columns).split(len(problem.draws))
    return any(
        _separate(
            np.hstack([as_dense(draw.X)[known], ones]),
            observed,
            family,
            _limits(own, draw.X.shape[1], ones.shape[1], problem.responses),
        )
        for draw, own in zip(problem.draws, settings, strict=True)
    )


def _limits(settings: PathSettings, columns: int, intercepts: int, responses: int) -> Limits | None:
    """Of each response's coefficients, (K w,), its intercept free."""
    bounds = settings.bounds(columns)
    if bounds is None:
        return None
    lower = np.append(bounds.lower, np.full(intercepts, -np.inf))
    upper = np.append(bounds.upper, np.full(intercepts, np.inf))
    return Limits(np.tile(lower, responses), np.tile(upper, responses))


def _separate(Z: Floats, observed: Observed, family: Family, limits: Limits | None) -> bool:
    """Whether rows (n, w) do; some of them, of the same rank, can show that all do not."""
    few = np.arange(0, len(Z), max(1, len(Z) // (ENOUGH * Z.shape[1])))
    if len(few) < len(Z):
        rank = np.linalg.matrix_rank
        free = rank(Z[few]) == rank(Z)
        if free and not _separate(Z[few], observed.take(few), family, limits):
            return False
    cone = family.cone(Z, observed)
    return cone is not None and separating(cone, limits) is not None
