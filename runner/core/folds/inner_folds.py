"""Folds within an outer fold's training side, for nested cross-validation, as a source of problems.

The blocks that a partition has cut the training rows into serve again: an inner fold is one of the
other folds without the blocks that the outer one validates on, so that moments need no row again,
and whole groups, and the order in time, are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.preparation import Preparation
    from runner.core.folds.source import AnyFold, BlockFolds, Columns
    from runner.records import Fold


def inner_folds(folds: Sequence[Fold], outer: Fold) -> tuple[Fold, ...]:
    """The folds of which an outer fold's training side consists.

    Of k folds without an order these are the k - 1 others, each less the outer one's block; in
    order of time those before it. A gap before the outer fold's rows belongs to none of them.
    """
    inside = set(outer.training)
    found = []
    for fold in folds:
        if fold.partition != outer.partition or fold.number == outer.number:
            continue
        training = tuple(block for block in fold.training if block in inside)
        validation = tuple(block for block in fold.validation if block in inside)
        if training and validation:
            found.append(replace(fold, training=training, validation=validation))
    return tuple(found)


@dataclass(frozen=True)
class FoldGroup:
    """Some folds; a FoldList."""

    folds: tuple[Fold, ...]


class InnerFolds:
    """The inner folds of one outer fold; a FoldSource.

    Args:
        source: the outer folds.
        folds: the inner ones.
    """

    def __init__(self, source: BlockFolds, folds: tuple[Fold, ...]) -> None:
        self.split = FoldGroup(folds)
        self._source = source
        self._problems: dict[tuple[object, ...], list[AnyFold]] = {}

    @property
    def table(self) -> Columns:
        """The columns, of all rows."""
        return self._source.table

    @property
    def gappy(self) -> tuple[str, ...] | None:
        """The columns with gaps in any training row: zeros where an inner fold has none."""
        return self._source.gappy

    @property
    def family(self) -> FamilyKind | None:
        """What the target is distributed as."""
        return self._source.family

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> list[AnyFold]:
        """One problem per inner fold; those of the last preparation are kept."""
        key = (preparation, fit_intercept)
        if key not in self._problems:
            made = [
                self._source.problem(fold, preparation, fit_intercept=fit_intercept)
                for fold in self.split.folds
            ]
            self._problems = {key: made}
        return self._problems[key]

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> AnyFold:
        """All training rows, those of the outer fold too: the range of alphas is the search's."""
        return self._source.whole(preparation, fit_intercept=fit_intercept)
