"""One model of all draws' rows: a family's folds are scored as the saved model predicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler
from sklearn_reference import SEED, candidate, make_specs, make_split, make_table

from runner.config import validate_section
from runner.core.folds import Folds, prepare_rows
from runner.features.pipeline import prepare
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import MetricName
    from runner.records import Floats

    Predict = Callable[[Floats, Floats, Floats, list[Floats]], list[Floats]]

DRAWS = 4
ALPHA = 0.05


def probabilities(X: Floats, y: Floats, weight: Floats, new: list[Floats]) -> list[Floats]:
    """Of a ridge logistic regression of scikit-learn's, by its own scale of the penalty."""
    model = LogisticRegression(C=1 / (ALPHA * weight.sum()), solver="newton-cholesky", tol=1e-12)
    model.fit(X, y, sample_weight=weight)
    return [model.predict_proba(rows)[:, 1] for rows in new]


def means(X: Floats, y: Floats, weight: Floats, new: list[Floats]) -> list[Floats]:
    """Of a ridge Poisson regression of scikit-learn's."""
    model = PoissonRegressor(alpha=ALPHA, solver="newton-cholesky", tol=1e-12)
    model.fit(X, y, sample_weight=weight)
    return [model.predict(rows) for rows in new]


@pytest.mark.parametrize(
    ("name", "predict", "score", "metric"),
    [
        ("binomial", probabilities, metrics.log_loss, "log_loss"),
        ("poisson", means, metrics.mean_poisson_deviance, "poisson_deviance"),
    ],
)
def test_fold_scores_are_those_of_the_mean_prediction_of_the_draws(
    name: str, predict: Predict, score: Callable[..., float], metric: MetricName
) -> None:
    """Each draw of a row is predicted, and probabilities or means are averaged, not the rows."""
    table = make_table(mixed=True, weighted=True, n=120)
    y = (table.target > np.median(table.target)).astype(float)
    y = y if name == "binomial" else y * (np.arange(len(y)) % 7.0)
    family = validate_section("family", {"name": name})
    table = family.settle(replace(table, target=y, labels=(0, 1)))  # type: ignore[attr-defined]
    split = make_split(table, folds=3)
    stacked = {"imputer.multiple": DRAWS, "imputer.pool": "stacked"}
    specs = replace(make_specs("linear", "ridge", stacked), family=family)  # type: ignore[arg-type]
    preparation = prepare(specs, table, SEED)
    folds = Folds(table, split, family=specs.family)
    scorer = Scorer(folds, specs, Objective(metric, (metric,)), seed=SEED, progress=lambda _: None)
    (trial,) = scorer([candidate(ALPHA, 0.0)])
    observed = 1 - table.features.isna().to_numpy().mean(axis=1)
    assert table.weight is not None
    for number, fold in enumerate(split.folds):
        training, validation = split.sides(fold)
        sides = [
            prepare_rows(table, training, validation, draw, scaled=False)
            for draw in preparation.drawn()
        ]
        X = np.vstack([own for own, _ in sides])
        weight = np.tile((observed * table.weight)[training], DRAWS)
        scaler = StandardScaler().fit(X, sample_weight=weight)
        new = [scaler.transform(rows) for _, rows in sides]
        found = predict(scaler.transform(X), np.tile(y[training], DRAWS), weight, new)
        expected = score(
            y[validation], np.mean(found, axis=0), sample_weight=table.weight[validation]
        )
        assert expected == pytest.approx(trial.scores[metric][number], rel=1e-6)
