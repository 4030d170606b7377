"""Records of runs by an option and by what else they have come in; the options' effects go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import loss
from runner.statistics.run_comparison import (
    Losses,
    Standing,
    rows_ratio,
    standings,
    unselected_folds,
    why_incomparable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats

    Record = Mapping[str, Any]
    # records by the option that they have, and by the values of all other keys
    Cells = Mapping[str, Mapping[str, Sequence[Record]]]


@dataclass(frozen=True)
class Effects:
    """How options differ, over the sets of runs that are else alike."""

    sets: int
    standings: dict[str, Standing]  # by option


def option_effects(cells: Cells, rope: float | None = None) -> Effects | None:
    """The paired effect of each option of a key over the rest of a sweep.

    A set of runs that are alike in all other keys counts if every option has a run in it, which is
    scored on the same rows. An option's loss on a fold is the mean over the sets, and the options
    are compared by these as runs are by theirs: the corrected resampled t-test against the best
    option, Holm over all pairs. Without scores that no choice has seen of all of them, there is no
    test.

    Args:
        cells: with the same data, folds and metric.
        rope: the share of the best option's loss below which a difference does not matter.

    Returns:
        None if no set has a run of every option, or there are fewer than two options.
    """
    options = list(cells)
    if len(options) < 2:  # noqa: PLR2004 - nothing to compare
        return None
    shared = [key for key in cells[options[0]] if all(key in cells[own] for own in options)]
    sets = [[cells[own][key] for own in options] for key in shared]
    sets = [found for found in sets if _paired([r for runs in found for r in runs])]
    if not sets:
        return None
    first = sets[0][0][0]
    tested = all(unselected_folds(r) is not None for found in sets for runs in found for r in runs)
    losses = np.array([[_losses(runs, tested=tested) for runs in found] for found in sets])
    folds = losses.mean(axis=0)
    means = folds.mean(axis=1)
    scored = folds if tested else np.full_like(folds, np.nan)
    own = Losses(scored, scored.mean(axis=1), means, rows_ratio(first))
    return Effects(len(sets), dict(zip(options, standings(own, rope), strict=True)))


def _paired(records: Sequence[Record]) -> bool:
    return not any(why_incomparable(record, records[0]) for record in records)


def _losses(records: Sequence[Record], *, tested: bool) -> Floats:
    """The mean losses (J,) of the runs of one option in one set, on each fold."""
    found = []
    for record in records:
        own = unselected_folds(record) if tested else None
        selected = record["cv"][record["metric"]]["folds"]
        found.append(np.asarray(selected if own is None else own, dtype=np.float64))
    losses: Floats = loss(records[0]["metric"], np.array(found)).mean(axis=0)
    return losses
