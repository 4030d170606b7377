"""Every candidate's per-fold scores equal those of its Pipeline, fitted fold by fold.

Both sides descend to a dual gap of 1e-13 of the target's sum of squares, which leaves about
1e-7 of uncertainty in a coefficient at the worst, and far less in practice; scores must agree to
RTOL of their size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import make_scorer as sklearn_scorer
from sklearn.model_selection import cross_validate

from runner.metrics import LARGER_IS_BETTER
from sklearn_reference import (
    SKLEARN,
    assert_scores,
    candidate,
    folds_of,
    make_pipeline,
    make_scorer,
    make_specs,
    make_table,
    reference_scores,
)

if TYPE_CHECKING:
    from runner.records import Candidate

RTOL = 1e-8

MODELS: dict[str, list[tuple[float, float]]] = {
    "elastic_net": [(0.05, 0.3), (0.6, 0.9)],
    "lasso": [(0.02, 1.0), (0.4, 1.0)],
    "ridge": [(0.01, 0.0), (2.0, 0.0)],
    "ols": [(0.0, 0.0)],
}
IMPUTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "mean": ("mean", {}),
    "mean-indicator": ("mean", {"imputer.indicator": True}),
    "constant": ("constant", {"imputer.value": -1.5}),
    "median": ("median", {}),
    "most_frequent": ("most_frequent", {}),
    "knn": ("knn", {"imputer.n_neighbors": 3}),
    "iterative": ("iterative", {}),
}
VARIATIONS: dict[str, tuple[dict[str, bool], dict[str, Any]]] = {
    "numeric": ({}, {}),
    "weighted": ({"weighted": True}, {}),
    "no-intercept": ({}, {"model.fit_intercept": False}),
    "positive": ({}, {"model.positive": True}),
    "unscaled": ({}, {"features.scale": False}),
    "unscaled-no-intercept": ({}, {"features.scale": False, "model.fit_intercept": False}),
    "weighted-unscaled-positive": (
        {"weighted": True},
        {"features.scale": False, "model.positive": True},
    ),
    "missing-if_binary": ({"mixed": True}, {}),
    "missing-first": ({"mixed": True}, {"features.drop": "first"}),
    "missing-all": ({"mixed": True}, {"features.drop": None}),
    "most_frequent-if_binary": ({"mixed": True}, {"imputer.categorical": "most_frequent"}),
    "most_frequent-first": (
        {"mixed": True},
        {"imputer.categorical": "most_frequent", "features.drop": "first"},
    ),
    "most_frequent-all": (
        {"mixed": True},
        {"imputer.categorical": "most_frequent", "features.drop": None},
    ),
    "mixed-weighted": ({"mixed": True, "weighted": True}, {}),
    "mixed-unscaled-no-intercept": (
        {"mixed": True},
        {"features.scale": False, "model.fit_intercept": False},
    ),
}


def points(model: str) -> list[Candidate]:
    """The candidates of a kind of model."""
    return [candidate(alpha, l1_ratio) for alpha, l1_ratio in MODELS[model]]


@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("imputer", IMPUTERS)
@pytest.mark.parametrize("model", MODELS)
def test_fold_scores_equal_the_pipelines(model: str, imputer: str, variation: str) -> None:
    """All seven metrics of each candidate on each fold are its Pipeline's."""
    roles, options = VARIATIONS[variation]
    name, own = IMPUTERS[imputer]
    specs = make_specs(name, model, own | options)
    table = make_table(**roles)
    folds = folds_of(table, folds=3)
    trials = make_scorer(folds, specs)(points(model))
    for trial in trials:
        assert trial.status == "ok"
        expected = reference_scores(table, folds.split, specs, trial.candidate)
        assert_scores(expected, trial.scores, RTOL)
