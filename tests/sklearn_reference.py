"""Tables, specs and a slow, plain computation of what a candidate must score.

The computation uses scikit-learn alone, apart from the Pipeline whose scores are in question.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.pipeline import Pipeline

from runner.config import validate_section
from runner.core.folds import Folds
from runner.core.metrics import METRICS
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare
from runner.records import Candidate
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.metrics import MetricName
    from runner.records import Floats, Split, Table

SEED = 3
SKLEARN: dict[MetricName, Callable[..., float]] = {
    "mse": metrics.mean_squared_error,
    "rmse": metrics.root_mean_squared_error,
    "mae": metrics.mean_absolute_error,
    "median_ae": metrics.median_absolute_error,
    "r2": metrics.r2_score,
    "mape": metrics.mean_absolute_percentage_error,
    "explained_variance": metrics.explained_variance_score,
}


def make_specs(imputer: str, model: str, options: dict[str, Any] | None = None) -> Specs:
    """The packaged options of these names, with values by dotted key on top.

    Fits are run far beyond the default tolerance, so that what is compared is not where two
    descents happened to stop.
    """
    sections: dict[str, dict[str, Any]] = {
        "imputer": {"name": imputer},
        "features": {"name": "main_effects"},
        "model": {"name": model, "tol": 1e-13, "max_iter": 1_000_000},
    }
    if imputer == "iterative":
        sections["imputer"] |= {"max_iter": 3, "tol": 10.0}  # a tolerance that is soon met
    for key, value in (options or {}).items():
        section, _, name = key.partition(".")
        sections[section][name] = value
    return Specs(**{group: validate_section(group, raw) for group, raw in sections.items()})  # type: ignore[arg-type]


def make_table(*, mixed: bool = False, weighted: bool = False, n: int = 72, seed: int = 0) -> Table:
    """Columns far from zero and of unlike scale, four of five with gaps; categories with gaps.

    The level `rare` has a single row, so that a fold trains without it.
    """
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n, 5)) @ (np.eye(5) + 0.4 * rng.standard_normal((5, 5)))
    X = Z * [1.0, 20.0, 0.3, 4.0, 1.0] + [3.0, 100.0, -2.0, 0.0, 7.0]
    y = 12 + Z @ [1.5, -2.0, 0.0, 1.0, 0.5] + rng.standard_normal(n)
    hidden = rng.random(X.shape) < [0.25, 0.1, 0.3, 0.0, 0.15]
    frame = pd.DataFrame(np.where(hidden, np.nan, X), columns=[f"x{j}" for j in range(1, 6)])
    categorical: tuple[str, ...] = ()
    if mixed:
        categorical = ("colour", "flag", "size")
        colour = rng.choice(np.array(["blue", "green", "red"], dtype=object), n)
        y += 2.0 * (colour == "red")
        colour[rng.random(n) < 0.15] = np.nan
        colour[4] = "rare"
        flag = rng.choice(np.array(["no", "yes"], dtype=object), n)
        flag[rng.random(n) < 0.1] = np.nan
        frame["colour"] = pd.Series(colour, dtype=object)
        frame["flag"] = pd.Series(flag, dtype=object)
        frame["size"] = pd.Series(rng.choice([1.0, 2.0], n), dtype=object)
    weight = rng.uniform(0.2, 3.0, n) if weighted else None
    return table_of(frame, y, categorical=categorical, weight=weight)


def make_split(table: Table, name: str = "kfold", **values: object) -> Split:
    """The split that the packaged option of this name makes."""
    spec: Any = validate_section("split", {"name": name, **values})
    split: Split = spec.split(table, SEED)
    return split


def make_scorer(folds: Folds, specs: Specs, metric: MetricName = "mse") -> Scorer:
    """A Scorer that records every metric."""
    objective = Objective(metric, METRICS)
    return Scorer(folds, specs, objective, seed=SEED, progress=lambda _: None)


def candidate(alpha: float, l1_ratio: float, **more: object) -> Candidate:
    """A point of the space; underscores twice stand for dots."""
    others = {key.replace("__", "."): value for key, value in more.items()}
    return Candidate({**others, "model.alpha": alpha, "model.l1_ratio": l1_ratio})


def make_pipeline(specs: Specs, point: Candidate, table: Table, weight: float) -> Pipeline:
    """An unfitted Pipeline of scikit-learn's parts with a candidate's objective.

    Args:
        specs: the config's sections; the candidate's values come on top.
        point: the candidate.
        table: the columns.
        weight: the sum of the row weights that the Pipeline will be fitted with.
    """
    own = specs.having(point.values)
    estimator = own.model.estimator(point.alpha, point.l1_ratio, weight)
    return Pipeline([*prepare(own, table, SEED).transformer().steps, ("model", estimator)])


def fold_predictions(
    table: Table, split: Split, specs: Specs, points: Sequence[Candidate]
) -> list[list[Floats]]:
    """What each candidate's Pipeline, fitted to each training side alone, predicts.

    Candidates must differ in the penalty alone: the steps before the model are fitted once for
    all of them.
    """
    own = specs.having(points[0].values)
    preparation = prepare(own, table, SEED)
    predictions: list[list[Floats]] = [[] for _ in points]
    for fold in split.folds:
        training, validation = split.sides(fold)
        y = table.target[training]
        weight = None if table.weight is None else table.weight[training]
        total = float(len(training) if weight is None else weight.sum())
        pipelines = [make_pipeline(specs, point, table, total) for point in points]
        before = pipelines[0][:-1]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Found unknown categories")
            X = before.fit_transform(
                table.features.iloc[training], y, **preparation.fit_parameters(weight)
            )
            X_validation = before.transform(table.features.iloc[validation])
        for pipeline, own_predictions in zip(pipelines, predictions, strict=True):
            model = pipeline[-1].fit(X, y, sample_weight=weight)
            own_predictions.append(model.predict(X_validation))
    return predictions


def reference_scores(
    table: Table, split: Split, specs: Specs, points: Sequence[Candidate]
) -> list[dict[str, Floats]]:
    """Every metric of every fold, (folds,) each, per candidate."""
    return [
        score_by_fold(table, split, predicted)
        for predicted in fold_predictions(table, split, specs, points)
    ]


def score_by_fold(table: Table, split: Split, predictions: Sequence[Floats]) -> dict[str, Floats]:
    """scikit-learn's metrics of predictions of each validation side."""
    by_fold = []
    for fold, predicted in zip(split.folds, predictions, strict=True):
        rows = split.sides(fold)[1]
        weight = None if table.weight is None else table.weight[rows]
        by_fold.append(
            {m: f(table.target[rows], predicted, sample_weight=weight) for m, f in SKLEARN.items()}
        )
    return {str(m): np.array([scores[m] for scores in by_fold]) for m in SKLEARN}


def assert_scores(expected: dict[str, Floats], actual: dict[str, Floats], rtol: float) -> None:
    """Each metric of each fold, relative to its size (to 1 for those that may be near 0)."""
    assert expected.keys() == actual.keys()
    for metric, values in expected.items():
        atol = rtol if metric in {"r2", "explained_variance"} else 0.0
        np.testing.assert_allclose(actual[metric], values, rtol=rtol, atol=atol, err_msg=metric)


def folds_of(table: Table, name: str = "kfold", **values: object) -> Folds:
    """Fold problems of a table, split by the packaged option of this name."""
    return Folds(table, make_split(table, name, **values))
