"""Completed data sets of a winner's rows come in; estimates pooled by Rubin's rules go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.checks import NO_INFERENCE
from runner.evaluation.coefficients import INTERCEPT, ratio_of
from runner.evaluation.unpenalised_fit import Estimates, estimate, independent_columns
from runner.statistics.rubin import pool_estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.pipeline import Pipeline

    from runner.checks import Finding
    from runner.core.folds import Preparation
    from runner.evaluation.coefficients import Reading
    from runner.family import Family
    from runner.records import Floats, Observed

LEVEL = 0.95
RIDGE = 1e-5  # of an imputation, as a share of a column's sum of squares


@dataclass(frozen=True)
class Inference:
    """inference.csv, or what keeps it from being there; neither where nothing is selected."""

    table: pd.DataFrame | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Question:
    """Which coefficients are estimated, and of what outcome."""

    features: tuple[str, ...]  # (s,)
    observed: Observed  # (n,)
    family: Family | None
    reading: Reading


def infer(question: Question, designs: Sequence[Floats]) -> Inference:
    """Estimate each completed data set without a penalty, and pool the estimates.

    A feature that depends on those before it, such as the last of a category's levels, has no
    estimate: what is left out is the reference of the others.

    Args:
        question: of the rows.
        designs: per imputation a column of ones and those of the features, (n, s + 1).
    """
    if not question.features:
        return Inference()
    kept = independent_columns(designs[0])
    freedom = _freedom(question, len(kept))
    if freedom < 1:
        said = f"{len(kept)} columns leave no degree of freedom to the estimates of inference.csv"
        return Inference(findings=(NO_INFERENCE.found(said),))
    found = [estimate(A[:, kept], question.observed, question.family, freedom) for A in designs]
    fits = [one for one in found if one is not None]
    if len(fits) < len(found):
        without = f"{len(found) - len(fits)} of {len(found)} imputations"
        said = f"without a penalty the likelihood has no maximum in {without}: rows are separated"
        return Inference(findings=(NO_INFERENCE.found(said),))
    return Inference(_pooled(question, kept, fits, float(freedom)))


def _freedom(question: Question, columns: int) -> int:
    """What the columns leave over, that of ones among them where there is an intercept."""
    family, observed = question.family, question.observed
    if family is None:
        return len(observed.y) - columns
    taken = columns if family.has_intercept else columns - 1
    if family.has_reference:
        taken *= len(observed.labels) - 1
    return family.count_observations(observed) - taken


def _pooled(
    question: Question, kept: list[int], fits: Sequence[Estimates], freedom: float
) -> pd.DataFrame:
    """A row per response and feature, the intercept the first one if there is one."""
    reading = question.reading
    names = list(reading.responses) or [None]
    against = names[0] if reading.has_reference else None
    names = names[1:] if reading.has_reference else names
    first = 0 if reading.has_intercept else 1
    parts = []
    for k, name in enumerate(names):
        estimates = np.array([fit.estimate[k] for fit in fits])
        variances = np.array([fit.variance[k] for fit in fits])
        pooled = pool_estimates(estimates, variances, freedom=freedom, level=LEVEL)
        pooled.index = pd.Index(kept[first:])
        pooled = pooled.reindex(range(first, len(question.features) + 1))
        if reading.ratios:
            sides = {"ratio": "estimate", "ratio_low": "low", "ratio_high": "high"}
            pooled = pooled.assign(
                **{ratio: ratio_of(pooled[of].to_numpy()) for ratio, of in sides.items()}
            )
        pooled.insert(0, "feature", [INTERCEPT, *question.features][first:])
        if reading.has_reference:
            pooled.insert(0, "reference", against)
        if reading.responses:
            pooled.insert(0, "response", name)
        parts.append(pooled)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


@dataclass(frozen=True)
class Rows:
    """Rows that are imputed for inference, and what is known of them."""

    features: pd.DataFrame  # (n,)
    preparation: Preparation
    outcome: Floats  # (n, k) columns that tell of the target
    delta: float  # what is added to each imputed value, in standard deviations


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


def completed_design(rows: Rows, pipeline: Pipeline, selected: Sequence[str], seed: int) -> Floats:
    """A column of ones and the selected columns, (n, s + 1), unscaled, their gaps drawn.

    The draws are others than the models' (see `draw_with_target`), also where the models' are of
    another kind.
    """
    columns, preparation = pipeline[:1], rows.preparation
    frame = pd.DataFrame(columns.transform(rows.features), columns=columns.get_feature_names_out())
    numeric = list(preparation.numeric)
    X = rows.features[numeric].to_numpy(dtype=np.float64)
    levels = frame.iloc[:, columns[-1].output_indices_.get("categorical", slice(0))]
    completed = draw_with_target(X, np.column_stack([levels, rows.outcome]), seed)
    if rows.delta != 0:
        completed += np.isnan(X) * rows.delta * np.nanstd(X, axis=0)
    prefix = "numeric__" if preparation.verbose_names else ""
    for at, name in enumerate(numeric):
        if prefix + name in frame:
            frame[prefix + name] = completed[:, at]
    ones = np.ones((len(frame), 1))
    return np.hstack([ones, frame[list(selected)].to_numpy(dtype=np.float64)])


def outcome_columns(family: Family | None, observed: Observed) -> Floats:
    """What an imputation for inference knows of the outcome, (n, k)."""
    own = observed.y[:, None] if family is None else family.regressors(observed)
    return own if observed.offset is None else np.column_stack([own, observed.offset])
