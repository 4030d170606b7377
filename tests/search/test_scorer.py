"""Every candidate's per-fold scores equal those of its Pipeline, fitted fold by fold.

Both sides descend to a dual gap of 1e-13 of the target's sum of squares, which leaves about
1e-7 of uncertainty in a coefficient at the worst, and far less in practice; scores must agree to
RTOL of their size.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import ElasticNet
from sklearn.metrics import make_scorer as sklearn_scorer
from sklearn.model_selection import cross_validate
from sklearn_reference import (
    SEED,
    SKLEARN,
    assert_scores,
    candidate,
    folds_of,
    make_pipeline,
    make_scorer,
    make_specs,
    make_table,
    reference_scores,
    score_by_fold,
)

from runner.dataset.table import table_of
from runner.features.pipeline import prepare
from runner.records import NOT_CONVERGED

if TYPE_CHECKING:
    from runner.records import Candidate

RTOL = 1e-8
# scikit-learn's L-BFGS, its only solver of positive ridge, stops where a step lowers the loss by
# 1e-10 of it. Steps may be many and short, so the loss is known to about 1e-8, whose root is the
# share that predictions may be off by; test_positive_ridge_equals_nnls compares to RTOL.
RTOL_LBFGS = 1e-4

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


ENCODINGS_OF_ALL = {"missing-if_binary", "most_frequent-first"}
CASES = [
    (model, imputer, variation)
    for model in MODELS
    for imputer in IMPUTERS
    for variation, (roles, _) in VARIATIONS.items()
    # how a category is encoded does not depend on the imputer of numbers: two that take the two
    # ways to a fold problem, and one with indicators, meet every encoding
    if "mixed" not in roles
    or variation in ENCODINGS_OF_ALL
    or imputer in {"mean", "mean-indicator", "median"}
]


def points(model: str) -> list[Candidate]:
    """The candidates of a kind of model."""
    return [candidate(alpha, l1_ratio) for alpha, l1_ratio in MODELS[model]]


# L-BFGS says so too where rounding stops its line search at the minimum
@pytest.mark.filterwarnings("ignore:The lbfgs solver did not converge")
@pytest.mark.parametrize(("model", "imputer", "variation"), CASES)
def test_fold_scores_equal_the_pipelines(model: str, imputer: str, variation: str) -> None:
    """All seven metrics of each candidate on each fold are its Pipeline's."""
    roles, options = VARIATIONS[variation]
    name, own = IMPUTERS[imputer]
    specs = make_specs(name, model, own | options)
    table = make_table(**roles)
    folds = folds_of(table, folds=2)
    trials = make_scorer(folds, specs)(points(model))
    rtol = RTOL_LBFGS if model == "ridge" and specs.model.positive else RTOL
    for trial, expected in zip(
        trials, reference_scores(table, folds.split, specs, points(model)), strict=True
    ):
        assert trial.status == "ok"
        assert_scores(expected, trial.scores, rtol)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
@pytest.mark.parametrize(
    ("split", "values"),
    [
        ("kfold", {"folds": 4}),
        ("repeated", {"folds": 2, "repeats": 2}),
        ("holdout", {"validation": 0.3}),
    ],
)
@pytest.mark.parametrize("model", ["elastic_net", "lasso", "ols"])
def test_trials_equal_cross_validate(
    model: str, split: str, values: dict[str, Any], imputer: str
) -> None:
    """A trial's scores are those of scikit-learn's cross_validate over Pipeline and folds."""
    table = make_table(mixed=True)
    folds = folds_of(table, split, **values)
    specs = make_specs(imputer, model)
    trials = make_scorer(folds, specs)(points(model))
    row = np.full(table.n_rows, -1)
    row[folds.split.train] = np.arange(len(folds.split.train))
    cv = [tuple(row[side] for side in folds.split.sides(fold)) for fold in folds.split.folds]
    for trial in trials:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Found unknown categories")
            found = cross_validate(
                make_pipeline(specs, trial.candidate, table, float("nan")),
                table.features.iloc[folds.split.train],
                table.target[folds.split.train],
                cv=cv,
                scoring={name: sklearn_scorer(f) for name, f in SKLEARN.items()},
                error_score="raise",
            )
        expected = {str(name): found[f"test_{name}"] for name in SKLEARN}
        assert_scores(expected, trial.scores, RTOL)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("imputer", ["mean", "median"])
def test_positive_ridge_equals_nnls(imputer: str, weighted: bool) -> None:
    """Positive ridge scores are those of non-negative least squares with the penalty as rows."""
    table = make_table(weighted=weighted)
    folds = folds_of(table, folds=3)
    specs = make_specs(imputer, "ridge", {"model.positive": True})
    trials = make_scorer(folds, specs)(points("ridge"))
    preparation = prepare(specs, table, SEED)
    for trial in trials:
        predictions = []
        for fold in folds.split.folds:
            training, validation = folds.split.sides(fold)
            weight = np.ones(len(training)) if table.weight is None else table.weight[training]
            before = preparation.transformer()
            X = before.fit_transform(
                table.features.iloc[training],
                **preparation.fit_parameters(weight if weighted else None),
            )
            centre = np.average(X, axis=0, weights=weight)
            y_mean = np.average(table.target[training], weights=weight)
            root = np.sqrt(weight)[:, None]
            ridge = np.sqrt(trial.candidate.alpha * weight.sum()) * np.eye(X.shape[1])
            rows = np.vstack([root * (X - centre), ridge])
            y = np.append(root[:, 0] * (table.target[training] - y_mean), np.zeros(X.shape[1]))
            b = nnls(rows, y)[0]
            X_validation = before.transform(table.features.iloc[validation])
            predictions.append(y_mean + (X_validation - centre) @ b)
        assert_scores(score_by_fold(table, folds.split, predictions), trial.scores, RTOL)


@pytest.mark.parametrize("model", MODELS)
def test_more_columns_than_rows(model: str) -> None:
    """Scores hold with more columns than training rows, which are then solved as rows."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((24, 40))
    y = X[:, :3].sum(axis=1) + 0.3 * rng.standard_normal(24)
    X[rng.random(X.shape) < 0.1] = np.nan
    table = table_of(pd.DataFrame(X, columns=[f"x{j}" for j in range(40)]), y)
    folds = folds_of(table, folds=3)
    specs = make_specs("mean", model)
    trials = make_scorer(folds, specs)(points(model))
    expected = reference_scores(table, folds.split, specs, points(model))
    for trial, scores in zip(trials, expected, strict=True):
        assert_scores(scores, trial.scores, RTOL)


@pytest.mark.parametrize("imputer", ["mean", "median"])
def test_least_squares_of_columns_in_unlike_units(imputer: str) -> None:
    """Unscaled columns over 9 orders of magnitude all count, in the refitted Pipeline too."""
    rng = np.random.default_rng(6)
    Z = rng.standard_normal((90, 4))
    y = Z @ [1.0, 2.0, 3.0, 4.0] + rng.standard_normal(90)
    X = Z * [1.0, 10.0, 1e6, 1e-3]
    X[rng.random(X.shape) < 0.05] = np.nan
    table = table_of(pd.DataFrame(X, columns=list("abcd")), y)
    folds = folds_of(table, folds=3)
    specs = make_specs(imputer, "ols", {"features.scale": False})
    (trial,) = make_scorer(folds, specs)(points("ols"))
    (expected,) = reference_scores(table, folds.split, specs, points("ols"))
    assert_scores(expected, trial.scores, RTOL)
    assert expected["r2"].min() > 0.7


def test_a_trial_records_the_worst_gap_of_its_folds() -> None:
    """Stopped after one sweep, it is the largest of the gaps that scikit-learn has on the folds."""
    rng = np.random.default_rng(8)
    X = rng.standard_normal((90, 4)) + rng.standard_normal((90, 1))
    y = X @ [1.0, -2.0, 0.5, 0.0] + rng.standard_normal(90)
    table = table_of(pd.DataFrame(X, columns=list("abcd")), y)
    folds = folds_of(table, folds=4, test=None)
    specs = make_specs("mean", "elastic_net", {"model.max_iter": 1})
    (trial,) = make_scorer(folds, specs)([candidate(0.05, 0.5)])
    gaps = []
    for fold in folds.split.folds:
        rows = folds.split.sides(fold)[0]
        Z = (X[rows] - X[rows].mean(axis=0)) / X[rows].std(axis=0)
        model = ElasticNet(alpha=0.05, l1_ratio=0.5, max_iter=1, tol=1e-14, precompute=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gaps.append(float(model.fit(Z, y[rows] - y[rows].mean()).dual_gap_))
    assert max(gaps) > 1.01 * sorted(gaps)[-2]
    assert trial.dual_gap == pytest.approx(max(gaps), rel=1e-8)
    assert trial.status == NOT_CONVERGED


def test_trials_are_numbered_through() -> None:
    """Numbers go on from call to call, failed candidates included, and begin anew on rescoring."""
    scorer = make_scorer(folds_of(make_table(), folds=2), make_specs("mean", "lasso"))
    points = [candidate(alpha, 1.0) for alpha in (0.5, 0.1, -1.0, 0.2, 0.3, 0.05)]
    calls = [scorer(points[:2]), scorer(points[2:3]), scorer([]), scorer(points[3:])]
    assert [[1, 2], [3], [], [4, 5, 6]] == [[trial.number for trial in call] for call in calls]
    trials = [trial for call in calls for trial in call]
    assert points == [trial.candidate for trial in trials]
    again = scorer.rescore(trials[3:])
    assert [1, 2, 3] == [trial.number for trial in again]
    assert points[3:] == [trial.candidate for trial in again]
    assert [4] == [trial.number for trial in scorer(points[:1])]
