"""A job's nested cross-validation over new partitions, for the interval of Bates et al."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import FoldProblem, Folds
from runner.experiment.dividing import redivide
from runner.experiment.nesting import InnerSearch
from runner.randomness import derive_seed
from runner.statistics.expected_score import FoldLosses, bates

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.folds.source import AnyFold
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.records import Floats, Fold
    from runner.report.terminal.screen import Screen
    from runner.statistics.expected_score import Expected


def expect_by_partitions(job: Job, data: Data, screen: Screen) -> Expected:
    """The error of the refitted model on new rows, with an interval that is meant for it.

    Everything is searched for again without each fold, and without each pair of folds. A partition
    is dropped before the next one is made, so that the memory is that of one.
    """
    config, source = job.config, data.folds
    assert isinstance(source, Folds)  # noqa: S101 - the config of a stream is refused
    losses: list[FoldLosses] = []
    count = len([fold for fold in source.split.folds if fold.partition == 0])
    size = config.search.size(config.search_space) * count * (count + 1) // 2
    with screen.progress("partitions", size * config.evaluation.repeats) as progress:
        for number in range(config.evaluation.repeats):
            seed = derive_seed(config.general.seed, "evaluation", number)
            split = redivide(config, source.table, source.split, seed)
            folds = Folds(source.table, split, family=config.family)
            losses += _losses(job, folds, progress)
    return bates(config.metric, losses, count, config.evaluation.level)


def _losses(job: Job, folds: Folds, progress: Callable[[int], None]) -> list[FoldLosses]:
    """Those of each fold of a partition."""
    outer = folds.split.folds
    pairs = {pair: _without(*pair) for pair in combinations(outer, 2)}
    search = InnerSearch(job, folds, [*outer, *pairs.values()], progress)
    inner: dict[int, list[Floats]] = {fold.number: [] for fold in outer}
    for (one, other), both in pairs.items():
        chosen = search.without(both)
        inner[one.number].append(_row_losses(job, chosen.problem, chosen.coefficients))
        mirrored = search.problem(_without(other, one), chosen.candidate)
        inner[other.number].append(_row_losses(job, mirrored, chosen.coefficients))
    found = []
    for fold in outer:
        chosen = search.without(fold)
        own = _row_losses(job, chosen.problem, chosen.coefficients)
        found.append(FoldLosses(own, np.concatenate(inner[fold.number])))
    return found


def _without(one: Fold, other: Fold) -> Fold:
    """Without both folds' rows, scored on those of the other."""
    left_out = {*one.validation, *other.validation}
    training = tuple(block for block in (*one.training, *one.validation) if block not in left_out)
    return replace(other, training=training)


def _row_losses(job: Job, problem: AnyFold, coefficients: Floats) -> Floats:
    """Of the rows that a problem validates on, (n,)."""
    assert isinstance(problem, FoldProblem)  # noqa: S101 - the config of a family is refused
    errors = problem.side.y - problem.predict(coefficients[:, None])[:, 0]
    return np.abs(errors) if job.config.metric == "mae" else errors**2
