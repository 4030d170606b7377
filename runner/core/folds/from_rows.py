"""Fold problems from rows: the training side's imputer, encoder and scaler are fitted and used."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.draws import pooled, stack, stacked
from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.likelihood_fold import Drawn, LikelihoodFold, PreparedRows
from runner.core.folds.model_columns import ModelColumns
from runner.core.folds.sides import FoldRows, Posed, kept_rows

if TYPE_CHECKING:
    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.preparation import Preparation
    from runner.records import (
        Floats,
        GramProblem,
        Integers,
        Matrix,
        PooledProblem,
        RowProblem,
        Table,
    )


def problem_from_rows(
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    *,
    fit_intercept: bool,
) -> FoldProblem:
    """Fit the preparation on the training rows and apply it to both sides.

    Args:
        table: all rows.
        training: positions of the training rows.
        validation: positions of the validation rows, possibly none.
        preparation: what to fit.
        fit_intercept: whether both sides are centred by the training side's means.
    """
    training, validation = kept_rows(table, training, validation, preparation)
    rows = FoldRows(table, training, validation, preparation, fit_intercept)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train, intercept, X_validation, centre, columns = _solvable(rows)
    weight = None if table.weight is None else table.weight[validation]
    side = Side.of(X_validation, table.target[validation], weight, centre)
    return FoldProblem(
        train=train,
        intercept=intercept,
        make_side=lambda: side,
        columns=columns,
        warnings=_said(caught),
        target_scale=rows.target_scale,
    )


def prepare_draws(rows: FoldRows) -> PreparedRows:
    """Both sides of a fold whose loss is another than squared error.

    Args:
        rows: those that the imputer's rule for rows keeps.
    """
    preparation = rows.preparation
    several = preparation.imputer.draws > 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if several and preparation.imputer.stacks:
            X, sides, weight, columns = stack(rows)
            return PreparedRows((Drawn(X, tuple(sides)),), columns, weight, _said(caught))
        each = preparation.drawn() if several else (preparation,)
        prepared = [rows.prepare(draw) for draw in each]
    draws = tuple(Drawn(X, (X_validation,)) for X, X_validation, _ in prepared)
    columns = ModelColumns.pooled([seen for *_, seen in prepared])
    return PreparedRows(draws, columns, None, _said(caught))


def likelihood_fold(rows: FoldRows, prepared: PreparedRows, family: FamilyKind) -> LikelihoodFold:
    """A fold problem of a family, from the sides that were made of the same rows."""
    fitted = observed = rows.table.observed(rows.training)
    if prepared.stacking is not None:
        copies = len(prepared.stacking) // len(rows.training)
        repeated = np.tile(np.arange(len(rows.training)), copies)
        fitted = replace(observed.take(repeated), weight=prepared.stacking)
    return LikelihoodFold(
        family,
        prepared.draws,
        prepared.columns,
        fitted,
        observed,
        rows.table.observed(rows.validation),
        rows.fit_intercept,
        warnings=prepared.warnings,
    )


def _said(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """The first line of each warning, each once."""
    return tuple(dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught))


def _solvable(
    rows: FoldRows,
) -> tuple[GramProblem | RowProblem | PooledProblem, float, Matrix, Floats, ModelColumns]:
    """What is solved, its intercept, the validation rows (n, q), their origin, its columns."""
    if rows.preparation.imputer.draws > 1 and not rows.preparation.imputer.stacks:
        train, intercept, X_pooled, seen = pooled(rows)
        return train, intercept, X_pooled, np.zeros(X_pooled.shape[1]), seen
    pose = stacked if rows.preparation.imputer.draws > 1 else _single
    posed, X_validation, columns = pose(rows)
    return posed.train, posed.intercept, X_validation, posed.centre, columns


def _single(rows: FoldRows) -> tuple[Posed, Matrix, ModelColumns]:
    X, X_validation, columns = rows.prepare(rows.preparation)
    posed = Posed.of(X, rows.y, rows.weight, fit_intercept=rows.fit_intercept)
    return posed, X_validation, columns
