"""The fold problems of a run, made when first asked for and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.folds.rows import problem_from_rows
from runner.folds.sums import FoldMoments

if TYPE_CHECKING:
    from runner.folds.preparation import Preparation
    from runner.folds.problem import FoldProblem
    from runner.records import Fold, Split, Table

COLUMNS_PER_ROW = 0.5  # above this, cross products cost more than the rows they stand for


class Folds:
    """Makes fold problems, from moments where these suffice, else from rows.

    Args:
        table: all rows.
        split: which of them train and validate.
    """

    def __init__(self, table: Table, split: Split) -> None:
        self.table = table
        self.split = split
        self.warnings: dict[str, None] = {}  # in order, each once
        self._moments: FoldMoments | None = None
        self._trusts_moments = True
        self._problems: dict[tuple[object, ...], list[FoldProblem]] = {}

    def problems(self, preparation: Preparation, *, fit_intercept: bool) -> list[FoldProblem]:
        """One problem per fold, in the folds' order."""
        return self._kept(self.split.folds, preparation, fit_intercept)

    def whole(self, preparation: Preparation, *, fit_intercept: bool) -> FoldProblem:
        """All training rows as one problem, without a validation side."""
        return self._kept((None,), preparation, fit_intercept)[0]

    def distrust_moments(self, reason: str) -> None:
        """Make all fold problems from rows from now on."""
        self.warnings[f"solved from rows instead of moments: {reason}"] = None
        self._trusts_moments = False
        self._problems = {}

    def _kept(
        self, folds: tuple[Fold | None, ...], preparation: Preparation, fit_intercept: bool
    ) -> list[FoldProblem]:
        key = (folds, preparation, fit_intercept)
        if key not in self._problems:
            self._problems[key] = [
                self._problem(fold, preparation, fit_intercept) for fold in folds
            ]
        return self._problems[key]

    def _problem(
        self, fold: Fold | None, preparation: Preparation, fit_intercept: bool
    ) -> FoldProblem:
        if self._moments_suffice(preparation):
            if self._moments is None:
                self._moments = FoldMoments(self.table, self.split)
            found = self._moments.problem(fold, preparation, fit_intercept=fit_intercept)
            if not isinstance(found, str):
                return found
            self.warnings[f"solved from rows instead of moments: {found}"] = None
        training = self.split.train if fold is None else self.split.sides(fold)[0]
        validation = self.split.test[:0] if fold is None else self.split.sides(fold)[1]
        problem = problem_from_rows(
            self.table, training, validation, preparation, fit_intercept=fit_intercept
        )
        self.warnings |= dict.fromkeys(problem.warnings)
        return problem

    def _moments_suffice(self, preparation: Preparation) -> bool:
        if not self._trusts_moments or preparation.imputer.fill_value() is None:
            return False
        if self._moments is not None:
            return True
        levels = sum(self.table.features[c].nunique() + 1 for c in self.table.categorical)
        width = len(self.table.numeric) + levels
        return width <= COLUMNS_PER_ROW * len(self.split.train)
