"""Fold problems from rows: the training side's imputer, encoder and scaler are fitted and used."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds.draws import pooled, stack, stacked
from runner.core.folds.fold_problem import FoldProblem, Side
from runner.core.folds.likelihood_fold import Drawn, LikelihoodFold
from runner.core.folds.model_columns import ModelColumns
from runner.core.folds.sides import FoldRows, Posed, kept_rows

if TYPE_CHECKING:
    from runner.core.folds.family_kind import FamilyKind
    from runner.core.folds.preparation import Preparation
    from runner.records import Floats, GramProblem, Integers, PooledProblem, RowProblem, Table


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
        train, intercept, X_validation, columns = _solvable(rows)
    side = Side(
        X=X_validation,
        y=table.target[validation],
        weight=None if table.weight is None else table.weight[validation],
    )
    return FoldProblem(
        train=train,
        intercept=intercept,
        make_side=lambda: side,
        columns=columns,
        warnings=_said(caught),
    )


def likelihood_from_rows(  # noqa: PLR0913 - as of `problem_from_rows`, and the family
    table: Table,
    training: Integers,
    validation: Integers,
    preparation: Preparation,
    family: FamilyKind,
    *,
    fit_intercept: bool,
) -> LikelihoodFold:
    """The same for a family whose loss is another than squared error."""
    training, validation = kept_rows(table, training, validation, preparation)
    rows = FoldRows(table, training, validation, preparation, fit_intercept)
    fitted = observed = table.observed(training)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if preparation.imputer.draws > 1 and preparation.imputer.stacks:
            X, sides, weight, columns = stack(rows)
            draws = [Drawn(X, tuple(sides))]
            repeated = np.tile(np.arange(len(training)), preparation.imputer.draws)
            fitted = replace(observed.take(repeated), weight=weight)
        else:
            each = preparation.drawn() if preparation.imputer.draws > 1 else (preparation,)
            prepared = [rows.prepare(draw) for draw in each]
            draws = [Drawn(X, (X_validation,)) for X, X_validation, _ in prepared]
            columns = ModelColumns.pooled([seen for *_, seen in prepared])
    return LikelihoodFold(
        family,
        tuple(draws),
        columns,
        fitted,
        observed,
        table.observed(validation),
        fit_intercept,
        warnings=_said(caught),
    )


def _said(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """The first line of each warning, each once."""
    return tuple(dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught))


def _solvable(
    rows: FoldRows,
) -> tuple[GramProblem | RowProblem | PooledProblem, float, Floats, ModelColumns]:
    """What is solved, its intercept, the validation rows (n, q) in its coordinates, its columns."""
    if rows.preparation.imputer.draws > 1 and not rows.preparation.imputer.stacks:
        return pooled(rows)
    pose = stacked if rows.preparation.imputer.draws > 1 else _single
    posed, X_validation, columns = pose(rows)
    return posed.train, posed.intercept, X_validation - posed.centre, columns


def _single(rows: FoldRows) -> tuple[Posed, Floats, ModelColumns]:
    X, X_validation, columns = rows.prepare(rows.preparation)
    posed = Posed.of(X, rows.y, rows.weight, fit_intercept=rows.fit_intercept)
    return posed, X_validation, columns
