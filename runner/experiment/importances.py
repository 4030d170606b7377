"""What a winner's columns are worth out of fold: left out of the fit, and permuted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.folds import FoldProblem, as_dense
from runner.core.metrics import FAMILY_METRICS
from runner.errors import FitError
from runner.randomness import generator
from runner.statistics.importance import (
    contributions,
    permuted_increase,
    permuted_increase_of_rows,
)
from runner.store.tables import standard_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds import LikelihoodFold
    from runner.core.folds.likelihood_fold import Drawn
    from runner.core.metrics import MetricName
    from runner.experiment.fitted_folds import FittedFold
    from runner.records import Floats, Integers

REPEATS = 10  # permutations of rows, where there is no formula for their mean
STATED = 5  # columns in the record, the first of the table


@dataclass(frozen=True)
class Importances:
    """The gain in loss without each column of the dataset, per fold."""

    loss: MetricName
    columns: tuple[str, ...]  # (s,)
    sizes: Integers  # (s,) columns of the model, the most of any fold
    selected: Floats  # (s,) share of folds in which one of them has a coefficient
    drop_one: Floats  # (folds, s), NaN where the rest could not be fitted
    permutation: Floats  # (folds, s)

    @cached_property
    def order(self) -> Integers:
        """The columns, those first without which most is lost."""
        means = self.drop_one.mean(axis=0)
        order: Integers = np.lexsort((-self.permutation.mean(axis=0), -np.nan_to_num(means)))
        return order

    def table(self) -> pd.DataFrame:
        """importance.csv: a row per column of the dataset."""
        rows = []
        for at in self.order:
            row: dict[str, Any] = {
                "column": self.columns[at],
                "features": self.sizes[at],
                "selected": self.selected[at],
            }
            for name in ("drop_one", "permutation"):
                folds = getattr(self, name)[:, at]
                row |= {f"{name}_mean": folds.mean(), f"{name}_se": standard_error(folds)}
            for name in ("drop_one", "permutation"):
                folds = getattr(self, name)[:, at]
                row |= {f"{name}_fold{k}": value for k, value in enumerate(folds, start=1)}
            rows.append(row)
        return pd.DataFrame(rows)

    def describe(self) -> dict[str, Any]:
        """The loss, and what the most important columns are worth."""
        means = self.drop_one.mean(axis=0), self.permutation.mean(axis=0)
        return {
            "loss": self.loss,
            "columns": [
                {
                    "column": self.columns[at],
                    "drop_one": means[0][at],
                    "permutation": means[1][at],
                }
                for at in self.order[:STATED]
            ],
        }


def measure_importance(family: str, fitted: Sequence[FittedFold], seed: int) -> Importances:
    """Leave each column of the dataset out, with all features that are made of it.

    The loss is the mean squared error, or the deviance of another family. Permutations need none
    where it is squared; of other families, and where the target is transformed, rows are permuted,
    `REPEATS` times.

    Args:
        family: of the target.
        fitted: the winner, per fold.
        seed: of the run.
    """
    loss = next(metrics[0] for name, metrics in FAMILY_METRICS.items() if name == family)
    each = [fold.problem.columns.of_each_source() for fold in fitted]
    columns = tuple(dict.fromkeys(source for sources in each for source in sources))
    none = np.empty(0, dtype=np.int64)
    sets = [[sources.get(column, none) for column in columns] for sources in each]
    used = [
        [fold.per_response[:, own].any() for own in within]
        for fold, within in zip(fitted, sets, strict=True)
    ]
    pairs = list(zip(fitted, sets, strict=True))
    return Importances(
        loss,
        columns,
        np.max([[len(own) for own in within] for within in sets], axis=0),
        np.mean(used, axis=0),
        np.array([_dropped(fold, within, loss) for fold, within in pairs]),
        np.array([_permuted(fold, within, loss, seed) for fold, within in pairs]),
    )


def _dropped(fold: FittedFold, sets: Sequence[Integers], loss: MetricName) -> Floats:
    """The gain in loss, (s,), where one set of columns after the other is left out of the fit."""
    before, found = fold.score(loss), np.full(len(sets), np.nan)
    for at, columns in enumerate(sets):
        try:
            found[at] = fold.score_without(columns, loss) - before
        except (FitError, np.linalg.LinAlgError, ValueError):  # nothing may be left to fit
            continue
    return found


def _permuted(fold: FittedFold, sets: Sequence[Integers], loss: MetricName, seed: int) -> Floats:
    """The gain in loss, (s,), where one set of columns after the other is permuted."""
    problem, q = fold.problem, len(fold.problem.columns.names)
    if not isinstance(problem, FoldProblem):
        return _permuted_rows(problem, fold, sets, loss, seed)
    if problem.moments is not None:
        return permuted_increase(problem.moments, fold.coefficients, sets)
    # the columns of the imputations stand side by side
    everywhere = [
        np.concatenate([own + part * q for part in range(len(problem.parts))]) for own in sets
    ]
    if problem.target_scale is not None:
        return _permuted_fitted(problem, fold, everywhere, seed)
    side = problem.side
    weight = np.ones(len(side.y)) if side.weight is None else side.weight
    errors = side.y - problem.predict(fold.coefficients[:, None])[:, 0]
    contributed = side.dense @ contributions(fold.coefficients, everywhere)
    return permuted_increase_of_rows(contributed, errors, weight)


def _permuted_fitted(
    problem: FoldProblem, fold: FittedFold, sets: Sequence[Integers], seed: int
) -> Floats:
    """The mean over permutations of the validation rows of what a transformed target loses."""
    side, scale = problem.side, problem.target_scale
    assert scale is not None  # noqa: S101 - asked by the caller
    rng = generator(seed, "importance", str(problem.columns.names), len(side.y))
    fitted = problem.fitted(fold.coefficients[:, None])
    contributed = side.dense @ contributions(fold.coefficients, sets)
    orders = [rng.permutation(len(side.y)) for _ in range(REPEATS)]
    lost = [
        (side.y[:, None] - scale.undo(fitted - contributed + contributed[order])) ** 2
        for order in orders
    ]
    before = fold.score("mse")
    return np.asarray(np.average(np.mean(lost, axis=0), axis=0, weights=side.weight) - before)


def _permuted_rows(
    problem: LikelihoodFold,
    fold: FittedFold,
    sets: Sequence[Integers],
    loss: MetricName,
    seed: int,
) -> Floats:
    """The mean over permutations of the validation rows, the same for all columns."""
    rng = generator(seed, "importance", str(problem.columns.names), len(problem.validation.y))
    orders = [rng.permutation(len(problem.validation.y)) for _ in range(REPEATS)]
    before, found = fold.score(loss), np.zeros(len(sets))
    for at, columns in enumerate(sets):
        if not fold.per_response[:, columns].any():
            continue
        scores = []
        for order in orders:
            draws = tuple(_with_order(draw, columns, order) for draw in problem.draws)
            shuffled = replace(fold, problem=replace(problem, draws=draws))
            scores.append(shuffled.score(loss))
        found[at] = np.mean(scores) - before
    return found


def _with_order(draw: Drawn, columns: Integers, order: Integers) -> Drawn:
    """A draw whose validation rows have some columns in another order."""
    permuted = []
    for rows in map(as_dense, draw.validation):
        X = rows.copy()
        X[:, columns] = rows[order][:, columns]
        permuted.append(X)
    return replace(draw, validation=tuple(permuted))
