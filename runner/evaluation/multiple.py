"""The winner of a search with multiple imputation: refitted per draw, its coefficients pooled."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.core.folds import ModelColumns, kept_rows, stacking_weight, training_weight
from runner.evaluation.coefficients import INTERCEPT, pooled_rows
from runner.evaluation.fitting import ModelRows, fit_model
from runner.evaluation.winner import (
    Refit,
    column_spread,
    columns_of,
    describe_rounds,
    pipeline_of,
    read_form,
    reading_of,
)
from runner.family.averaging import average_of
from runner.features.pipeline import make_plain
from runner.randomness import derive_seed
from runner.statistics.rubin import pool_estimates

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.evaluation.coefficients import LinearForm
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Integers, Observed, Solution, Table

OFTEN = 0.5  # share of the draws' models that select a feature that is refitted
LEVEL = 0.95
RIDGE = 1e-5  # of the imputation for inference, as a share of a column's sum of squares
DEPENDENT = 1e-8  # share of a column that others leave, below which it depends on them


@dataclass(frozen=True)
class _Winner:
    """What is refitted, and to which rows."""

    specs: Specs
    candidate: Candidate
    preparation: Preparation
    table: Table
    rows: Integers

    @property
    def features(self) -> pd.DataFrame:
        """The rows, (n,)."""
        return self.table.frame.iloc[self.rows]

    @property
    def observed(self) -> Observed:
        """Of the rows."""
        return self.table.observed(self.rows)

    @property
    def target(self) -> Floats:
        """Of the rows, (n,)."""
        return self.table.target[self.rows]

    @property
    def weight(self) -> Floats | None:
        """Of the rows, (n,)."""
        return None if self.table.weight is None else self.table.weight[self.rows]


@dataclass(frozen=True)
class _Fitted:
    """A fitted Pipeline, what it holds, and the spread (q,) of the columns that its model sees."""

    pipeline: Pipeline
    solution: Solution
    spread: Floats

    def read(self) -> LinearForm:
        """What it adds up for a row."""
        return read_form(self.pipeline, self.solution, self.spread)


def refit_draws(
    specs: Specs, candidate: Candidate, preparation: Preparation, table: Table, rows: Integers
) -> Refit:
    """Fit the winner to every draw of the given rows.

    The model is scikit-learn's VotingRegressor of a Pipeline per draw, which averages their
    predictions. Its coefficients are the means over the draws, or those of the stacked model;
    `selection_frequency` is the share of the draws' own models that select the feature, and
    `between_sd` the standard deviation of its coefficient over them.
    """
    rows, _ = kept_rows(table, rows, rows[:0], preparation)
    winner = _Winner(specs, candidate, preparation, table, rows)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = _fit_each(winner)
        own = [one.read() for one in fitted]
        used = _fit_stacked(winner, fitted) if preparation.imputer.stacks else fitted
        read = [one.read() for one in used]
        reading = reading_of(specs.family, table)
        coefficients = pooled_rows(own, read, reading)
        inference = None
        if specs.family is None or specs.family.squared:
            selected = _selected(coefficients, stacked=preparation.imputer.stacks)
            inference = _refit_unpenalised(winner, [one.pipeline for one in fitted], selected)
    pipelines = [one.pipeline for one in used]
    rounds = describe_rounds(pipelines[0])
    for pipeline, draw in zip(pipelines, preparation.drawn(), strict=True):
        make_plain(pipeline, draw, winner.features)
    averaged = "numbers" if specs.family is None else specs.family.averaged
    targets = 1 if table.target.ndim == 1 else table.target.shape[1]
    solutions = tuple(one.solution for one in used)
    said = dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
    return Refit(
        average_of(pipelines, averaged, targets=targets),
        coefficients,
        np.mean([form.intercept for form in read], axis=0),
        solutions,
        tuple(said),
        rounds,
        inference,
        intercept_sd=np.std([form.intercept for form in own], axis=0, ddof=1),
        reading=reading,
    )


def _fit_each(winner: _Winner) -> list[_Fitted]:
    """A model per draw."""
    weight = training_weight(winner.table, winner.rows)
    fitted = []
    for draw in winner.preparation.drawn():
        columns = draw.transformer()
        X = columns.fit_transform(winner.features, **draw.fit_parameters(winner.weight))
        seen = ModelRows(X, winner.observed, columns_of(columns))
        model = fit_model(seen, winner.specs, winner.candidate)
        pipeline = pipeline_of([*columns.steps, ("model", model.estimator)])
        fitted.append(_Fitted(pipeline, model.solution, column_spread(X, weight)))
    return fitted


def _fit_stacked(winner: _Winner, fitted: list[_Fitted]) -> list[_Fitted]:
    """A Pipeline per draw, all with the one scaler and model that fit the stacked rows.

    The rows that a draw is fitted to are not those that its Pipeline would transform them to: the
    noise of the draw is in them.
    """
    from sklearn.base import clone

    weight = np.tile(stacking_weight(winner.table, winner.rows), len(fitted))
    columns = [clone(one.pipeline[:1]) for one in fitted]
    X = np.vstack([part.fit_transform(winner.features) for part in columns])
    later = winner.preparation.features.scaler_steps()
    seen = ModelColumns.of(columns[0], None)
    for _, scaler in later:
        X = scaler.fit_transform(X, sample_weight=weight)
        seen = replace(seen, scale=scaler.scale_)
    repeated = np.tile(np.arange(len(winner.rows)), len(fitted))
    observed = replace(winner.observed.take(repeated), weight=weight)
    model = fit_model(ModelRows(X, observed, seen), winner.specs, winner.candidate)
    steps = [*later, ("model", model.estimator)]
    spread = column_spread(X, weight)
    pipelines = [pipeline_of([*part.steps, *steps]) for part in columns]
    return [_Fitted(pipeline, model.solution, spread) for pipeline in pipelines]


def _selected(coefficients: pd.DataFrame, *, stacked: bool) -> list[str]:
    """The features that are refitted without a penalty."""
    often = coefficients["selection_frequency"] >= OFTEN
    chosen = coefficients["selected"] if stacked else often
    return list(coefficients["feature"][chosen])


def _refit_unpenalised(
    winner: _Winner, pipelines: list[Pipeline], selected: list[str]
) -> pd.DataFrame | None:
    """Least squares on the selected features, pooled by Rubin's rules; None where it has no df.

    A feature that depends on those before it, such as the last of a category's levels, has no
    estimate: what is left out is the reference of the others. The draws are others than the
    models' (see `draw_with_target`), also where the models' are of another kind.
    """
    seeds = [derive_seed(winner.preparation.seed, "inference", m) for m in range(len(pipelines))]
    designs = [
        _design(winner, pipeline, selected, seed)
        for pipeline, seed in zip(pipelines, seeds, strict=True)
    ]
    kept = independent_columns(designs[0])
    freedom = len(winner.rows) - len(kept)
    if not selected or freedom < 1:
        return None
    fits = [_least_squares(A[:, kept], winner.target, winner.weight, freedom) for A in designs]
    estimates, variances = (np.array(part) for part in zip(*fits, strict=True))
    pooled = pool_estimates(estimates, variances, freedom=float(freedom), level=LEVEL)
    pooled.index = pd.Index(kept)
    pooled = pooled.reindex(range(len(selected) + 1))
    pooled.insert(0, "feature", [INTERCEPT, *selected])
    return pooled


def draw_with_target(X: Floats, known: Floats, seed: int) -> Floats:
    """Rows (n, p), their gaps drawn by chained linear regressions on them and what is known.

    That is the target, and the categories' levels: without the target, intervals of a regression
    of it would not hold (Moons et al. 2006), though a prediction's imputer cannot have it. Columns
    are standardised, so that their units do not matter to the ridge, which is as small as that of
    R's mice.

    Args:
        X: numeric columns, NaN where missing.
        known: columns without gaps, (n,) or (n, k).
        seed: of the draws.
    """
    from runner.imputer.chained import ChainedRidge

    width = X.shape[1]
    known = np.column_stack([X, known])
    seen = ~np.isnan(known)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.nansum(known, axis=0) / count
    spread = np.sqrt(np.nansum((known - mean) ** 2, axis=0) / count)
    scale = np.where(spread > 0, spread, 1.0)
    chained = ChainedRidge(alpha=RIDGE * len(X), draw_seed=seed)
    drawn = chained.fit_transform((known - mean) / scale) * scale + mean
    return np.where(seen, known, drawn)[:, :width]


def independent_columns(A: Floats) -> list[int]:
    """Those of the columns (n, q), from the first, that do not depend on the ones before them."""
    kept: list[int] = []
    basis = np.empty((len(A), 0))
    for j, column in enumerate(A.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # once more, against rounding
        size = float(np.linalg.norm(rest))
        if size > DEPENDENT * np.linalg.norm(column):
            kept.append(j)
            basis = np.column_stack([basis, rest / size])
    return kept


def _design(winner: _Winner, pipeline: Pipeline, selected: list[str], seed: int) -> Floats:
    """A column of ones and the selected columns, (n, s + 1), unscaled, their gaps drawn."""
    columns = pipeline[:1]
    frame = pd.DataFrame(
        columns.transform(winner.features), columns=columns.get_feature_names_out()
    )
    numeric = list(winner.preparation.numeric)
    X = winner.features[numeric].to_numpy(dtype=np.float64)
    levels = frame.iloc[:, columns[-1].output_indices_.get("categorical", slice(0))]
    completed = draw_with_target(X, np.column_stack([levels, winner.target]), seed)
    if winner.specs.imputer.delta != 0:
        completed += np.isnan(X) * winner.specs.imputer.delta * np.nanstd(X, axis=0)
    prefix = "numeric__" if winner.preparation.verbose_names else ""
    for at, name in enumerate(numeric):
        if prefix + name in frame:
            frame[prefix + name] = completed[:, at]
    ones = np.ones((len(frame), 1))
    return np.hstack([ones, frame[selected].to_numpy(dtype=np.float64)])


def _least_squares(
    A: Floats, y: Floats, weight: Floats | None, freedom: int
) -> tuple[Floats, Floats]:
    """Coefficients, (s,), of independent columns (n, s), and their squared standard errors."""
    root = np.ones(len(y)) if weight is None else np.sqrt(weight * len(y) / weight.sum())
    A, y = A * root[:, None], y * root
    Q, R = np.linalg.qr(A)
    inverse = np.linalg.inv(R)
    b = inverse @ (Q.T @ y)
    residual = y - A @ b
    return b, (residual @ residual) / freedom * np.sum(inverse**2, axis=1)
