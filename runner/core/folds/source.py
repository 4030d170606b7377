"""What a search needs of fold problems, wherever they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from runner.core.folds.preparation import ColumnSorts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.checks import Finding
    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.fold_problem import FoldProblem
    from runner.core.folds.likelihood_fold import LikelihoodFold
    from runner.core.folds.preparation import Preparation
    from runner.records import Fold

    AnyFold = FoldProblem | LikelihoodFold


class Columns(ColumnSorts, Protocol):
    """The columns of the data."""

    @property
    def roles(self) -> tuple[str | None, str | None]:
        """Names of the time and the group column."""

    @property
    def labels(self) -> tuple[Any, ...]:
        """Of the target's classes, if it has their codes."""

    def levels(self, column: str) -> Iterable[Any]:
        """The levels of a categorical column, NaN among them where values are missing."""


class FoldList(Protocol):
    """How rows are divided."""

    @property
    def folds(self) -> tuple[Fold, ...]:
        """The folds."""


class FoldSource(Protocol):
    """Makes the fold problems of a search."""

    @property
    def table(self) -> Columns:
        """The columns that a preparation is for."""

    @property
    def gappy(self) -> tuple[str, ...] | None:
        """The columns with gaps in the training rows, or None where moments know them."""

    @property
    def family(self) -> FamilyKind | None:
        """What the target is distributed as; None is squared error."""

    @property
    def split(self) -> FoldList:
        """The folds."""

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> Sequence[AnyFold]:
        """One problem per fold, in the folds' order."""

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> AnyFold:
        """All training rows as one problem, without a validation side."""


class BlockFolds(FoldSource, Protocol):
    """Makes the fold problems of a run, and of any other folds that consist of the same blocks."""

    @property
    def findings(self) -> dict[Finding, None]:
        """What a reader of the results should know, in order."""

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> AnyFold:
        """One fold's problem; of no fold, that of all training rows."""

    def quick(self, preparation: Preparation) -> bool:
        """Whether problems are quickly made and solved: from moments, or from few rows."""

    def distrust_moments(self, reason: str) -> None:
        """Make all fold problems from rows from now on."""
