"""Fold problems from the moments of blocks alone, whatever rows they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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
    from runner.core.folds.source import Columns
    from runner.core.moments import Moments
    from runner.records import Fold


class BlockMoments:
    """Makes fold problems of blocks whose rows are not at hand; a BlockFolds.

    Args:
        table: the columns.
        gappy: those with gaps in any training row, or None where moments know them.
        levels: where the categories' columns stand in the moments.
        folds: how the blocks make folds.
        blocks: the moments of each block.
    """

    family = None
    no_rows: ClassVar[str] = "blocks that were drawn have no rows of their own"

    def __init__(
        self,
        table: Columns,
        gappy: tuple[str, ...] | None,
        levels: Levels,
        folds: tuple[Fold, ...],
        blocks: Sequence[Moments],
    ) -> None:
        self.table, self.gappy = table, gappy
        self.split = FoldGroup(folds)
        self.findings: dict[Finding, None] = {}
        self._levels, self._blocks = levels, blocks
        self._problems: dict[tuple[object, ...], FoldProblem] = {}

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> list[FoldProblem]:
        """One problem per fold, in the folds' order."""
        return [
            self.problem(fold, preparation, fit_intercept=fit_intercept)
            for fold in self.split.folds
        ]

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> FoldProblem:
        """All blocks as one problem, without a validation side."""
        return self.problem(None, preparation, fit_intercept=fit_intercept)

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> FoldProblem:
        """The problem of any fold made of the blocks; only those of the split are kept."""
        key = (fold, preparation, fit_intercept)
        if key in self._problems:
            return self._problems[key]
        training, validation = sides(self._blocks, fold)
        prepared = Prepared.of(training, self._levels, preparation)
        found = prepared.problem(validation, self._no_side, fit_intercept=fit_intercept)
        if isinstance(found, str):
            self.distrust_moments(found)
        if fold is None or fold in self.split.folds:
            self._problems[key] = found
        return found

    def quick(self, preparation: Preparation) -> bool:
        """Always: they are made from moments."""
        del preparation
        return True

    def distrust_moments(self, reason: str) -> NoReturn:
        """There is nothing else.

        Raises:
            FitError: always.
        """
        raise FitError(f"moments do not suffice, as {reason}; {self.no_rows}")

    def _no_side(self, prepared: Prepared) -> Side:
        del prepared
        raise FitError(f"a fold's validation rows were asked for, but {self.no_rows}")
