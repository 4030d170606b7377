"""A winner comes in; the coefficients of the whole procedure on rows drawn anew go out.

In each fold blocks of its rows, or single rows, are drawn with replacement, as many as there are;
then imputer, encoder, scaler, search and the choice are made on the folds so drawn. It shows how
far coefficients vary from sample to sample. It is no confidence: penalised coefficients are biased,
and the bootstrap of those that are 0 is not consistent (Chatterjee & Lahiri 2010).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import BlockMoments, FoldMoments, Folds
from runner.core.metrics import FROM_MOMENTS
from runner.core.moments import merge_drawn
from runner.errors import RunnerError
from runner.experiment.dividing import cut
from runner.experiment.nesting import InnerSearch
from runner.features.pipeline import preparation_of
from runner.randomness import derive_seed, generator
from runner.records import Fold, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.folds import BlockFolds
    from runner.experiment.case import Case
    from runner.records import Floats, Integers
    from runner.report.terminal.screen import Screen

    Draw = Callable[[np.random.Generator], BlockFolds]

BLOCKS = 40  # in each fold, of which as many are drawn
FEWEST_BLOCKS = 8  # that their moments must have room for
MEMORY = 1_000_000_000  # bytes of all blocks' moments


@dataclass(frozen=True)
class Resampled:
    """The coefficients of each resample."""

    coefficients: Floats  # (m, K, q) in the features' units
    described: dict[str, Any]


def resample(case: Case, screen: Screen) -> Resampled | str:
    """Repeat the whole procedure on rows drawn within each fold; or why that was not done.

    Of several partitions the first one's folds are taken. A resample on which no candidate can be
    scored, such as one without a row of some class, is counted as failed.
    """
    config, folds = case.job.config, case.data.folds
    reason = _reason_for_none(case)
    if reason is not None:
        return reason
    assert isinstance(folds, Folds)  # noqa: S101 - a stream was refused
    count, found = config.evaluation.resamples, []
    width = _blocks_with_room(folds) if _moments_suffice(case, folds) else 0
    blocks = width >= FEWEST_BLOCKS
    draw = _draw_blocks(case, folds, width) if blocks else _draw_rows(case, folds)
    size = config.search.size(config.search_space) * count
    with screen.progress("resamples", size) as progress:
        for number in range(count):
            source = draw(generator(case.seed, "explain", "resample", number))
            with suppress(RunnerError, np.linalg.LinAlgError, ValueError):
                found.append(_procedure(case, source, progress))
    if len(found) < 2:  # noqa: PLR2004 - of which there is no spread
        return "no candidate could be scored on the rows drawn"
    failed = count - len(found)
    described = {"resamples": count, "failed": failed, "drawn": "blocks" if blocks else "rows"}
    return Resampled(np.array(found), described)


def _reason_for_none(case: Case) -> str | None:
    config = case.job.config
    if config.evaluation.resamples < 2:  # noqa: PLR2004 - of which there is no spread
        return f"evaluation.resamples is {config.evaluation.resamples}"
    if config.split.role == "time":
        return "rows in order of time cannot be drawn at random"
    if not isinstance(case.data.folds, Folds):
        return "dataset.stream=true keeps no rows to draw"
    if not config.search.in_any_order:
        return f"search={config.search.name} takes as long again in each resample"
    return None


def _moments_suffice(case: Case, folds: Folds) -> bool:
    """Whether no row is needed, whatever the candidate."""
    job = case.job
    if any(key.startswith("imputer.") for key in job.config.search_space.dimensions):
        return False
    own = preparation_of(job.specs, folds, case.seed)
    return job.config.metric in FROM_MOMENTS and folds.from_moments(own)


def _blocks_with_room(folds: Folds) -> int:
    """How many blocks of each fold have moments that fit in the memory."""
    table = folds.table
    levels = sum(table.features[name].nunique() + 1 for name in table.categorical)
    length = 2 + len(table.numeric) + levels + len(folds.gappy)
    room = MEMORY // (8 * length**2 * len(_blocks(folds)))
    return int(min(BLOCKS, room))


def _blocks(folds: Folds) -> list[Integers]:
    """Positions in the table of the rows of each block of the first partition."""
    block, train = folds.split.partitions[0], folds.split.train
    return [train[block == number] for number in range(int(block.max()) + 1)]


def _outer(folds: Folds) -> tuple[Fold, ...]:
    return tuple(fold for fold in folds.split.folds if fold.partition == 0)


def _draw_blocks(case: Case, folds: Folds, width: int) -> Draw:
    """Cut each block of the folds into smaller ones, and take their moments once."""
    split, table = folds.split, folds.table
    fine, members = np.full(table.n_rows, -1), []
    for number, rows in enumerate(_blocks(folds)):
        seed, first = derive_seed(case.seed, "explain", "blocks", number), int(fine.max()) + 1
        fine[rows] = first + cut(case.job.config, table, rows, width, seed)
        members.append(range(first, int(fine.max()) + 1))
    moments = FoldMoments(table, replace(split, partitions=(fine[split.train],), folds=()))
    (parts,) = moments.blocks

    def draw(rng: np.random.Generator) -> BlockFolds:
        drawn = [rng.choice(np.asarray(own), len(own)) for own in members]
        blocks = [merge_drawn([parts[at] for at in own]) for own in drawn]
        levels = moments.design.levels
        return BlockMoments(table, folds.gappy, levels, _outer(folds), blocks)

    return draw


def _draw_rows(case: Case, folds: Folds) -> Draw:
    """Draw single rows, or groups of them where the split keeps groups whole."""
    config, table = case.job.config, folds.table
    unit = table.group if config.split.role == "group" else None
    units = [_units(rows, None if unit is None else unit[rows]) for rows in _blocks(folds)]

    def draw(rng: np.random.Generator) -> BlockFolds:
        drawn = [
            np.concatenate([own[at] for at in rng.integers(len(own), size=len(own))])
            for own in units
        ]
        rows = np.concatenate(drawn)
        block = np.repeat(np.arange(len(drawn)), [len(own) for own in drawn])
        everything = np.arange(len(rows))
        split = Split(everything, everything[:0], (block,), _outer(folds))
        return Folds(table.take(rows), split, family=config.family)

    return draw


def _units(rows: Integers, group: Integers | None) -> list[Integers]:
    """The rows that are drawn together."""
    if group is None:
        return list(rows[:, None])
    order = np.argsort(group, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(group[order])) + 1)


def _procedure(case: Case, source: BlockFolds, progress: Callable[[int], None]) -> Floats:
    """Search on the folds of what was drawn, and fit what is chosen to all of it: (K, q)."""
    inside = {block for fold in source.split.folds for block in (*fold.training, *fold.validation)}
    everything = Fold(0, 0, tuple(sorted(inside)), ())
    chosen = InnerSearch(case.job, source, [everything], progress).without(everything)
    return case.features.coefficients(chosen.problem, chosen.coefficients)
