"""Fold problems from the moments of blocks alone, whatever rows they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.core.folds.inner_folds import FoldGroup
from runner.core.folds.linear_preparation import Prepared, sides
from runner.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from runner.checks import Finding
    from runner.core.folds.fold_problem import FoldProblem, Side
    from runner.core.folds.linear_preparation import Levels
    from runner.core.folds.preparation import Preparation
    from runner.core.folds.source import BlockFolds, Columns
    from runner.core.moments import Moments
    from runner.records import Fold


class BlockMoments:
    """Makes fold problems of blocks that have no rows of their own; a BlockFolds.

    Args:
        source: the folds of the rows that the blocks were drawn from.
        levels: where the categories' columns stand in the moments.
        folds: how the blocks make folds.
        blocks: the moments of each block.
    """

    family = None

    def __init__(
        self,
        source: BlockFolds,
        levels: Levels,
        folds: tuple[Fold, ...],
        blocks: Sequence[Moments],
    ) -> None:
        self.split = FoldGroup(folds)
        self.findings: dict[Finding, None] = {}
        self._source, self._levels, self._blocks = source, levels, blocks

    @property
    def table(self) -> Columns:
        """The columns, of all rows."""
        return self._source.table

    @property
    def gappy(self) -> tuple[str, ...] | None:
        """The columns with gaps in any training row."""
        return self._source.gappy

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> list[FoldProblem]:
        """One problem per fold, in the folds' order."""
        return [
            self.problem(fold, preparation, fit_intercept=fit_intercept)
            for fold in self.split.folds
        ]

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> FoldProblem:
        """All blocks as one problem, without a validation side."""
        return self.problem(None, preparation, fit_intercept=fit_intercept)

    def quick(self, preparation: Preparation) -> bool:
        """Always."""
        del preparation
        return True

    def distrust_moments(self, reason: str) -> NoReturn:
        """There is nothing else.

        Raises:
            FitError: always.
        """
        raise FitError(f"moments do not suffice, as {reason}")

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> FoldProblem:
        """The problem of any fold made of the blocks."""
        training, validation = sides(self._blocks, fold)
        prepared = Prepared.of(training, self._levels, preparation)
        found = prepared.problem(validation, _no_rows, fit_intercept=fit_intercept)
        if isinstance(found, str):
            self.distrust_moments(found)
        return found


def _no_rows(_: Prepared) -> Side:
    raise FitError("blocks that were drawn have no rows of their own to score")
