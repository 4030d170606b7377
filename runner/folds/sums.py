"""Fold problems from moments: the rows are read once for all folds and all candidates.

Numeric columns enter the moments as they are, missing values included; a category enters as a 0/1
column per level, missing being a level. What a fold's own imputer, encoder and scaler would do to
them is then linear, and is done to the moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.folds.problem import FoldProblem, Side
from runner.moments import (
    Filled,
    Moments,
    Standardisation,
    choose_layout,
    doubt,
    fill,
    gram_problem,
    merge,
    moments_by_block,
    observed_count,
    observed_mean,
    transform,
    validation_side,
)

if TYPE_CHECKING:
    from runner.folds.preparation import Preparation
    from runner.records import Floats, Fold, Integers, Split, Table


@dataclass(frozen=True, eq=False)
class Design:
    """The table as one numeric matrix: the numeric columns, then a column per level."""

    X: Floats  # (n, p), column-major, NaN where a numeric value is missing
    n_numeric: int
    levels: tuple[Integers, ...]  # per category, the columns of its levels in ascending order
    missing: tuple[int, ...]  # per category, the column of its missing level, or -1

    @property
    def gappy(self) -> Integers:
        """The columns with missing values."""
        return np.flatnonzero(np.isnan(self.X).any(axis=0))


def design_of(table: Table) -> Design:
    """Lay the table out as numbers, (n, p)."""
    parts: list[Floats] = [table.features[list(table.numeric)].to_numpy(dtype=np.float64)]
    levels: list[Integers] = []
    missing: list[int] = []
    at = len(table.numeric)
    for name in table.categorical:
        codes, uniques = pd.factorize(table.features[name], sort=True, use_na_sentinel=True)
        count = len(uniques)
        has_gaps = bool((codes < 0).any())
        codes = np.where(codes < 0, count, codes)
        parts.append(np.eye(count + has_gaps)[codes])
        levels.append(np.arange(at, at + count))
        missing.append(at + count if has_gaps else -1)
        at += count + has_gaps
    return Design(
        X=np.asfortranarray(np.hstack(parts)),
        n_numeric=len(table.numeric),
        levels=tuple(levels),
        missing=tuple(missing),
    )


class FoldMoments:
    """The moments of every block of every partition, and the fold problems they give."""

    def __init__(self, table: Table, split: Split) -> None:
        self._table = table
        self._split = split
        self.design = design_of(table)
        self._layout = choose_layout(self.design.X, table.target, self.design.gappy)
        self._blocks = [self._moments_of(block) for block in split.partitions]

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
        if fold is None:
            training = merge(self._blocks[0])
            rows = self._split.test[:0]
        else:
            blocks = self._blocks[fold.partition]
            training = merge(blocks[number] for number in fold.training)
            rows = self._split.sides(fold)[1]
        preparing = _FoldPreparation.of(training, self.design, preparation)
        train = preparing.apply(training)
        standard = Standardisation.of(
            train, centre=preparation.features.scale, scale=preparation.features.scale
        )
        reason = doubt(train, standard)
        if reason is not None:
            return reason
        moments = None
        if fold is not None:
            validation = preparing.apply(merge(blocks[number] for number in fold.validation))
            moments = validation_side(validation, standard, fit_intercept=fit_intercept)
        return FoldProblem(
            train=gram_problem(train, standard, fit_intercept=fit_intercept),
            intercept=standard.y_mean if fit_intercept else 0.0,
            rows=rows,
            make_side=lambda: self._side(rows, preparing, standard, fit_intercept=fit_intercept),
            moments=moments,
        )

    def _side(
        self,
        rows: Integers,
        preparing: _FoldPreparation,
        standard: Standardisation,
        *,
        fit_intercept: bool,
    ) -> Side:
        X = preparing.apply_to_rows(self.design.X[rows])
        location = standard.mean if fit_intercept else standard.centre + standard.location
        weight = self._table.weight
        return Side(
            X=(X - location) / standard.scale,
            y=self._table.target[rows],
            weight=None if weight is None else weight[rows],
        )


@dataclass(frozen=True, eq=False)
class _FoldPreparation:
    """A fold's imputer and encoder as a linear map, learnt from its training moments."""

    values: Floats  # (p,) what fills a missing value
    indicators: Integers
    recode: Floats | None  # (p + indicators, r), or None for the identity

    @classmethod
    def of(cls, training: Moments, design: Design, preparation: Preparation) -> _FoldPreparation:
        rule = preparation.imputer.fill_value()
        means = observed_mean(training)
        seen = observed_count(training)
        values = means if rule == "mean" else np.full(len(means), rule)
        gappy = training.layout.gappy
        indicators = gappy if preparation.imputer.indicator else gappy[:0]
        recode = _recode(design, np.rint(means * seen), preparation, len(means) + len(indicators))
        return cls(values, indicators, recode)

    def apply(self, moments: Moments) -> Filled:
        filled = fill(moments, self.values, self.indicators)
        return filled if self.recode is None else transform(filled, self.recode)

    def apply_to_rows(self, X: Floats) -> Floats:
        gaps = np.isnan(X)
        filled = np.hstack([np.where(gaps, self.values, X), gaps[:, self.indicators]])
        return filled if self.recode is None else filled @ self.recode


def _recode(design: Design, counts: Floats, preparation: Preparation, width: int) -> Floats | None:
    """What becomes of the levels' columns: a missing category filled in, a level left out.

    Args:
        design: where the levels stand.
        counts: (p,) training rows of each level, at the levels' columns.
        preparation: the rules.
        width: number of columns with the indicators.

    Returns:
        (width, width): a column that is left out is zero; None if nothing changes.
    """
    recode = np.eye(width)
    drop = preparation.features.drop
    for levels, missing in zip(design.levels, design.missing, strict=True):
        present = [level for level in levels if counts[level] > 0]
        if missing >= 0 and preparation.imputer.categorical == "most_frequent":
            # the first in order among the commonest, as SimpleImputer takes it
            commonest = max(present, key=lambda level: (counts[level], -level))
            recode[missing, commonest] = 1.0
            recode[missing, missing] = 0.0
        elif missing >= 0 and counts[missing] > 0:
            present.append(missing)
        absent = [level for level in levels if counts[level] == 0]
        recode[absent, absent] = 0.0
        if drop == "first" or (drop == "if_binary" and len(present) == 2):  # noqa: PLR2004
            recode[:, present[0]] = 0.0
    return None if np.array_equal(recode, np.eye(width)) else recode
