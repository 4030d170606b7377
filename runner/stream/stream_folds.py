"""The fold problems of a stream, all from moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from runner.core.folds import BlockMoments
from runner.core.folds.linear_preparation import Prepared, sides

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.core.folds import Preparation
    from runner.records import Fold
    from runner.stream.layout import StreamBlocks

REMEDY = "streaming keeps no rows to solve it from: set dataset.stream=false"


@dataclass(frozen=True)
class StreamColumns:
    """The columns of a stream."""

    blocks: StreamBlocks

    @property
    def numeric(self) -> tuple[str, ...]:
        """Names of the numeric columns."""
        return self.blocks.numeric

    @property
    def text(self) -> tuple[str, ...]:
        """None: words are counted of rows in memory."""
        return ()

    @property
    def entries(self) -> tuple[str, ...]:
        """None: a stream is no matrix."""
        return ()

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the categorical columns."""
        return self.blocks.categorical

    @property
    def roles(self) -> tuple[None, None]:
        """No column is needed for its role: what fills from moments uses none."""
        return (None, None)

    @property
    def labels(self) -> tuple[()]:
        """None: what is solved from moments has numbers as its target."""
        return ()

    def levels(self, column: str) -> Iterable[Any]:
        """The levels of a categorical column, NaN among them where values are missing."""
        at = self.categorical.index(column)
        gap = [np.nan] if self.blocks.levels.missing[at] >= 0 else []
        return [*self.blocks.category_levels[at], *gap]


class StreamFolds(BlockMoments):
    """Makes fold problems from the moments of a stream.

    Args:
        blocks: the moments.
        folds: how they make folds.
    """

    no_rows: ClassVar[str] = REMEDY

    def __init__(self, blocks: StreamBlocks, folds: tuple[Fold, ...]) -> None:
        super().__init__(StreamColumns(blocks), None, blocks.levels, folds, blocks.folds)
        self.training = sides(blocks.folds, None)[0]

    def sizes(self) -> list[tuple[int, int]]:
        """How many rows train and validate, per fold."""
        rows = [round(block.total[0]) for block in self._blocks]
        return [
            (sum(rows[b] for b in fold.training), sum(rows[b] for b in fold.validation))
            for fold in self.split.folds
        ]

    def prepared(self, preparation: Preparation) -> Prepared:
        """All training rows, imputed and encoded."""
        return Prepared.of(self.training, self._levels, preparation)
