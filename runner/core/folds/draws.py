"""Fold problems of several imputations: a model per draw, or one model of all draws' rows.

With predictions of draw m for a row x_m of X_m, coefficients b_m and intercept c,

    pooled:   (1/M) sum_m (c + x_m'b_m)      stacked:   c + ((1/M) sum_m x_m)'b

so that a pooled problem predicts with the draws' rows side by side, each over M, and a stacked one
with their mean.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.model_columns import ModelColumns
from runner.core.folds.sides import Posed, training_weight
from runner.records import PooledProblem

if TYPE_CHECKING:
    from runner.core.folds.sides import FoldRows
    from runner.records import Floats, Integers, Table


def pooled(rows: FoldRows) -> tuple[PooledProblem, float, Floats, ModelColumns]:
    """A problem per draw, the intercept, the draws' validation rows side by side, the columns."""
    draws = rows.preparation.drawn()
    posed, sides, columns = [], [], []
    for draw in draws:
        X, X_validation, seen = rows.prepare_densely(draw)
        columns.append(seen)
        posed.append(Posed.of(X, rows.y, rows.weight, fit_intercept=rows.fit_intercept))
        sides.append((X_validation - posed[-1].centre) / len(draws))
    problem = PooledProblem(tuple(one.train for one in posed))
    return problem, posed[0].intercept, np.hstack(sides), ModelColumns.pooled(columns)


def stacked(rows: FoldRows) -> tuple[Posed, Floats, ModelColumns]:
    """One problem of the rows of all draws, the validation rows, and the columns."""
    X, validation, weight, columns = stack(rows)
    y = np.tile(rows.y, rows.preparation.imputer.draws)
    posed = Posed.of(X, y, weight, fit_intercept=rows.fit_intercept)
    return posed, np.mean(validation, axis=0), columns


def stack(rows: FoldRows) -> tuple[Floats, list[Floats], Floats, ModelColumns]:
    """The rows of all draws, one below the other; the validation rows of each; weights; columns.

    A row's weight is the share of its features that are observed (Du et al. 2022, with the M
    copies of a row sharing it).
    """
    preparation = rows.preparation
    draws = [rows.prepare_densely(draw, scaled=False) for draw in preparation.drawn()]
    weight = np.tile(stacking_weight(rows.table, rows.training), len(draws))
    columns = ModelColumns.shared([seen for *_, seen in draws])
    X = np.vstack([drawn for drawn, _, _ in draws])
    validation = [drawn for _, drawn, _ in draws]
    for _, scaler in preparation.features.scaler_steps():
        X = scaler.fit_transform(X, sample_weight=weight)
        validation = [scaler.transform(own) if len(own) else own for own in validation]
        columns = replace(columns, scale=scaler.scale_)
    return X, validation, weight, columns


def stacking_weight(table: Table, rows: Integers) -> Floats:
    """The weight of each row, (n,), in a stacked problem."""
    gaps = table.features.iloc[rows].isna().to_numpy().mean(axis=1)
    # a row of which nothing is known keeps a little, so that weights never are all 0
    observed = np.maximum(1 - gaps, np.finfo(float).eps)
    weight: Floats = training_weight(table, rows) * observed
    return weight
