"""The saved model is the minimum of its objective, which other methods find beside it."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import LassoLars, LinearRegression, Ridge
from sklearn_reference import SEED, candidate, make_specs

from runner.core.folds import ModelColumns, training_weight
from runner.dataset.table import table_of
from runner.evaluation.fitting import ModelRows, fit_model
from runner.evaluation.multiple import refit_draws
from runner.evaluation.winner import refit
from runner.features.pipeline import prepare
from runner.records import Observed

if TYPE_CHECKING:
    from pathlib import Path

    from runner.records import Candidate, Floats, Table

AS_SHIPPED = {"model.tol": 1e-7, "model.max_iter": 10_000}  # what conf/model says
ATOL = 1e-6  # of coefficients, which are of the order of 1


def make_rows(n: int, p: int, *, weighted: bool = False, gaps: bool = False) -> Table:
    """Correlated columns of unlike scale, of which a few matter."""
    rng = np.random.default_rng(n + p)
    Z = rng.standard_normal((n, p)) + 0.7 * rng.standard_normal((n, 1))
    y = Z[:, :6] @ [2.0, -1.5, 1.0, 1.0, -0.5, 0.5] + rng.standard_normal(n)
    X = Z * rng.uniform(0.2, 5.0, p) + rng.uniform(-3, 3, p)
    if gaps:
        X[rng.random(X.shape) < 0.1] = np.nan
    weight = rng.uniform(0.2, 3.0, n) if weighted else None
    return table_of(pd.DataFrame(X, columns=[f"x{j}" for j in range(p)]), y, weight=weight)


def plain_rows(X: Floats, y: Floats) -> ModelRows:
    """Columns that are fitted as they are."""
    names = tuple(f"x{j}" for j in range(X.shape[1]))
    observed = Observed(y, np.ones(len(y)))
    return ModelRows(X, observed, ModelColumns(names, names, np.ones(X.shape[1])))


def minimise(
    X: Floats, y: Floats, weight: Floats, point: Candidate, *, positive: bool = False
) -> tuple[Floats, float]:
    """The elastic net's coefficients (q,) and intercept as a lasso on more rows, but for rounding.

    A row weight is the square of a factor of the centred row, and the L2 penalty a row sqrt(W a)
    with the target 0 per column (Zou & Hastie 2005, lemma 1). Least-angle regression solves the
    lasso; with no negative coefficient it is a bounded quadratic, which Lawson and Hanson's method
    solves, as |t - A b|^2 / 2 + l1 sum(b) is |t - l1 A (A'A)^-1 1 - A b|^2 / 2 and a constant.
    """
    share = weight / weight.sum()
    centre, y_mean = share @ X, share @ y
    root = np.sqrt(share)[:, None]
    l2 = np.sqrt(point.alpha * (1 - point.l1_ratio)) * np.eye(X.shape[1])
    rows = np.vstack([root * (X - centre), l2])
    target = np.append(root[:, 0] * (y - y_mean), np.zeros(X.shape[1]))
    l1 = point.alpha * point.l1_ratio
    if positive:
        shift = rows @ np.linalg.solve(rows.T @ rows, np.full(X.shape[1], l1))
        b, _ = nnls(rows, target - shift)
    else:
        lars = LassoLars(alpha=l1 / len(rows), fit_intercept=False, max_iter=50_000, eps=1e-16)
        b = np.asarray(lars.fit(rows, target).coef_)
    return b, float(y_mean - centre @ b)


CASES: dict[str, tuple[Table, dict[str, Any], Candidate]] = {
    "wide lasso": (make_rows(80, 1_000), {}, candidate(0.05, 1.0)),
    "wide elastic net": (make_rows(60, 300), {}, candidate(0.05, 0.5)),
    "tall": (make_rows(2_500, 30), {}, candidate(0.01, 1.0)),
    "weighted": (make_rows(200, 30, weighted=True), {}, candidate(0.03, 0.7)),
    "weighted and wide": (make_rows(60, 200, weighted=True), {}, candidate(0.1, 1.0)),
    "positive": (make_rows(150, 40), {"model.positive": True}, candidate(0.02, 0.9)),
    "unscaled": (make_rows(150, 40), {"features.scale": False}, candidate(0.05, 0.6)),
    "with gaps": (make_rows(150, 40, gaps=True), {}, candidate(0.02, 0.8)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_refit_is_the_minimum(case: str) -> None:
    """The saved model's coefficients and support are those of another exact method."""
    table, options, point = CASES[case]
    specs = make_specs("mean", "elastic_net", AS_SHIPPED | options)
    rows = np.arange(table.n_rows)
    final = refit(specs, point, prepare(specs, table, SEED), table, rows)
    X = np.asarray(final.pipeline[:-1].transform(table.frame))
    positive = bool(options.get("model.positive"))
    weight = training_weight(table, rows)
    b, intercept = minimise(X, table.target, weight, point, positive=positive)
    assert 3 < np.count_nonzero(b) < X.shape[1]
    np.testing.assert_allclose(final.pipeline[-1].coef_, b, atol=ATOL)
    assert final.pipeline[-1].intercept_ == pytest.approx(intercept, abs=ATOL)
    np.testing.assert_array_equal(final.pipeline[-1].coef_ != 0, np.abs(b) > ATOL)
    (solution,) = final.solutions
    assert solution.converged
    assert solution.dual_gap < 1e-11 * np.average(table.target**2, weights=weight)


@pytest.mark.parametrize("pool", ["predictions", "stacked"])
def test_each_draws_refit_is_the_minimum(pool: str) -> None:
    """With multiple imputation every model, or the stacked one, is that of the rows as drawn."""
    table, point = make_rows(120, 20, gaps=True), candidate(0.03, 0.8)
    options = AS_SHIPPED | {"imputer.multiple": 3, "imputer.pool": pool}
    specs = make_specs("linear", "elastic_net", options)
    preparation = prepare(specs, table, SEED)
    final = refit_draws(specs, point, preparation, table, np.arange(table.n_rows))
    models = [pipeline[-1] for pipeline in final.pipeline.estimators_]
    draws = preparation.drawn()
    if pool == "predictions":
        for draw, model in zip(draws, models, strict=True):
            X = draw.transformer().fit_transform(table.frame)
            b, _ = minimise(X, table.target, np.ones(len(X)), point)
            np.testing.assert_allclose(model.coef_, b, atol=ATOL)
        return
    X = np.vstack([draw.transformer()[:1].fit_transform(table.frame) for draw in draws])
    weight = np.tile(table.features.notna().mean(axis=1), len(draws))
    mean = np.average(X, axis=0, weights=weight)
    X = (X - mean) / np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    b, intercept = minimise(X, np.tile(table.target, len(draws)), weight, point)
    for model in models:
        np.testing.assert_allclose(model.coef_, b, atol=ATOL)
        assert model.intercept_ == pytest.approx(intercept, abs=ATOL)


def test_least_squares_keep_the_digits_of_the_rows() -> None:
    """Columns all but dependent have LinearRegression's coefficients; cross products lose them."""
    rng = np.random.default_rng(8)
    X = rng.standard_normal((200, 3))
    X[:, 2] = X[:, 0] + X[:, 1] + 1e-8 * rng.standard_normal(200)
    y = X @ [1.0, 2.0, 3.0]
    specs = make_specs("mean", "ols")
    fitted = fit_model(plain_rows(X, y), specs, candidate(0.0, 0.0))
    expected = LinearRegression(tol=1e-13).fit(X, y).coef_
    np.testing.assert_allclose(fitted.solution.coefficients[0], expected, rtol=1e-6)
    np.testing.assert_allclose(fitted.solution.coefficients[0], [1.0, 2.0, 3.0], rtol=1e-6)


def test_positive_ridge_is_the_minimum() -> None:
    """A positive ridge of columns of unlike scale satisfies its optimality conditions."""
    table = make_rows(150, 12)
    specs = make_specs("mean", "ridge", AS_SHIPPED | {"model.positive": True})
    X, y = table.features.to_numpy(), table.target
    fitted = fit_model(plain_rows(X, y), specs, candidate(0.2, 0.0))
    b = fitted.solution.coefficients[0]
    free = b > 0
    assert 0 < free.sum() < len(b)
    plain = Ridge(alpha=0.2 * len(y)).fit(X[:, free], y)  # where no bound holds
    np.testing.assert_allclose(b[free], plain.coef_, rtol=1e-9)
    slope = (X - X.mean(axis=0)).T @ (y - plain.predict(X[:, free]))
    assert (slope[~free] < 0).all()


def test_what_has_not_converged_says_so() -> None:
    """A solution that is not the minimum is named as the refit's, with the keys that help."""
    table = make_rows(150, 40)
    specs = make_specs("mean", "elastic_net", AS_SHIPPED)
    preparation, rows = prepare(specs, table, SEED), np.arange(table.n_rows)
    final = refit(specs, candidate(0.01, 0.5), preparation, table, rows)
    assert final.converged
    assert final.findings() == []
    (solution,) = final.solutions
    short = replace(solution, dual_gap=0.25, converged=False)
    partly = replace(final, solutions=(solution, short))
    assert not partly.describe()["refit"]["converged"]
    assert partly.describe()["refit"]["dual_gap"] == 0.25
    (found,) = partly.findings()
    assert (found.code, found.severity) == ("EN401", "warning")
    assert found.message == "the refitted winner has not converged: its dual gap is 0.25"
    assert "raise model.max_iter or model.tol" in found.remedy


def test_a_wide_run_saves_the_minimum(tmp_path: Path) -> None:
    """80 rows and 2,000 columns: model.pkl, coefficients.csv and the test error are exact."""
    table = make_rows(80, 2_000)
    frame = table.features.assign(y=table.target)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    out = tmp_path / "run"
    command = [sys.executable, "-m", "runner", "dataset=csv", "dataset.target=y", "search=none"]
    command += [f"dataset.path={tmp_path / 'wide.csv'}", f"hydra.run.dir={out}", "report=none"]
    subprocess.run([*command, "model=lasso", "model.alpha=0.1"], check=True)
    with (out / "model.pkl").open("rb") as file:
        pipeline = pickle.load(file)  # noqa: S301 - made here
    predictions = pd.read_csv(out / "predictions.csv")
    training = predictions.loc[predictions["part"] == "oof", "row"].sort_values().to_numpy()
    X = pipeline[:-1].transform(frame.iloc[training])
    b, _ = minimise(X, frame["y"].to_numpy()[training], np.ones(len(X)), candidate(0.1, 1.0))
    np.testing.assert_allclose(pipeline[-1].coef_, b, atol=ATOL)
    coefficients = pd.read_csv(out / "coefficients.csv").iloc[1:]
    np.testing.assert_array_equal(coefficients["selected"], np.abs(b) > ATOL)
    record = json.loads((out / "run.json").read_text())
    assert record["refit"]["converged"]
    assert record["refit"]["dual_gap"] < 1e-11
