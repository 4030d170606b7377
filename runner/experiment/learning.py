"""How the winner's score grows with its rows: on parts of each fold's training blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.folds import Folds, InnerFolds
from runner.errors import FitError
from runner.randomness import generator
from runner.search.rule import choose_best
from runner.search.scorer import Objective, Scorer
from runner.statistics.learning_curve import (
    SIZES,
    cut_blocks,
    folds_within,
    growing,
    in_turn,
)
from runner.store.tables import standard_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds import BlockFolds
    from runner.core.metrics import MetricName
    from runner.experiment.job import Job
    from runner.experiment.judging import Winner
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data
    from runner.records import Candidate, Fold, Integers, Split, Table

# a partial deviance grows with the rows at risk, those of training among them
INSTEAD: dict[MetricName, MetricName] = {"partial_deviance": "harrell_c"}
INNER = 5  # folds that a lone block, or rows in order of time, are tuned by


@dataclass(frozen=True)
class Blocks:
    """What training sides are made of."""

    folds: BlockFolds
    outer: tuple[Fold, ...]  # made of the parts
    parts: dict[int, tuple[int, ...]]  # of each block of rows, those that have any
    rows: dict[int, int]  # of each part
    ordered: bool  # whether blocks follow one another in time

    def training(self, fold: Fold) -> list[list[int]]:
        """The parts of each block that trains without a fold, the latest first if ordered."""
        inside = set(fold.training)
        blocks = [[p for p in parts if p in inside] for parts in self.parts.values()]
        blocks = [block for block in blocks if block]
        return [block[::-1] for block in blocks[::-1]] if self.ordered else blocks

    def sizes(self, fold: Fold) -> list[tuple[int, ...]]:
        """Growing training sides of a fold, of nested parts."""
        blocks = self.training(fold)
        if self.ordered:
            return growing([part for block in blocks for part in block], SIZES)
        return growing(in_turn(blocks), SIZES)

    def inner(self, fold: Fold, parts: tuple[int, ...]) -> list[Fold]:
        """Folds within some parts: the blocks in turn, or what follows in time."""
        chosen = set(parts)
        blocks = [[p for p in block if p in chosen] for block in self.training(fold)]
        blocks = [block for block in blocks if block]
        if self.ordered or len(blocks) == 1:
            count = min(INNER + self.ordered, len(parts))
            blocks = [each.tolist() for each in np.array_split(np.array(sorted(parts)), count)]
        return folds_within(fold, blocks, ordered=self.ordered)


@dataclass(frozen=True)
class Point:
    """A fold's scores at one size of its training side."""

    step: int  # from 1 to SIZES
    rows: int
    share: float  # of the training side
    score: float
    training_score: float
    alpha: float
    tuned: bool  # whether alpha was found within these rows


@dataclass(frozen=True)
class Curve:
    """A winner at growing sizes of its training sides."""

    job: Job
    blocks: Blocks
    metric: MetricName
    winner: Candidate
    candidates: list[Candidate]  # the winner at each alpha that is tried

    def points(self) -> list[Point]:
        """Of every fold."""
        return [
            self._point(fold, parts, step)
            for fold in self.blocks.outer
            for step, parts in enumerate(self.blocks.sizes(fold), start=1)
        ]

    def _point(self, fold: Fold, parts: tuple[int, ...], step: int) -> Point:
        """Tune within some parts of a training side, and score on the fold and on those parts."""
        rows = sum(self.blocks.rows[part] for part in parts)
        share = rows / sum(self.blocks.rows[part] for part in fold.training)
        smaller = replace(fold, training=parts)
        try:
            chosen, tuned = self._tune(smaller)
            (trial,) = self._scorer((smaller, replace(smaller, validation=parts)))([chosen])
        except FitError:
            return Point(step, rows, share, np.nan, np.nan, np.nan, tuned=False)
        score, training = trial.scores[self.metric]
        return Point(step, rows, share, float(score), float(training), chosen.alpha, tuned)

    def _tune(self, fold: Fold) -> tuple[Candidate, bool]:
        """The best candidate within a fold's training side, and whether it was found there."""
        inner = self.blocks.inner(fold, fold.training)
        if len(self.candidates) == 1 or not inner:
            return self.winner, False
        return choose_best(self._scorer(inner)(self.candidates)).candidate, True

    def _scorer(self, folds: Sequence[Fold]) -> Scorer:
        return Scorer(
            InnerFolds(self.blocks.folds, tuple(folds)),
            self.job.specs,
            Objective(self.metric, (self.metric,)),
            seed=self.job.config.general.seed,
            progress=_unseen,
        )


def learning_curve(
    job: Job, data: Data, searched: Searched, winner: Winner
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """learning_curve.csv and what the record says of it.

    Alpha is tuned again within the rows of each size where problems are quickly made, else it is
    the winner's; all else is as the winner has it.
    """
    metric = INSTEAD.get(job.config.metric, job.config.metric)
    tunes = data.folds.quick(winner.preparation)
    candidates = _candidates(searched) if tunes else [searched.chosen.candidate]
    blocks = _blocks_of(job, data, winner)
    points = Curve(job, blocks, metric, searched.chosen.candidate, candidates).points()
    table = _table(points, metric)
    pairs = zip(table["rows"], table[f"{metric}_mean"], strict=True)
    return table, {
        "metric": metric,
        "penalty": "tuned" if len(candidates) > 1 else "fixed",
        "sizes": [{"rows": rows, "score": score} for rows, score in pairs],
    }


def _blocks_of(job: Job, data: Data, winner: Winner) -> Blocks:
    """The first partition's blocks, cut finer where their rows are at hand."""
    folds, ordered = data.folds, job.config.split.role == "time"
    outer = tuple(fold for fold in folds.split.folds if fold.partition == 0)
    if not isinstance(folds, Folds):
        rows = _block_rows(outer, data.fold_sizes())
        return Blocks(folds, outer, {block: (block,) for block in sorted(rows)}, rows, ordered)
    # a lone block has to be tuned within its parts, at the smallest size too
    count = SIZES * (2 if any(len(fold.training) == 1 for fold in outer) else 1)
    coarse = folds.split.partitions[0]
    block = cut_blocks(coarse, _key(job, folds.table, folds.split), count)
    numbers, counts = np.unique(block[block >= 0], return_counts=True)
    rows = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    parts = {
        b: tuple(part for part in range(b * count, (b + 1) * count) if part in rows)
        for b in range(int(coarse.max()) + 1)
    }
    outer = tuple(_finer(fold, parts) for fold in outer)
    cut = Folds(
        folds.table,
        replace(folds.split, partitions=(block,), folds=outer),
        family=job.config.family,
    )
    if not folds.from_moments(winner.preparation):
        cut.distrust_moments("the search has used rows")
    return Blocks(cut, outer, parts, rows, ordered)


def _block_rows(outer: Sequence[Fold], sizes: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The rows of each block that makes up one side of a fold alone."""
    rows: dict[int, int] = {}
    for fold, (training, validation) in zip(outer, sizes, strict=False):
        for side, count in ((fold.training, training), (fold.validation, validation)):
            if len(side) == 1:
                rows[side[0]] = count
    return rows


def _finer(fold: Fold, parts: dict[int, tuple[int, ...]]) -> Fold:
    training, validation = (
        tuple(part for block in side for part in parts[block])
        for side in (fold.training, fold.validation)
    )
    return replace(fold, training=training, validation=validation)


def _key(job: Job, table: Table, split: Split) -> Integers:
    """What the rows of a block are ordered by, (n,): time, groups at random, or chance."""
    rng = generator(job.config.general.seed, "learning_curve")
    if job.config.split.role == "time" and table.time is not None:
        return table.time[split.train]
    if job.config.split.role == "group" and table.group is not None:
        return rng.permutation(int(table.group.max()) + 1)[table.group[split.train]]
    return rng.permutation(len(split.train))


def _candidates(searched: Searched) -> list[Candidate]:
    """The winner at each alpha of the search that went with its other values, or at all of them."""
    best, tried = searched.chosen.candidate, [trial.candidate for trial in searched.trials]
    own = {one.alpha for one in tried if one == best.with_penalty(one.alpha, best.l1_ratio)}
    alphas = own if len(own) > 1 else {one.alpha for one in tried}
    return [best.with_penalty(alpha, best.l1_ratio) for alpha in sorted(alphas)]


def _table(points: Sequence[Point], metric: str) -> pd.DataFrame:
    """A row per size, over the folds."""
    rows = []
    for step in sorted({point.step for point in points}):
        own = [point for point in points if point.step == step]
        scores = np.array([point.score for point in own])
        rows.append(
            {
                "share": np.mean([point.share for point in own]),
                "rows": np.mean([point.rows for point in own]),
                f"{metric}_mean": scores.mean(),
                f"{metric}_se": standard_error(scores),
                f"{metric}_training": np.mean([point.training_score for point in own]),
                "alpha": np.median([point.alpha for point in own]),
                "tuned": all(point.tuned for point in own),
                "folds": len(own),
            }
        )
    return pd.DataFrame(rows)


def _unseen(count: int) -> None:
    """Nothing is shown of these candidates."""
