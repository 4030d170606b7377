"""Relaxed candidates: glmnet's relax=TRUE on the same folds, searched and kept like any other."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, read_json
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn_reference import candidate, make_scorer, make_specs
from test_rule import GOLDEN, golden_folds

from runner.core.folds import ModelColumns
from runner.evaluation.fitting import ModelRows, fit_model
from runner.records import Observed

if TYPE_CHECKING:
    from conftest import Program


def test_scores_are_those_of_cv_glmnet() -> None:
    """Mean and standard error of every alpha and gamma, each fold with columns of its own."""
    folds, curve = golden_folds()
    scorer = make_scorer(folds, make_specs("mean", "lasso"))
    points = [
        candidate(alpha, 1.0, model__relax=share)
        for alpha, share in zip(curve["alpha"], curve["relax"], strict=True)
    ]
    trials = scorer(points)
    # glmnet's descent to an alpha of 0 stops a few millionths from least squares
    np.testing.assert_allclose([t.loss for t in trials], curve["mean"], rtol=1e-5)
    errors = [t.scores["mse"].std(ddof=1) / np.sqrt(5) for t in trials]
    np.testing.assert_allclose(errors, curve["se"], rtol=1e-4)
    assert len({round(t.loss, 6) for t in trials}) > 50


def test_coefficients_are_those_of_glmnet() -> None:
    """Of the refit on all rows, in original units, with the intercept."""
    data = pd.read_csv(GOLDEN / "glmnet_relax_data.csv")
    expected = pd.read_csv(GOLDEN / "glmnet_relax_coefficients.csv")
    X = data.drop(columns=["mpg", "fold"]).to_numpy(dtype=float)
    mean, scale = X.mean(axis=0), X.std(axis=0)
    names = tuple(f"x{j}" for j in range(X.shape[1]))
    observed = Observed(data["mpg"].to_numpy(), np.ones(len(data)))
    rows = ModelRows((X - mean) / scale, observed, ModelColumns(names, names, scale))
    specs = make_specs("mean", "lasso")
    for share, alpha in expected[["relax", "alpha"]].drop_duplicates().to_numpy():
        own = expected[(expected["relax"] == share) & (expected["alpha"] == alpha)]
        fitted = fit_model(rows, specs, candidate(alpha, 1.0, model__relax=share)).solution
        b = fitted.coefficients[0] / scale
        found = np.concatenate([fitted.intercepts - mean @ b, b])
        np.testing.assert_allclose(found, own["coefficient"], rtol=1e-5, atol=1e-6)


def test_the_saved_model_is_the_relaxed_one(program: Program) -> None:
    """With a share of 0 it is scikit-learn's least squares on the selected features alone."""
    made = program.run(
        "dataset=diabetes", "split.folds=3", "model=lasso", "model.alpha=2", "model.relax=0",
        "search=none",
    )  # fmt: skip
    table = pd.read_csv(made / "coefficients.csv").set_index("feature")
    with (made / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - this test's own
    predictions = pd.read_csv(made / "predictions.csv")
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    train = np.setdiff1d(np.arange(len(y)), predictions.loc[predictions["part"] == "test", "row"])
    selected = list(table.index[table["selected"]])
    assert 0 < len(selected) < X.shape[1]
    by_hand = LinearRegression().fit(X.loc[train, selected], y[train])
    np.testing.assert_allclose(table.loc[selected, "coefficient"], by_hand.coef_, rtol=1e-8)
    np.testing.assert_allclose(model.predict(X), by_hand.predict(X[selected]), rtol=1e-9)


def test_relax_is_searched_like_any_other_key(program: Program) -> None:
    """A list is a dimension of the grid; the winner's share is recorded, and not without one."""
    made = program.run("dataset=diabetes", *QUICK, "model.relax=[1,0.5,0]", name="relaxed")
    trials = pd.read_csv(made / "trials.csv")
    assert 2 * 8 * 3 == len(trials)
    assert {1.0, 0.5, 0.0} == set(trials["model.relax"])
    best = trials.sort_values("mse_mean", kind="stable").iloc[0]
    record = read_json(made / "run.json")
    assert best["model.relax"] == record["best"]["parameters"]["model.relax"]
    of_one = trials.groupby(["model.l1_ratio", "model.alpha"])["n_nonzero"].nunique()
    assert (of_one == 1).all()


@pytest.mark.parametrize("search", ["random", "optuna"])
def test_a_range_of_shares_is_drawn(program: Program, search: str) -> None:
    """From 0 to 1, the share of every trial its own."""
    made = program.run(
        "dataset=diabetes", *QUICK, "model.relax={low: 0, high: 1}", f"search={search}",
        "search.n_trials=6",
    )  # fmt: skip
    shares = pd.read_csv(made / "trials.csv")["model.relax"]
    assert 6 == shares.nunique()
    assert shares.between(0, 1).all()
