"""Fold problems of several imputations: a model per draw, or one model of all draws' rows.

With predictions of draw m for a row x_m of X_m, coefficients b_m and intercept c,

    pooled:   (1/M) sum_m (c + x_m'b_m)      stacked:   c + ((1/M) sum_m x_m)'b

so that a pooled problem predicts with the draws' rows side by side, each over M, and a stacked one
with their mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.folds.rows import Posed, pose, prepare_rows, training_weight
from runner.records import PooledProblem

if TYPE_CHECKING:
    from runner.folds.preparation import Preparation
    from runner.records import Floats, GramProblem, Integers, RowProblem, Table


def pooled(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    fit_intercept: bool,
) -> Posed:
    """A problem per draw, whose predictions are averaged."""
    y, weight = table.target[training], training_weight(table, training)
    parts: list[GramProblem | RowProblem] = []
    sides: list[Floats] = []
    intercept = 0.0
    for draw in preparation.drawn():
        X, X_validation = prepare_rows(table, training, validation, draw)
        posed = pose(X, y, weight, X_validation, fit_intercept=fit_intercept)
        intercept = posed.intercept
        sides.append(posed.X_validation / preparation.imputer.draws)
        if not isinstance(posed.train, PooledProblem):
            parts.append(posed.train)
    return Posed(PooledProblem(tuple(parts)), intercept, np.hstack(sides))


def stacked(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    fit_intercept: bool,
) -> Posed:
    """One problem of the rows of all draws, those with gaps counting less.

    A row's weight is the share of its features that are observed (Du et al. 2022, with the M
    copies of a row sharing it).
    """
    draws = [
        prepare_rows(table, training, validation, draw, scaled=False)
        for draw in preparation.drawn()
    ]
    weight = np.tile(stacking_weight(table, training), len(draws))
    X = np.vstack([drawn for drawn, _ in draws])
    X_validation = np.mean([drawn for _, drawn in draws], axis=0)
    for _, scaler in preparation.features.scaler_steps():
        X = scaler.fit_transform(X, sample_weight=weight)
        X_validation = scaler.transform(X_validation) if len(validation) else X_validation
    y = np.tile(table.target[training], len(draws))
    return pose(X, y, weight, X_validation, fit_intercept=fit_intercept)


def stacking_weight(table: Table, rows: Integers) -> Floats:
    """The weight of each row, (n,), in a stacked problem."""
    gaps = table.features.iloc[rows].isna().to_numpy().mean(axis=1)
    # a row of which nothing is known keeps a little, so that weights never are all 0
    observed = np.maximum(1 - gaps, np.finfo(float).eps)
    weight: Floats = training_weight(table, rows) * observed
    return weight
