"""The moments of the blocks that folds are made of come in; fold problems go out.

Whether the moments were taken of a table in memory or of a stream makes no difference here. What
a fold's own imputer, encoder and scaler would do to the rows is linear, and is done to the moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.model_columns import NO_SOURCE, ModelColumns
from runner.core.moments import (
    Filled,
    Moments,
    Standardisation,
    doubt,
    fill,
    gram_problem,
    merge,
    observed_count,
    observed_mean,
    transform,
    validation_side,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.folds.preparation import Preparation
    from runner.records import Floats, Fold, Integers


@dataclass(frozen=True, eq=False)
class Levels:
    """Where the categories' 0/1 columns stand, after the numeric columns."""

    n_numeric: int
    columns: tuple[Integers, ...]  # per category, those of its levels in ascending order
    missing: tuple[int, ...]  # per category, the column of its missing level, or -1
    values: tuple[tuple[str, ...], ...]  # per category, its levels as the columns' names have them

    def named(
        self, preparation: Preparation, indicators: Integers
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names and sources, (q,), of these columns and the indicators after them."""
        prefix = "{}__".format if preparation.verbose_names else lambda _: ""
        found = [(prefix("numeric") + name, name) for name in preparation.numeric]
        for name, values, missing in zip(
            preparation.categorical, self.values, self.missing, strict=True
        ):
            levels = [*values, "nan"] if missing >= 0 else values
            found += [(f"{prefix('categorical')}{name}_{level}", name) for level in levels]
        for at in indicators:
            marked = f"missingindicator_{preparation.numeric[at]}"
            found.append((prefix("indicator") + marked, NO_SOURCE))
        names, sources = zip(*found, strict=True)
        return names, sources


@dataclass(frozen=True, eq=False)
class Prepared:
    """A training side: what its imputer and encoder learnt, and itself imputed and encoded."""

    preparing: FoldPreparation
    train: Filled
    standard: Standardisation
    columns: ModelColumns

    @classmethod
    def of(cls, training: Moments, levels: Levels, preparation: Preparation) -> Prepared:
        """Learn from the moments of a training side."""
        preparing = FoldPreparation.of(training, levels, preparation)
        train = preparing.apply(training)
        scale = preparation.features.scale
        standard = Standardisation.of(train, centre=scale, scale=scale)
        named = levels.named(preparation, preparing.indicators)
        return cls(preparing, train, standard, ModelColumns(*named, standard.scale))

    def problem(
        self,
        validation: Moments | None,
        make_side: Callable[[Prepared], Side],
        *,
        fit_intercept: bool,
    ) -> FoldProblem | str:
        """The fold problem, or why moments do not suffice.

        Args:
            validation: of the validation side, if there is one.
            make_side: makes the rows of the validation side, when they are needed.
            fit_intercept: whether both sides are centred by the training side's means.
        """
        reason = doubt(self.train, self.standard)
        if reason is not None:
            return reason
        moments = None
        if validation is not None:
            filled = self.preparing.apply(validation)
            moments = validation_side(filled, self.standard, fit_intercept=fit_intercept)
        return FoldProblem(
            train=gram_problem(self.train, self.standard, fit_intercept=fit_intercept),
            intercept=self.standard.y_mean if fit_intercept else 0.0,
            make_side=lambda: make_side(self),
            columns=self.columns,
            moments=moments,
        )


def sides(blocks: Sequence[Moments], fold: Fold | None) -> tuple[Moments, Moments | None]:
    """A fold's two sides, or all blocks as a training side. A fold may validate on none."""
    if fold is None:
        return merge(blocks), None
    training = merge(blocks[number] for number in fold.training)
    if not fold.validation:
        return training, None
    return training, merge(blocks[number] for number in fold.validation)


@dataclass(frozen=True, eq=False)
class FoldPreparation:
    """A fold's imputer and encoder as a linear map, learnt from its training moments."""

    values: Floats  # (p,) what fills a missing value
    indicators: Integers  # columns that get one
    counts: Floats  # (p,) training rows of each level, at the levels' columns
    recode: Floats | None  # (p + indicators, r), or None for the identity

    @classmethod
    def of(cls, training: Moments, levels: Levels, preparation: Preparation) -> FoldPreparation:
        """Learn from the training side."""
        rule = preparation.imputer.fill_value()
        means = observed_mean(training)
        seen = observed_count(training)
        counts = np.rint(means * seen)
        values = means if rule == "mean" else np.full(len(means), rule)
        indicators = _marked(training, seen, preparation)
        recode = _recode(levels, counts, preparation, len(means) + len(indicators))
        return cls(values, indicators, counts, recode)

    def apply(self, moments: Moments) -> Filled:
        """Impute and encode moments of any rows."""
        filled = fill(moments, self.values, self.indicators)
        return filled if self.recode is None else transform(filled, self.recode)

    def apply_to_rows(self, X: Floats) -> Floats:
        """Impute and encode rows, (n, p), which are overwritten."""
        gaps = np.isnan(X)
        np.copyto(X, self.values, where=gaps)
        filled = np.hstack([X, gaps[:, self.indicators]]) if len(self.indicators) else X
        return filled if self.recode is None else filled @ self.recode


def _marked(training: Moments, seen: Integers, preparation: Preparation) -> Integers:
    """The columns that get an indicator, of which `seen`, (p,), rows are observed."""
    gappy, imputer = training.layout.gappy, preparation.imputer
    if imputer.indicator == "auto":
        missing = 1 - seen[gappy] / training.total[0]
        often: Integers = gappy[missing > imputer.indicator_threshold]
        return often
    return gappy if imputer.indicator else gappy[:0]


def _recode(levels: Levels, counts: Floats, preparation: Preparation, width: int) -> Floats | None:
    """What becomes of the levels' columns: a missing category filled in, a level left out.

    Args:
        levels: where they stand.
        counts: (p,) training rows of each level, at the levels' columns.
        preparation: the rules.
        width: number of columns with the indicators.

    Returns:
        (width, width): a column that is left out is zero; None if nothing changes.
    """
    recode = np.eye(width)
    drop = preparation.features.drop
    for columns, missing in zip(levels.columns, levels.missing, strict=True):
        present = [level for level in columns if counts[level] > 0]
        if missing >= 0 and preparation.imputer.categorical == "most_frequent":
            if present:  # the first in order among the commonest, as SimpleImputer takes it
                commonest = max(present, key=lambda level: (counts[level], -level))
                recode[missing, commonest] = 1.0
            recode[missing, missing] = 0.0
        elif missing >= 0 and counts[missing] > 0:
            present.append(missing)
        # an exact zero, where sums leave a rounding error
        absent = [level for level in (*columns, missing) if level >= 0 and counts[level] == 0]
        recode[absent, absent] = 0.0
        if (drop == "first" and present) or (drop == "if_binary" and len(present) == 2):  # noqa: PLR2004
            recode[:, present[0]] = 0.0
    return None if np.array_equal(recode, np.eye(width)) else recode
