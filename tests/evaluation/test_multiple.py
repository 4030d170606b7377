"""Multiple imputation: what is pooled, stacked, refitted and saved, against scikit-learn."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, LinearRegression
from sklearn.preprocessing import StandardScaler
from sklearn_reference import (
    SEED,
    candidate,
    make_scorer,
    make_specs,
    make_split,
    make_table,
)

from runner.core.folds import Folds, prepare_rows
from runner.dataset.table import table_of
from runner.evaluation.multiple import refit_draws
from runner.evaluation.winner import predict
from runner.features.pipeline import prepare
from runner.imputer.chained import ChainedRidge

if TYPE_CHECKING:
    from runner.core.folds import Preparation
    from runner.evaluation.winner import Refit
    from runner.records import Floats, Table

DRAWS = 4
POINT = candidate(0.05, 0.6)


def drawing(pool: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML value
    """Options of an imputer that draws several times."""
    return {"imputer.multiple": DRAWS, "imputer.pool": pool, **options}


def prepared(table: Table, pool: str) -> tuple[Any, Preparation]:
    """Specs and preparation with several draws."""
    specs = make_specs("linear", "elastic_net", drawing(pool))
    return specs, prepare(specs, table, SEED)


def refitted(table: Table, pool: str) -> Refit:
    """The refit to all rows."""
    specs, preparation = prepared(table, pool)
    return refit_draws(specs, POINT, preparation, table, np.arange(table.n_rows))


def test_pooled_scores_are_those_of_averaged_predictions() -> None:
    """A candidate's score is that of the mean prediction of a model per draw."""
    table = make_table(mixed=True, n=120)
    split = make_split(table, folds=3)
    specs, preparation = prepared(table, "predictions")
    (trial,) = make_scorer(Folds(table, split), specs)([POINT])
    for number, fold in enumerate(split.folds):
        training, validation = split.sides(fold)
        predictions = []
        for draw in preparation.drawn():
            X, X_validation = prepare_rows(table, training, validation, draw)
            model = ElasticNet(alpha=0.05, l1_ratio=0.6, tol=1e-13, max_iter=1_000_000)
            predictions.append(model.fit(X, table.target[training]).predict(X_validation))
        error = table.target[validation] - np.mean(predictions, axis=0)
        assert np.mean(error**2) == pytest.approx(trial.scores["mse"][number], rel=1e-9)


def test_stacked_scores_are_those_of_one_model_of_all_draws() -> None:
    """A candidate's score is that of an elastic net on the stacked, weighted rows."""
    table = make_table(mixed=True, weighted=True, n=120)
    split = make_split(table, folds=3)
    specs, preparation = prepared(table, "stacked")
    (trial,) = make_scorer(Folds(table, split), specs)([POINT])
    observed = 1 - table.features.isna().to_numpy().mean(axis=1)
    assert table.weight is not None
    for number, fold in enumerate(split.folds):
        training, validation = split.sides(fold)
        sides = [
            prepare_rows(table, training, validation, draw, scaled=False)
            for draw in preparation.drawn()
        ]
        weight = np.tile((observed * table.weight)[training], DRAWS)
        scaler = StandardScaler().fit(np.vstack([side[0] for side in sides]), sample_weight=weight)
        X = scaler.transform(np.vstack([side[0] for side in sides]))
        X_validation = scaler.transform(np.mean([side[1] for side in sides], axis=0))
        model = ElasticNet(alpha=0.05, l1_ratio=0.6, tol=1e-13, max_iter=1_000_000)
        model.fit(X, np.tile(table.target[training], DRAWS), sample_weight=weight)
        error = table.target[validation] - model.predict(X_validation)
        mse = np.average(error**2, weights=table.weight[validation])
        assert mse == pytest.approx(trial.scores["mse"][number], rel=1e-8)


@pytest.mark.parametrize("pool", ["predictions", "stacked"])
class TestRefit:
    """What is saved and told of the winner."""

    def test_the_model_is_scikit_learns_alone(self, pool: str) -> None:
        """The saved model comes back without this package, and predicts the same."""
        table = make_table(mixed=True, n=100)
        pipeline = refitted(table, pool).pipeline
        saved = pickle.dumps(pipeline)
        assert b"runner" not in saved
        rows = np.arange(30)
        expected = predict(pipeline, table, rows)
        found = predict(pickle.loads(saved), table, rows)  # noqa: S301 - made here
        np.testing.assert_array_equal(expected, found)

    def test_the_intercepts_row_is_pooled(self, pool: str) -> None:
        """Its spread is that of the draws' own models; it is no feature, and so is not selected."""
        final = refitted(make_table(n=80), pool)
        table = final.coefficients_table()
        first = table.iloc[0]
        assert ("(intercept)", final.intercept) == (first["feature"], first["coefficient"])
        assert 0 < first["between_sd"] == final.intercept_sd
        assert not first["selected"]
        assert first[["rank", "standardised", "sd", "selection_frequency"]].isna().all()
        assert final.describe()["n_features"] == len(table) - 1

    def test_coefficients_explain_the_predictions(self, pool: str) -> None:
        """On complete rows a prediction is intercept plus the coefficients times the features."""
        table = make_table(n=200)
        final = refitted(table, pool)
        rows = np.flatnonzero(table.features.notna().all(axis=1))
        X = table.features.iloc[rows].to_numpy(dtype=float)
        expected = final.intercept + X @ final.coefficients["coefficient"].to_numpy()
        np.testing.assert_allclose(predict(final.pipeline, table, rows), expected, rtol=1e-9)

    def test_selection_and_spread_over_the_draws(self, pool: str) -> None:
        """Each feature has the share of models that select it, and its coefficient's spread."""
        coefficients = refitted(make_table(n=80), pool).coefficients
        assert coefficients["selection_frequency"].between(0, 1).all()
        shares = set(coefficients["selection_frequency"] * DRAWS)
        assert shares <= set(range(DRAWS + 1))
        assert (coefficients["between_sd"][coefficients["selected"]] > 0).all()

    def test_the_same_seed_draws_the_same(self, pool: str) -> None:
        """Twice the same, to the last digit."""
        table = make_table(n=80)
        first, second = refitted(table, pool), refitted(table, pool)
        assert first.coefficients.equals(second.coefficients)
        assert first.inference is not None
        assert second.inference is not None
        assert first.inference.equals(second.inference)


def test_complete_data_gives_least_squares() -> None:
    """Without gaps every draw is the same, and the inference is ordinary least squares."""
    table = make_table(n=90)
    features = table.features.fillna(table.features.mean())
    complete = type(table)(**{**vars(table), "features": features})
    inference = refitted(complete, "predictions").inference
    assert inference is not None
    chosen = list(inference["feature"][1:])
    model = LinearRegression().fit(features[chosen], table.target)
    np.testing.assert_allclose(inference["estimate"][1:], model.coef_, rtol=1e-8)
    A = np.column_stack([np.ones(len(features)), features[chosen]])
    residual = table.target - model.predict(features[chosen])
    freedom = len(A) - A.shape[1]
    squared = residual @ residual / freedom * np.diagonal(np.linalg.inv(A.T @ A))
    np.testing.assert_allclose(inference["se"], np.sqrt(squared), rtol=1e-8)


def test_draws_have_the_posterior_predictive_distribution() -> None:
    """The draws of one gap spread as the exact t distribution of a Bayesian regression says.

    With n rows, q predictors and no ridge to speak of, a new value at x has location x'b, scale
    s sqrt(1 + x'(X'X)^-1 x) and n - q - 1 degrees of freedom.
    """
    rng = np.random.default_rng(0)
    n, draws = 25, 4_000
    X = rng.standard_normal((n + 1, 3))
    X[:, 2] += X[:, 0]
    X[n, 2] = np.nan
    found = np.array([ChainedRidge(alpha=1e-9, max_iter=1, draw_seed=seed).fit_transform(X)[n, 2]
                      for seed in range(draws)])  # fmt: skip
    A = np.column_stack([np.ones(n), X[:n, :2]])
    b, squares, *_ = np.linalg.lstsq(A, X[:n, 2])
    at = np.array([1.0, X[n, 0], X[n, 1]])
    freedom = n - 3
    scale = np.sqrt(squares[0] / freedom * (1 + at @ np.linalg.inv(A.T @ A) @ at))
    variance = scale**2 * freedom / (freedom - 2)
    # four standard errors of a mean and of a variance of so many draws
    assert abs(found.mean() - at @ b) < 4 * np.sqrt(variance / draws)
    assert abs(found.var() / variance - 1) < 4 * np.sqrt(2.5 / draws)


def test_the_hot_deck_draws_several_times_too() -> None:
    """Draws of the hot deck differ, and pool as those of regressions do."""
    table = make_table(n=80)
    specs = make_specs("hot_deck", "elastic_net", drawing("predictions"))
    preparation = prepare(specs, table, SEED)
    rows = np.arange(table.n_rows)
    sides = [prepare_rows(table, rows, rows[:0], draw)[0] for draw in preparation.drawn()]
    assert not np.array_equal(sides[0], sides[1])
    final = refit_draws(specs, POINT, preparation, table, rows)
    assert (final.coefficients["between_sd"] > 0).any()


def make_informative(units: Floats, seed: int) -> tuple[Table, Floats]:
    """Two columns, the first with gaps that the target makes likelier; and their true slopes."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((400, 2)) @ np.array([[1.0, 0.4], [0.0, 1.0]])
    slopes = np.array([1.0, -1.0])
    y = X @ slopes + rng.standard_normal(400)
    X[rng.uniform(size=400) < 1 / (1 + np.exp(-y)), 0] = np.nan
    return table_of(pd.DataFrame(X * units, columns=["a", "b"]), y), slopes / units


@pytest.mark.parametrize("imputer", ["linear", "hot_deck"])
def test_inference_knows_the_target_whatever_the_units(imputer: str) -> None:
    """With half of a column lost to large targets, estimates are near the truth in any units."""
    for units in (np.array([1.0, 1.0]), np.array([0.001, 50.0])):
        table, slopes = make_informative(units, 0)
        options = drawing("predictions", **{"imputer.multiple": 20})
        specs = make_specs(imputer, "elastic_net", options)
        point = candidate(0.001, 0.6)
        preparation = prepare(specs, table, SEED)
        final = refit_draws(specs, point, preparation, table, np.arange(table.n_rows))
        assert final.inference is not None
        # about four standard errors, where imputation without the target is off by twice as much
        error = final.inference["estimate"][1:].to_numpy() / slopes - 1
        assert np.all(np.abs(error) < 0.3)


def test_the_last_of_a_categorys_levels_is_the_reference() -> None:
    """Of columns that depend on one another the last has no estimate, and the others are right."""
    rng = np.random.default_rng(0)
    level = rng.choice(np.array(["p", "q", "r"], dtype=object), 600)
    x = rng.standard_normal(600)
    y = x + 2.0 * (level == "q") + 5.0 * (level == "r") + 0.1 * rng.standard_normal(600)
    x[rng.random(600) < 0.2] = np.nan
    frame = pd.DataFrame({"x": x, "k": pd.Series(level, dtype=object)})
    table = table_of(frame, y, categorical=("k",))
    specs = make_specs("linear", "elastic_net", drawing("predictions"))
    preparation = prepare(specs, table, SEED)
    point = candidate(0.001, 0.0)  # ridge, which selects all levels
    inference = refit_draws(specs, point, preparation, table, np.arange(600)).inference
    assert inference is not None
    found = inference.set_index("feature")["estimate"]
    assert ["(intercept)", "x", "k_p", "k_q", "k_r"] == list(found.index)
    assert np.isnan(found["k_r"])
    np.testing.assert_allclose(found[["(intercept)", "k_p", "k_q"]], [5.0, -5.0, -3.0], atol=0.1)
