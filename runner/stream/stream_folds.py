"""The fold problems of a stream, all from moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from runner.core.folds.linear_preparation import Prepared, sides
from runner.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.checks import Finding
    from runner.core.folds import FoldProblem, Preparation
    from runner.core.folds.fold_problem import Side
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
    def categorical(self) -> tuple[str, ...]:
        """Names of the categorical columns."""
        return self.blocks.categorical

    @property
    def roles(self) -> tuple[None, None]:
        """No column is needed for its role: what fills from moments uses none."""
        return (None, None)

    def levels(self, column: str) -> Iterable[Any]:
        """The levels of a categorical column, NaN among them where values are missing."""
        at = self.categorical.index(column)
        gap = [np.nan] if self.blocks.levels.missing[at] >= 0 else []
        return [*self.blocks.category_levels[at], *gap]


@dataclass(frozen=True)
class StreamSplit:
    """The folds of a stream."""

    folds: tuple[Fold, ...]


class StreamFolds:
    """Makes fold problems from the moments of a stream; a FoldSource.

    Args:
        blocks: the moments.
        folds: how they make folds.
    """

    def __init__(self, blocks: StreamBlocks, folds: tuple[Fold, ...]) -> None:
        self.table = StreamColumns(blocks)
        self.split = StreamSplit(folds)
        self.findings: dict[Finding, None] = {}
        self.family = None
        self.training = sides(blocks.folds, None)[0]
        self._blocks = blocks
        self._problems: dict[tuple[object, ...], FoldProblem] = {}

    def sizes(self) -> list[tuple[int, int]]:
        """How many rows train and validate, per fold."""
        rows = [round(block.total[0]) for block in self._blocks.folds]
        return [
            (sum(rows[b] for b in fold.training), sum(rows[b] for b in fold.validation))
            for fold in self.split.folds
        ]

    @property
    def gappy(self) -> None:
        """Moments have them."""
        return None

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> list[FoldProblem]:
        """One problem per fold, in the folds' order."""
        return [
            self.problem(fold, preparation, fit_intercept=fit_intercept)
            for fold in self.split.folds
        ]

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> FoldProblem:
        """All training rows as one problem, without a validation side."""
        return self.problem(None, preparation, fit_intercept=fit_intercept)

    def quick(self, preparation: Preparation) -> bool:
        """Always: they are made from moments."""
        del preparation
        return True

    def prepared(self, preparation: Preparation) -> Prepared:
        """All training rows, imputed and encoded."""
        return Prepared.of(self.training, self._blocks.levels, preparation)

    def distrust_moments(self, reason: str) -> NoReturn:
        """There is nothing else.

        Raises:
            FitError: always.
        """
        raise FitError(f"moments do not suffice, as {reason}; {REMEDY}")

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> FoldProblem:
        """The problem of any fold made of the same blocks."""
        key = (fold, preparation, fit_intercept)
        if key not in self._problems:
            training, validation = sides(self._blocks.folds, fold)
            prepared = Prepared.of(training, self._blocks.levels, preparation)
            found = prepared.problem(validation, _no_rows, fit_intercept=fit_intercept)
            if isinstance(found, str):
                self.distrust_moments(found)
            self._problems[key] = found
        return self._problems[key]


def _no_rows(_: Prepared) -> Side:
    raise FitError(f"a fold's validation rows were asked for, but {REMEDY}")
