"""The winner, looked at: refitted, predicted out of fold, tested once, its coefficients read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from runner.checks import INTERACTION_ALONE, REFIT_NOT_CONVERGED, WARNED_IN_REFIT
from runner.core.folds import (
    FoldProblem,
    ModelColumns,
    WideRows,
    as_matrix,
    blocks_of,
    kept_rows,
    suits,
    training_weight,
)
from runner.core.metrics import METRICS, score_predictions
from runner.core.target_scale import learn_scale
from runner.evaluation.coefficients import (
    LinearForm,
    Reading,
    coefficients_table,
    feature_rows,
    in_original_units,
)
from runner.evaluation.filled_values import filled_quantiles
from runner.evaluation.fitting import ModelRows, fit_model, fit_path
from runner.evaluation.influential_rows import describe_influence
from runner.evaluation.interaction_terms import describe_alone, interactions_alone
from runner.evaluation.predicting import unseen_levels_allowed
from runner.features.made_columns import saved_steps
from runner.features.pipeline import make_plain
from runner.imputer.knn import without_copies

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sklearn.ensemble import VotingRegressor
    from sklearn.pipeline import Pipeline

    from runner.checks import Finding
    from runner.core.folds import Preparation
    from runner.core.folds.source import AnyFold
    from runner.core.metrics import MetricName
    from runner.core.target_scale import TargetScale
    from runner.family import Family
    from runner.features.pipeline import Specs
    from runner.records import Booleans, Candidate, Floats, Integers, Matrix, Solution, Table

MANY = 20_000  # features, above which coefficients.csv has those that are ever selected


@dataclass(frozen=True)
class Refit:
    """The winner, fitted to all training rows."""

    pipeline: Pipeline | VotingRegressor
    coefficients: pd.DataFrame  # a row per response and feature
    intercept: Floats  # (K,), of each response, in original units
    solutions: tuple[Solution, ...]  # of the one model, or of each that is averaged
    warnings: tuple[str, ...]
    imputer: dict[str, Any] = field(default_factory=dict)  # how its rounds ended, if it has any
    inference: pd.DataFrame | None = None  # unpenalised estimates, with multiple imputation only
    without_inference: tuple[Finding, ...] = ()  # why it is not there
    intercept_sd: Floats | None = None  # (K,) over the models that are averaged, if several
    reading: Reading = field(default_factory=Reading)
    threshold: float | None = None  # from which probability on a row is called positive
    path: tuple[LinearForm, ...] | None = None  # of each of several alphas, if they were asked for
    influence: dict[str, Any] = field(default_factory=dict)  # which rows sway it, of squared error
    filled: dict[str, Floats] = field(default_factory=dict)  # quantiles of what fills each column
    target_scale: TargetScale | None = None  # on which all of it is, if the target is transformed
    means: Floats | None = None  # (q,) training means of the model's columns, if no scaler has them
    positive: Any = None  # the label that the threshold is of

    @property
    def dual_gap(self) -> float:
        """Of several models that are averaged, the largest."""
        return max(solution.dual_gap for solution in self.solutions)

    @property
    def converged(self) -> bool:
        """Whether the saved model is the minimum of its objective."""
        return all(solution.converged for solution in self.solutions)

    def coefficients_table(self) -> pd.DataFrame:
        """coefficients.csv, in which the intercept is the first row.

        Of very many features it has those alone that are selected, here or anywhere on the path.
        """
        rows = self.coefficients[self._listed]
        return coefficients_table(rows, self.intercept, self.reading, self.intercept_sd)

    @property
    def _listed(self) -> Booleans:
        """Which rows of `coefficients` coefficients.csv has; of each response the same features."""
        responses = max(len(self.reading.responses), 1)
        selected = self.coefficients["selected"].to_numpy(dtype=bool)
        used: Booleans = np.any(selected.reshape(responses, -1), axis=0)
        if len(used) <= MANY:
            return np.ones(len(self.coefficients), dtype=bool)
        on_path = self.path[0].features if self.path else ()
        names = self.coefficients["feature"].iloc[: len(used)]
        return np.tile(used | names.isin(on_path).to_numpy(), responses)

    def describe(self) -> dict[str, Any]:
        """How the winner was refitted, its size, and how its imputer's rounds ended, if any."""
        return {
            **({"imputer": self.imputer} if self.imputer else {}),
            "refit": {
                "dual_gap": self.dual_gap,
                "iterations": sum(solution.iterations for solution in self.solutions),
                "converged": self.converged,
            },
            "n_features": self.coefficients["feature"].nunique(),
            **({} if self._listed.all() else {"n_listed": int(self._listed.sum())}),
            "n_selected": self.coefficients["feature"][self.coefficients["selected"]].nunique(),
            "intercept": self.stated_intercept(),
            **({} if self.threshold is None else {"threshold": self.threshold}),
            **({"influence": self.influence} if self.influence else {}),
        }

    def stated_intercept(self) -> float | dict[str, float] | None:
        """A number, one by response where there are several, None of a family without one."""
        if not self.reading.has_intercept:
            return None
        if self.reading.responses:
            names = map(str, self.reading.responses)
            return dict(zip(names, self.intercept.tolist(), strict=True))
        return float(self.intercept[0])

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the saved model."""
        found = [WARNED_IN_REFIT.found(warning) for warning in self.warnings]
        if not self.converged:
            said = f"the refitted winner has not converged: its dual gap is {self.dual_gap:.2g}"
            found.append(REFIT_NOT_CONVERGED.found(said))
        alone = interactions_alone(self.coefficients)
        found += [INTERACTION_ALONE.found(describe_alone(alone))] if alone else []
        return [*found, *self.without_inference]


@dataclass(frozen=True)
class HeldOut:
    """What a candidate, fitted without a fold, says of that fold."""

    predictions: list[Floats]  # (n,) per fold, or (n, m) as a family predicts
    scores: dict[str, Floats]  # every metric, (folds,)


def refit(  # noqa: PLR0913 - what is fitted to what, and what else with it
    specs: Specs,
    candidate: Candidate,
    preparation: Preparation,
    table: Table,
    rows: Integers,
    *,
    alphas: Floats | None = None,
) -> Refit:
    """Fit the winner's Pipeline to those of the table's rows that the imputer's rule keeps.

    Args:
        specs: those of the candidate.
        candidate: the winner.
        preparation: of the columns.
        table: the rows.
        rows: which of them train.
        alphas: falling, (a,), for which the model's coefficients are wanted too.
    """
    rows, _ = kept_rows(table, rows, rows[:0], preparation)
    weight = training_weight(table, rows)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        columns, X = _prepared(table, rows, preparation)
        own, scale = table.observed(rows), learn_scale(table.transform_name, table.target[rows])
        own = own if scale is None else replace(own, y=scale.apply(own.y))
        seen = ModelRows(X, own, columns_of(columns))
        model = fit_model(seen, specs, candidate)
    pipeline = pipeline_of([*columns.steps, ("model", _predicting(model.estimator, scale))])
    rounds = describe_rounds(pipeline)
    form = read_form(pipeline, model.solution, column_spread(X, weight))
    path = None if alphas is None else _path(pipeline, seen, specs, candidate, alphas)
    influence = describe_influence(seen, specs.family, model.solution, table.row[rows])
    filled = filled_quantiles(columns, X, table, rows, preparation)
    means = None if "scaler" in columns.named_steps else column_means(X, weight)
    del seen, X  # as the saved model's own parts may take as much
    make_plain(pipeline, preparation, _rows_to_fit(table, rows, preparation))
    reading = reading_of(specs.family, table)
    said = dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
    return Refit(
        pipeline_of([*saved_steps(table), *pipeline.steps]),
        feature_rows(form, reading),
        form.intercept,
        (model.solution,),
        tuple(said),
        rounds,
        reading=reading,
        path=path,
        influence=influence,
        filled=filled,
        target_scale=scale,
        means=means,
    )


def _prepared(table: Table, rows: Integers, preparation: Preparation) -> tuple[Pipeline, Matrix]:
    """The fitted steps before the model, and what they make of the rows, (n, q)."""
    if suits(table, preparation):
        wide = WideRows.of(table, rows, rows[:0], preparation, scaled=True)
        return wide.pipeline(preparation, table.frame), wide.X
    columns = preparation.transformer(table)
    weight = None if table.weight is None else table.weight[rows]
    parameters = preparation.fit_parameters(weight)
    X = columns.fit_transform(table.frame_rows(rows), table.target[rows], **parameters)
    return columns, as_matrix(X)


def _rows_to_fit(table: Table, rows: Integers, preparation: Preparation) -> Any:  # noqa: ANN401
    """The rows that parts of a saved model are fitted to; one where their names are enough."""
    return table.frame_rows(rows[:1] if suits(table, preparation) else rows)


def _predicting(estimator: Any, scale: TargetScale | None) -> Any:  # noqa: ANN401 - a regressor
    """A fitted regressor, of a transformed target as one that predicts in the target's units."""
    if scale is None:
        return estimator
    from runner.evaluation.transformed_target import with_transform  # a part of few runs

    return with_transform(estimator, scale)


def _path(
    pipeline: Pipeline, rows: ModelRows, specs: Specs, candidate: Candidate, alphas: Floats
) -> tuple[LinearForm, ...]:
    """What the winner's model adds up for a row at each alpha, in original units.

    Of very many features, of those alone that any alpha selects.
    """
    scaler = pipeline.named_steps.get("scaler")
    features = pipeline[:-1].get_feature_names_out()
    none = np.zeros(len(features))  # a path shows no standardised sizes
    solutions = fit_path(rows, specs, candidate, alphas)
    used = np.arange(len(features))
    if len(used) > MANY:
        used = np.flatnonzero(solutions[0].any(axis=(0, 1)))
    return tuple(
        in_original_units(features, coefficients, intercepts, scaler, none).take(used)
        for coefficients, intercepts in zip(*solutions, strict=True)
    )


def pipeline_of(steps: list[tuple[str, Any]]) -> Pipeline:
    """A Pipeline of fitted steps, one that predicts survival if its model does."""
    from sklearn.pipeline import Pipeline

    if not hasattr(steps[-1][1], "predict_survival"):
        return Pipeline(steps)
    from runner.family.cox_estimator import SurvivalPipeline

    return SurvivalPipeline(steps)


def reading_of(family: Family | None, table: Table) -> Reading:
    """How a family's coefficients are read."""
    if family is None:
        return Reading()
    return Reading(
        family.responses(table), family.ratios, family.has_intercept, family.has_reference
    )


def columns_of(pipeline: Pipeline) -> ModelColumns:
    """The columns that a fitted Pipeline without a model makes."""
    scaler = pipeline.named_steps.get("scaler")
    return ModelColumns.of(pipeline, None if scaler is None else scaler.scale_)


def describe_rounds(pipeline: Pipeline) -> dict[str, Any]:
    """How many rounds a chained imputer took, and whether it converged; empty for others."""
    from sklearn.pipeline import Pipeline

    parts = getattr(pipeline.named_steps["columns"], "named_transformers_", {})
    numeric: Any = parts.get("numeric")
    imputer = getattr(numeric, "imputer_", numeric)  # behind a shift
    imputer = imputer[-1] if isinstance(imputer, Pipeline) else imputer  # behind a copy
    if not hasattr(imputer, "n_iter_"):
        return {}
    rounds = int(imputer.n_iter_)
    # scikit-learn's own says it by stopping early
    converged = getattr(imputer, "converged_", rounds < imputer.max_iter)
    return {"rounds": rounds, "converged": bool(converged)}


def predict(pipeline: Pipeline | VotingRegressor, table: Table, rows: Integers) -> Floats:
    """Predictions (n,) for the given rows; a level never seen in training counts as none."""
    return predict_frame(pipeline, table.given_rows(rows))


def predict_frame(
    pipeline: Pipeline | VotingRegressor, features: pd.DataFrame | sparse.csr_array
) -> Floats:
    """Predictions (n,) for the rows of a data frame, or of a sparse matrix; see `predict`."""
    if not features.shape[0]:
        return np.empty(0)
    with unseen_levels_allowed():
        # where a transform of the target ends, which a check says of a run's own rows
        warnings.filterwarnings("ignore", message="(invalid value|overflow) encountered in")
        predictions: Floats = without_copies(pipeline).predict(features)
    return predictions


def hold_out(problems: Sequence[AnyFold], coefficients: Sequence[Floats]) -> HeldOut:
    """Predict each fold's validation rows and score them, all computed from the rows.

    Args:
        problems: one per fold.
        coefficients: (q,) per fold, fitted to its training side alone.
    """
    # by number, so that one that is made in turn is let go before the next
    each = [_hold_out_fold(problems[at], fitted) for at, fitted in enumerate(coefficients)]
    scores = {str(m): np.array([fold[m][0] for _, fold in each]) for m in METRICS}
    return HeldOut([predicted for predicted, _ in each], scores)


def _hold_out_fold(problem: AnyFold, fitted: Floats) -> tuple[Floats, dict[MetricName, Floats]]:
    """Predictions (n,) of a fold's validation rows, and their scores, (1,) each."""
    assert isinstance(problem, FoldProblem)  # noqa: S101 - without a family all of them are
    predicted, side = problem.predict(fitted[:, None]), problem.side
    return predicted[:, 0], score_predictions(METRICS, side.y, predicted, side.weight)


def disagreement(scores: dict[str, Floats], from_rows: dict[str, Floats]) -> float:
    """The largest difference between two sets of fold scores, relative to those from rows.

    Only mse and rmse are compared: their relative error is that of the sums behind every metric
    that moments give, while r2 may be near 0.
    """
    pairs = [(scores[name], from_rows[name]) for name in ("mse", "rmse") if name in scores]
    tiny = np.finfo(np.float64).tiny
    return max((float(np.max(np.abs(a - b) / np.maximum(b, tiny))) for a, b in pairs), default=0.0)


def column_means(X: Matrix, weight: Floats) -> Floats:
    """Means (q,) of the columns that a model sees, (n, q), by row weights (n,)."""
    means: Floats = X.T @ (weight / weight.sum())
    return means


def column_spread(X: Matrix, weight: Floats) -> Floats:
    """Standard deviations (q,) of the columns that a model sees, (n, q), by row weights (n,)."""
    share, mean = weight / weight.sum(), column_means(X, weight)
    if sparse.issparse(X):  # whose columns are seldom far from 0
        squares: Floats = X.power(2).T @ share
        squares = np.maximum(squares - mean**2, 0.0)
        return np.asarray(np.sqrt(squares))
    parts = [share @ (X[:, one] - mean[one]) ** 2 for one in blocks_of(len(mean))]
    spread: Floats = np.sqrt(np.concatenate(parts))
    return spread


def read_form(pipeline: Pipeline, solution: Solution, spread: Floats) -> LinearForm:
    """What the model adds up for a row, per feature, in the model's order.

    `spread` (q,) has the columns' standard deviations, which a Pipeline without a scaler lacks.
    """
    return in_original_units(
        pipeline[:-1].get_feature_names_out(),
        solution.coefficients,
        solution.intercepts,
        pipeline.named_steps.get("scaler"),
        spread,
    )
