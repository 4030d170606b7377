"""The winner of a search with multiple imputation: refitted per draw, its coefficients pooled."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.evaluate import Refit, column_spread, describe_rounds, read_coefficients
from runner.folds import kept_rows, stacking_weight
from runner.pipeline import build_pipeline, fit_parameters, make_plain, use_gram, width_of
from runner.randomness import derive_seed
from runner.rubin import pool_estimates

if TYPE_CHECKING:
    from sklearn.ensemble import VotingRegressor
    from sklearn.pipeline import Pipeline

    from runner.folds import Preparation
    from runner.pipeline import Specs
    from runner.records import Candidate, Floats, Integers, Table

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
    def target(self) -> Floats:
        """Of the rows, (n,)."""
        return self.table.target[self.rows]

    @property
    def weight(self) -> Floats | None:
        """Of the rows, (n,)."""
        return None if self.table.weight is None else self.table.weight[self.rows]

    def read(self, pipeline: Pipeline) -> tuple[pd.DataFrame, float]:
        """A fitted Pipeline's coefficients, a row per feature, and its intercept."""
        if self.preparation.features.scale:
            return read_coefficients(pipeline, None)
        return read_coefficients(pipeline, column_spread(pipeline, self.features, self.weight))


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
        pipelines = _fit_each(winner)
        own = [winner.read(pipeline)[0] for pipeline in pipelines]
        used = _fit_stacked(winner, pipelines) if preparation.imputer.stacks else pipelines
        read = [winner.read(pipeline) for pipeline in used]
        coefficients = _pool_coefficients(own, [found for found, _ in read])
        selected = _selected(coefficients, stacked=preparation.imputer.stacks)
        inference = _refit_unpenalised(winner, pipelines, selected)
    rounds = describe_rounds(used[0])
    for pipeline, draw in zip(used, preparation.drawn(), strict=True):
        make_plain(pipeline, draw, winner.features)
    intercept = float(np.mean([intercept for _, intercept in read]))
    said = dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
    return Refit(_voting(used), coefficients, intercept, tuple(said), rounds, inference)


def _fit_each(winner: _Winner) -> list[Pipeline]:
    """A fitted Pipeline per draw."""
    weight = winner.weight
    total = float(len(winner.rows) if weight is None else weight.sum())
    pipelines = []
    for draw in winner.preparation.drawn():
        pipeline = build_pipeline(winner.specs, winner.candidate, draw, total)
        use_gram(pipeline, len(winner.rows), width_of(winner.table))
        pipeline.fit(winner.features, winner.target, **fit_parameters(draw, weight))
        pipelines.append(pipeline)
    return pipelines


def _fit_stacked(winner: _Winner, pipelines: list[Pipeline]) -> list[Pipeline]:
    """The same Pipelines, all with the one scaler and model that fit the stacked rows.

    The rows that a draw is fitted to are not those that its Pipeline would transform them to: the
    noise of the draw is in them.
    """
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    count = len(pipelines)
    weight = np.tile(stacking_weight(winner.table, winner.rows), count)
    columns = [clone(pipeline[:1]) for pipeline in pipelines]
    X = np.vstack([part.fit_transform(winner.features) for part in columns])
    later = clone(pipelines[0][1:])
    model = build_pipeline(
        winner.specs, winner.candidate, winner.preparation, float(weight.sum())
    ).named_steps["model"]
    later.steps[-1] = ("model", model)
    use_gram(later, len(weight), X.shape[1])
    parameters = {f"{name}__sample_weight": weight for name, _ in later.steps}
    later.fit(X, np.tile(winner.target, count), **parameters)
    return [Pipeline([*part.steps, *later.steps]) for part in columns]


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
    pooled.insert(0, "feature", ["intercept", *selected])
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


def _pool_coefficients(own: list[pd.DataFrame], tables: list[pd.DataFrame]) -> pd.DataFrame:
    """A row per feature: the mean of the tables that predict, and what the draws' own models say.

    Args:
        own: a table per draw, of the model that is fitted to it alone.
        tables: a table per draw, of the model that predicts.
    """
    coefficient = np.mean([table["coefficient"] for table in tables], axis=0)
    standardised = np.mean([table["standardised"] for table in tables], axis=0)
    size = pd.Series(np.abs(standardised))
    return pd.DataFrame(
        {
            "feature": tables[0]["feature"],
            "coefficient": coefficient,
            "standardised": standardised,
            "sign": np.sign(coefficient).astype(int),
            "selected": coefficient != 0,
            "rank": size.rank(ascending=False, method="first").astype(int),
            "selection_frequency": np.mean([table["selected"] for table in own], axis=0),
            "between_sd": np.std([table["coefficient"] for table in own], axis=0, ddof=1),
        }
    )


def _voting(pipelines: list[Pipeline]) -> VotingRegressor:
    """The fitted Pipelines as one model that averages their predictions."""
    from sklearn.base import clone
    from sklearn.ensemble import VotingRegressor
    from sklearn.utils import Bunch

    named = [(f"draw_{number}", pipeline) for number, pipeline in enumerate(pipelines, start=1)]
    voting = VotingRegressor([(name, clone(pipeline)) for name, pipeline in named])
    voting.estimators_ = pipelines
    voting.named_estimators_ = Bunch(**dict(named))
    voting.feature_names_in_ = pipelines[0].feature_names_in_
    return voting
