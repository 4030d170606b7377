"""A winner comes in; which of its features any half of the rows would select goes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import Folds
from runner.core.path import first_to_enter
from runner.errors import RunnerError
from runner.experiment.dividing import cut
from runner.randomness import derive_seed, generator
from runner.records import Fold
from runner.search.one_fold import largest_alpha, solve_fold
from runner.statistics.stability_selection import (
    complementary_pairs,
    features_to_enter,
    most_false,
)

if TYPE_CHECKING:
    from runner.core.folds.source import AnyFold
    from runner.core.path import PathSettings
    from runner.experiment.case import Case
    from runner.experiment.winner_features import Features
    from runner.records import Booleans, Floats, Integers
    from runner.report.terminal.screen import Screen

BLOCKS = 20  # of which half is drawn: 92,378 pairs of halves
FEWEST_BLOCKS = 4


@dataclass(frozen=True)
class Stability:
    """How often features are among the first to enter the paths of random halves of the rows."""

    probability: Floats  # (q,)
    described: dict[str, Any]  # what was asked for, and made of it

    @property
    def stable(self) -> Booleans:
        """Which features (q,) enter often enough."""
        least: float = self.described["threshold"]
        return self.probability >= least

    def describe(self, features: Features) -> dict[str, Any]:
        """For the record."""
        named = [name for name, is_in in zip(features.names, self.stable, strict=True) if is_in]
        return {**self.described, "selected": named}


def select_stably(case: Case, screen: Screen) -> Stability | str:
    """Count what enters first in both halves of many random divisions; or why that was not done.

    The rows are cut into blocks once, and halves are made of whole blocks: where moments suffice
    no row is read again.
    """
    config = case.job.config
    if config.split.role == "time":
        return "rows in order of time cannot be halved at random"
    if not isinstance(case.data.folds, Folds):
        return "dataset.stream=true keeps no rows to halve"
    evaluation, features = config.evaluation, _penalised(case)
    count = features_to_enter(evaluation.pfer, evaluation.threshold, features)
    if count == 0:
        return f"evaluation.pfer={evaluation.pfer:g} lets none of {features} features enter"
    halves = _cut(case, case.data.folds)
    blocks = int(halves.split.partitions[0].max()) + 1
    if blocks < FEWEST_BLOCKS:
        return f"{blocks} blocks of whole groups are too few to halve"
    try:
        probability = _probability(case, halves, count, screen)
    except (RunnerError, np.linalg.LinAlgError, ValueError) as error:
        return f"a half of the rows could not be solved: {error}"
    described = {
        "pfer": evaluation.pfer,
        "q": count,
        "threshold": evaluation.threshold,
        "pairs": evaluation.pairs,
        "features": features,
        "bound": most_false(count, evaluation.threshold, features),
        "l1_ratio": _l1_ratio(case),
        "blocks": blocks,
    }
    return Stability(probability, described)


def _l1_ratio(case: Case) -> float:
    """The winner's, or that of the lasso where the winner selects nothing by itself."""
    candidate = case.candidate
    return candidate.l1_ratio if candidate.alpha > 0 and candidate.l1_ratio > 0 else 1.0


def _penalised(case: Case) -> int:
    """How many of the features enter a path at some alpha, as they are penalised."""
    settings, names = case.settings(case.whole), case.whole.columns.names
    factors = settings.factors(len(case.whole.columns.scale))[: len(names)]
    return int(np.count_nonzero(case.features.place(names, factors)))


def _cut(case: Case, folds: Folds) -> Folds:
    """The training rows in random blocks, an even number of them if that can be."""
    config, table, split = case.job.config, folds.table, folds.split
    seed = derive_seed(case.seed, "explain", "halves")
    block = cut(config, table, split.train, BLOCKS, seed)
    odd = int(block.max()) + 1
    if odd % 2:
        block = cut(config, table, split.train, odd - 1, seed)
    halves = Folds(table, replace(split, partitions=(block,), folds=()), family=config.family)
    if not folds.from_moments(case.winner.preparation):
        halves.distrust_moments("the folds were not made from them")
    return halves


def _probability(case: Case, halves: Folds, count: int, screen: Screen) -> Floats:
    """The share of halves in which each feature (q,) is among the first `count` to enter."""
    pairs, sizes = case.job.config.evaluation.pairs, np.bincount(halves.split.partitions[0])
    rng = generator(case.seed, "explain", "pairs")
    entered = np.zeros(len(case.features.names))
    with screen.progress("stability", 2 * pairs, "halves") as progress:
        for half in chain.from_iterable(complementary_pairs(sizes, pairs, rng)):
            problem = halves.problem(
                Fold(0, 0, tuple(half.tolist()), ()),
                case.winner.preparation,
                fit_intercept=case.fit_intercept,
            )
            first = np.zeros(len(problem.columns.names))
            first[_first(problem, case.settings(problem), _l1_ratio(case), count)] = 1.0
            entered += case.features.place(problem.columns.names, first)
            progress(1)
    return entered / (2 * pairs)


def _first(problem: AnyFold, settings: PathSettings, l1_ratio: float, count: int) -> Integers:
    """The penalised columns that enter a problem's path first, for any response or draw."""
    width = len(problem.columns.names)
    penalised = settings.factors(len(problem.columns.scale))[:width] > 0

    def sizes(alphas: Floats) -> Floats:
        solutions = solve_fold(problem, alphas, l1_ratio, settings)
        largest: Floats = np.abs(problem.by_column(solutions)).max(axis=(0, 2)).T
        return largest * penalised[:, None]

    return first_to_enter(sizes, largest_alpha(problem, l1_ratio, settings), count)
