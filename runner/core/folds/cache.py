"""The fold problems of a run, made when first asked for and kept."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from runner.checks import SOLVED_FROM_ROWS, WARNED_IN_FOLDS
from runner.core.folds.disk import cache_key
from runner.core.folds.fold_problem import FoldProblem
from runner.core.folds.from_moments import FoldMoments
from runner.core.folds.from_rows import likelihood_fold, prepare_draws, problem_from_rows
from runner.core.folds.in_turn import FoldsInTurn
from runner.core.folds.likelihood_fold import PreparedRows
from runner.core.folds.sides import MANY_CELLS, FoldRows, kept_rows
from runner.core.folds.wide_rows import suits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.checks import Finding
    from runner.core.folds.disk import DiskCache
    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.likelihood_fold import LikelihoodFold
    from runner.core.folds.preparation import Preparation
    from runner.core.folds.source import AnyFold
    from runner.records import Fold, Integers, Split, Table

Kept = TypeVar("Kept", FoldProblem, PreparedRows)
COLUMNS_PER_ROW = 0.5  # above this, cross products cost more than the rows they stand for
FEW_CELLS = 100_000  # of a table whose paths are quickly solved from rows
WORTH_KEEPING = 0.2  # seconds to make a fold problem, above which it goes to the disk
MEMORY = 2_000_000_000  # bytes of fold problems kept in memory


class Folds:
    """Makes fold problems, from moments where these suffice, else from rows.

    Args:
        table: all rows.
        split: which of them train and validate.
        disk: keeps for other runs what is slow to make.
        family: what the target is distributed as; None is squared error.
    """

    def __init__(
        self,
        table: Table,
        split: Split,
        disk: DiskCache | None = None,
        family: FamilyKind | None = None,
    ) -> None:
        self.table = table
        self.split = split
        self.family = None if family is None or family.squared else family
        self.findings: dict[Finding, None] = {}  # in order, each once
        self._disk = disk
        self._moments: FoldMoments | None = None
        self._trusts_moments = True
        self._problems: dict[tuple[object, ...], list[AnyFold]] = {}
        self._last: tuple[tuple[object, ...], FoldProblem] | None = None  # of those made in turn

    @cached_property
    def gappy(self) -> tuple[str, ...]:
        """The columns with gaps in the training rows."""
        missing = self.table.features.isna().to_numpy()[self.split.train].any(axis=0)
        return tuple(map(str, self.table.features.columns[np.flatnonzero(missing)]))

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> Sequence[AnyFold]:
        """One problem per fold, in the folds' order."""
        folds = self.split.folds
        if self._in_turn(preparation):
            return FoldsInTurn(
                len(folds), lambda at: self._alone(folds[at], preparation, fit_intercept)
            )
        return self._kept(folds, preparation, fit_intercept)

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> AnyFold:
        """All training rows as one problem, without a validation side."""
        if self._in_turn(preparation):
            return self._alone(None, preparation, fit_intercept)
        return self._kept((None,), preparation, fit_intercept)[0]

    def let_go(self) -> None:
        """Keep none of the problems that are made in turn."""
        self._last = None

    def _in_turn(self, preparation: Preparation) -> bool:
        """Whether problems are so large, and so quickly made, that they are not kept."""
        cells = self.table.features.shape[1] * len(self.split.train)
        return self.family is None and cells > MANY_CELLS and suits(self.table, preparation)

    def _alone(
        self, fold: Fold | None, preparation: Preparation, fit_intercept: bool
    ) -> FoldProblem:
        """A problem, the last of which is kept until another is asked for."""
        key = (fold, preparation, fit_intercept)
        if self._last is None or self._last[0] != key:
            self.let_go()
            made = problem_from_rows(
                self.table, *self._sides(fold), preparation, fit_intercept=fit_intercept
            )
            self.findings |= dict.fromkeys(map(WARNED_IN_FOLDS.found, made.warnings))
            self._last = (key, made)
        return self._last[1]

    def distrust_moments(self, reason: str) -> None:
        """Make all fold problems from rows from now on."""
        self.findings[SOLVED_FROM_ROWS.found(reason)] = None
        self._trusts_moments = False
        self._problems = {}

    def _kept(
        self, folds: tuple[Fold | None, ...], preparation: Preparation, fit_intercept: bool
    ) -> list[AnyFold]:
        key = (folds, preparation, fit_intercept)
        found = self._problems.pop(key, None)
        if found is None:
            found = [self.problem(fold, preparation, fit_intercept=fit_intercept) for fold in folds]
        for problem in found:
            self.findings |= dict.fromkeys(map(WARNED_IN_FOLDS.found, problem.warnings))
        self._problems[key] = found  # the last used is the last dropped
        while len(self._problems) > 1 and self._size() > MEMORY:
            self._problems.pop(next(iter(self._problems)))
        return found

    def _size(self) -> int:
        return sum(problem.nbytes for kept in self._problems.values() for problem in kept)

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> AnyFold:
        """The problem of any fold made of the split's blocks; only those of the split are kept."""
        kept = self._problems.get((self.split.folds, preparation, fit_intercept), ())
        if kept and fold in self.split.folds:
            return kept[self.split.folds.index(fold)]
        if self._in_turn(preparation):
            return self._alone(fold, preparation, fit_intercept)
        if self.family is not None:
            return self._of_family(fold, preparation, self.family, fit_intercept)
        if self.from_moments(preparation):
            if self._moments is None:
                self._moments = FoldMoments(self.table, self.split)
            found = self._moments.problem(fold, preparation, fit_intercept=fit_intercept)
            if not isinstance(found, str):
                return found
            self.findings[SOLVED_FROM_ROWS.found(found)] = None
        return self._from_rows(fold, preparation, fit_intercept)

    def _from_rows(
        self, fold: Fold | None, preparation: Preparation, fit_intercept: bool
    ) -> FoldProblem:
        sides, scale = self._sides(fold), self.table.transform_name
        key = cache_key(
            self.table.data_hash, *sides, preparation, fit_intercept, scale, _versions()
        )
        found = self._from_disk(
            key,
            FoldProblem,
            lambda: problem_from_rows(self.table, *sides, preparation, fit_intercept=fit_intercept),
        )
        if scale is None or found.target_scale is not None:
            return found
        # which a file does not have
        rows = FoldRows(self.table, *kept_rows(self.table, *sides, preparation), preparation, True)
        return replace(found, target_scale=rows.target_scale)

    def _of_family(
        self,
        fold: Fold | None,
        preparation: Preparation,
        family: FamilyKind,
        fit_intercept: bool,
    ) -> LikelihoodFold:
        """What is kept of it does not depend on the family, nor on the outcome."""
        sides = kept_rows(self.table, *self._sides(fold), preparation)
        rows = FoldRows(self.table, *sides, preparation, fit_intercept)
        key = cache_key(
            self.table.data_hash, *sides, preparation, PreparedRows.__name__, _versions()
        )
        prepared = self._from_disk(key, PreparedRows, lambda: prepare_draws(rows))
        return likelihood_fold(rows, prepared, family)

    def _from_disk(self, key: str, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
        """From the disk if it is there, else made, and kept on the disk if that took long."""
        found = self._disk.get(key) if self._disk is not None else None
        if isinstance(found, kind):
            return found
        started = time.perf_counter()
        made = make()
        if self._disk is not None and time.perf_counter() - started > WORTH_KEEPING:
            self._disk.put(key, made)
        return made

    def _sides(self, fold: Fold | None) -> tuple[Integers, Integers]:
        """Positions of a fold's rows; of no fold, all that train, and none."""
        return (self.split.train, self.split.test[:0]) if fold is None else self.split.sides(fold)

    def quick(self, preparation: Preparation) -> bool:
        """Whether problems are made from moments, or from few rows and column by column."""
        few = self._width * len(self.split.train) <= FEW_CELLS
        by_column = (
            self.family is None
            and preparation.imputer.by_column
            and not preparation.features.learns
        )
        return self.from_moments(preparation) or (few and by_column)

    def from_moments(self, preparation: Preparation) -> bool:
        """Whether moments suffice, and are worth taking: they need more rows than columns."""
        filled = self.family is None and preparation.imputer.fill_value() is not None
        # a score in the units of a target that is transformed is of no moments
        filled = filled and self.table.transform is None
        by_rows = preparation.features.learns or self.table.matrix is not None
        if not self._trusts_moments or not filled or by_rows:
            return False
        return self._moments is not None or (self._width <= COLUMNS_PER_ROW * len(self.split.train))

    @cached_property
    def _width(self) -> int:
        """The number of columns once categories are encoded."""
        levels = sum(self.table.features[c].nunique() + 1 for c in self.table.categorical)
        return len(self.table.numeric) + len(self.table.entries) + levels


def _versions() -> tuple[str, ...]:
    """What a fold problem depends on beside its inputs."""
    import sklearn

    from runner import __version__

    return (__version__, np.__version__, sklearn.__version__)
