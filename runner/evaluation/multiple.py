"""The winner of a search with multiple imputation: refitted per draw, its coefficients pooled."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from runner.checks import NO_INFERENCE
from runner.core.folds import (
    ModelColumns,
    as_dense,
    as_matrix,
    kept_rows,
    stacking_weight,
    training_weight,
)
from runner.evaluation.coefficients import pooled_rows
from runner.evaluation.filled_values import filled_values, pool_values
from runner.evaluation.fitting import ModelRows, fit_model
from runner.evaluation.inference import (
    Inference,
    Question,
    Rows,
    completed_design,
    infer,
    outcome_columns,
)
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
from runner.features.made_columns import saved_steps
from runner.features.pipeline import make_plain
from runner.randomness import derive_seed
from runner.statistics.value_quantiles import quantiles_of

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.evaluation.coefficients import LinearForm, Reading
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Integers, Observed, Solution, Table

OF_STEPS = "of features that steps make of filled values: features=main_effects has them"
OFTEN = 0.5  # share of the draws' models that select a feature that is refitted


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
    def weight(self) -> Floats | None:
        """Of the rows, (n,)."""
        return None if self.table.weight is None else self.table.weight[self.rows]


@dataclass(frozen=True)
class _Fitted:
    """A fitted Pipeline, what it holds, and the spread (q,) of the columns that its model sees."""

    pipeline: Pipeline
    solution: Solution
    spread: Floats
    filled: dict[str, Floats] = field(default_factory=dict)  # values by column, of its draw

    @property
    def columns(self) -> Pipeline:
        """Its steps before the scaler and the model."""
        later = {"scaler", "model"}
        return pipeline_of([step for step in self.pipeline.steps if step[0] not in later])

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
        ModelColumns.shared([columns_of(one.columns) for one in fitted])
        own = [one.read() for one in fitted]
        used = _fit_stacked(winner, fitted) if preparation.imputer.stacks else fitted
        read = [one.read() for one in used]
        reading = reading_of(specs.family, table)
        coefficients = pooled_rows(own, read, reading)
        selected = _selected(coefficients, stacked=preparation.imputer.stacks)
        inference = _infer(winner, [one.pipeline for one in fitted], selected, reading)
    pipelines = [one.pipeline for one in used]
    rounds = describe_rounds(pipelines[0])
    for pipeline, draw in zip(pipelines, preparation.drawn(), strict=True):
        make_plain(pipeline, draw, winner.features)
    averaged = "numbers" if specs.family is None else specs.family.averaged
    targets = 1 if table.target.ndim == 1 else table.target.shape[1]
    solutions = tuple(one.solution for one in used)
    said = dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
    made = saved_steps(table)
    whole = [pipeline_of([*made, *pipeline.steps]) for pipeline in pipelines]
    return Refit(
        average_of(whole, averaged, targets=targets),
        coefficients,
        np.mean([form.intercept for form in read], axis=0),
        solutions,
        tuple(said),
        rounds,
        inference.table,
        inference.findings,
        intercept_sd=np.std([form.intercept for form in own], axis=0, ddof=1),
        reading=reading,
        filled=quantiles_of(pool_values([one.filled for one in fitted])),
    )


def _fit_each(winner: _Winner) -> list[_Fitted]:
    """A model per draw."""
    weight = training_weight(winner.table, winner.rows)
    fitted = []
    for draw in winner.preparation.drawn():
        columns = draw.transformer(winner.table)
        weights = draw.fit_parameters(winner.weight)
        X = columns.fit_transform(winner.features, winner.observed.y, **weights)
        X = as_dense(as_matrix(X))
        seen = ModelRows(X, winner.observed, columns_of(columns))
        model = fit_model(seen, winner.specs, winner.candidate)
        pipeline = pipeline_of([*columns.steps, ("model", model.estimator)])
        filled = filled_values(columns, X, winner.features, draw.numeric)
        fitted.append(_Fitted(pipeline, model.solution, column_spread(X, weight), filled))
    return fitted


def _fit_stacked(winner: _Winner, fitted: list[_Fitted]) -> list[_Fitted]:
    """A Pipeline per draw, all with the one scaler and model that fit the stacked rows.

    The rows that a draw is fitted to are not those that its Pipeline would transform them to: the
    noise of the draw is in them.
    """
    from sklearn.base import clone

    weight = np.tile(stacking_weight(winner.table, winner.rows), len(fitted))
    columns = [clone(one.columns) for one in fitted]
    y = winner.observed.y
    X = np.vstack([as_dense(as_matrix(p.fit_transform(winner.features, y))) for p in columns])
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


def _selected(coefficients: pd.DataFrame, *, stacked: bool) -> tuple[str, ...]:
    """The features that are refitted without a penalty: of several responses, for any of them."""
    often = coefficients["selection_frequency"] >= OFTEN
    chosen = coefficients["selected"] if stacked else often
    return tuple(coefficients["feature"][chosen].unique())


def _infer(
    winner: _Winner, pipelines: list[Pipeline], selected: tuple[str, ...], reading: Reading
) -> Inference:
    """Estimates without a penalty of the selected features."""
    if winner.specs.features.learns:
        return Inference(findings=(NO_INFERENCE.found(OF_STEPS),))
    family, observed = winner.specs.family, winner.observed
    rows = Rows(
        winner.features,
        winner.preparation,
        outcome_columns(family, observed),
        winner.specs.imputer.delta,
    )
    seeds = [derive_seed(winner.preparation.seed, "inference", m) for m in range(len(pipelines))]
    designs = [
        completed_design(rows, pipeline, selected, seed)
        for pipeline, seed in zip(pipelines, seeds, strict=True)
    ]
    return infer(Question(selected, observed, family, reading), designs)
