"""Fold problems from moments of a table: the rows are read once for all folds and candidates.

Numeric columns enter the moments as they are, missing values included; a category enters as a 0/1
column per level, missing being a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.linear_preparation import Levels, Prepared, sides
from runner.core.moments import Moments, choose_layout, moments_by_block

if TYPE_CHECKING:
    from runner.core.folds.preparation import Preparation
    from runner.records import Floats, Fold, Integers, Split, Table


@dataclass(frozen=True, eq=False)
class Design:
    """The table as one numeric matrix: the numeric columns, then a column per level."""

    X: Floats  # (n, p), column-major, NaN where a numeric value is missing
    levels: Levels

    @property
    def gappy(self) -> Integers:
        """The columns with missing values."""
        return np.flatnonzero(np.isnan(self.X).any(axis=0))


def design_of(table: Table) -> Design:
    """Lay the table out as numbers, (n, p)."""
    parts: list[Floats] = [table.features[list(table.numeric)].to_numpy(dtype=np.float64)]
    levels: list[Integers] = []
    missing: list[int] = []
    values: list[tuple[str, ...]] = []
    at = len(table.numeric)
    for name in table.categorical:
        codes, uniques = pd.factorize(table.features[name], sort=True, use_na_sentinel=True)
        count = len(uniques)
        has_gaps = bool((codes < 0).any())
        codes = np.where(codes < 0, count, codes)
        parts.append(np.eye(count + has_gaps)[codes])
        values.append(tuple(str(level) for level in uniques))
        levels.append(np.arange(at, at + count))
        missing.append(at + count if has_gaps else -1)
        at += count + has_gaps
    return Design(
        X=np.asfortranarray(np.hstack(parts)),
        levels=Levels(len(table.numeric), tuple(levels), tuple(missing), tuple(values)),
    )


class FoldMoments:
    """The moments of every block of every partition, and the fold problems they give."""

    def __init__(self, table: Table, split: Split) -> None:
        self._table = table
        self._split = split
        self.design = design_of(table)
        self._layout = choose_layout(self.design.X, table.target, self.design.gappy)
        self.blocks = [self._moments_of(block) for block in split.partitions]

    def _moments_of(self, partition: Integers) -> list[Moments]:
        """The moments of each block of a partition of the training rows."""
        block = np.full(self._table.n_rows, -1)
        block[self._split.train] = partition
        n_blocks = int(partition.max()) + 1
        table = self._table
        return moments_by_block(
            self.design.X, table.target, table.weight, block, n_blocks, self._layout
        )

    def problem(
        self, fold: Fold | None, preparation: Preparation, *, fit_intercept: bool
    ) -> FoldProblem | str:
        """One fold's problem, or that of all training rows; or why moments do not suffice."""
        blocks = self.blocks[0 if fold is None else fold.partition]
        training, validation = sides(blocks, fold)
        rows = self._split.test[:0] if fold is None else self._split.sides(fold)[1]

        def make_side(prepared: Prepared) -> Side:
            return self._side(rows, prepared, fit_intercept=fit_intercept)

        prepared = Prepared.of(training, self.design.levels, preparation)
        return prepared.problem(validation, make_side, fit_intercept=fit_intercept)

    def _side(self, rows: Integers, prepared: Prepared, *, fit_intercept: bool) -> Side:
        # columns are contiguous, and stay so
        X = prepared.preparing.apply_to_rows(self.design.X.T.take(rows, axis=1).T)
        standard, weight = prepared.standard, self._table.weight
        location = standard.mean if fit_intercept else standard.centre + standard.location
        X -= location
        X /= standard.scale
        return Side(
            X=X,
            y=self._table.target[rows],
            weight=None if weight is None else weight[rows],
        )
