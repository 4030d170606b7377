"""Penalty factors and limits by column, from what a config says to what the saved model holds."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn_reference import SEED, candidate, make_specs

from runner.config import validate_section
from runner.core.folds import Folds, ModelColumns
from runner.dataset.table import table_of
from runner.errors import ConfigError
from runner.evaluation.multiple import refit_draws
from runner.evaluation.winner import refit
from runner.features.pipeline import prepare
from runner.model.column_rules import values_by_column

if TYPE_CHECKING:
    from runner.evaluation.winner import Refit
    from runner.features.pipeline import Specs
    from runner.records import Floats, Table

GOLDEN = FilePath(__file__).parents[1] / "golden"
RULES = pd.read_csv(GOLDEN / "glmnet_rules.csv")
NAMES = ("age", "town_York", "town_Bath", "town_size", "missingindicator_age")
SOURCES = ("age", "town", "town", "town_size", "")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, [1, 1, 1, 1, 1]),
        ({"age": 0}, [0, 1, 1, 1, 1]),  # not its indicator
        ({"town": 2}, [1, 2, 2, 1, 1]),  # every level, and no other column
        ({"town_*": 2}, [1, 2, 2, 2, 1]),
        ({"town_York": 3, "town": 2}, [1, 2, 2, 1, 1]),
        ({"town": 2, "town_York": 3}, [1, 3, 2, 1, 1]),  # the later one wins
        ({"*": 5, "missingindicator_*": 0}, [5, 5, 5, 5, 0]),
        ({"town_[BY]*": 2, "?ge": 0}, [0, 2, 2, 1, 1]),
        ({"AGE": 0}, [1, 1, 1, 1, 1]),
    ],
)
def test_rules_mean_columns_their_sources_and_patterns(
    rules: dict[str, float], expected: list[float]
) -> None:
    """A rule is a column's name, its source's, or a pattern of either; the last that fits wins."""
    assert expected == values_by_column(rules, NAMES, SOURCES, 1)


def test_a_name_with_brackets_is_itself() -> None:
    """A rule that is a column's whole name is no pattern of others."""
    found = values_by_column({"x[1]": 0}, ("x[1]", "x1"), ("x[1]", "x1"), 1)
    assert [0, 0] == found  # as a pattern it means x1 too
    assert [0, 1] == values_by_column({"x[[]1]": 0}, ("x[1]", "x1"), ("x[1]", "x1"), 1)


def test_limits_are_scaled_as_their_columns_are() -> None:
    """A coefficient per scaled unit is one per unit times the scale, of each part of a pool."""
    model: Any = validate_section(
        "model",
        {"name": "lasso", "limits": {"age": [-1, 2], "town": [0, None]}, "penalty_factors": {}},
    )
    scale = np.array([10.0, 0.5, 0.4, 3.0, 1.0, 20.0, 0.6, 0.4, 3.0, 1.0])
    settings = model.settings(ModelColumns(NAMES, SOURCES, scale))
    inf = np.inf
    assert [-10, 0, 0, -inf, -inf, -20, 0, 0, -inf, -inf] == settings.limits.lower.tolist()
    assert [20, inf, inf, inf, inf, 40, inf, inf, inf, inf] == settings.limits.upper.tolist()
    assert settings.penalty_factors is None
    first, second = settings.split(2)
    assert -10 == first.limits.lower[0]
    assert -20 == second.limits.lower[0]


def glmnet_data(case: str) -> Table:
    """The golden's features as they are, and the target standardised."""
    frame = pd.read_csv(GOLDEN / "glmnet_data.csv")
    weight = frame.pop("weight").to_numpy(dtype=float)
    y = frame.pop("Fertility").to_numpy(dtype=float)
    share = weight if case == "weights" else np.ones(len(y))
    y = y - np.average(y, weights=share)
    y = y / np.sqrt(np.average(y**2, weights=share))
    return table_of(frame, y, weight=weight if case == "weights" else None)


def rules_of(case: pd.DataFrame) -> dict[str, Any]:
    """The golden's factors and limits, as a config has them."""
    features = case[case["feature"] != "(intercept)"]
    ends = features[["low", "high"]].astype(object).where(np.isfinite(features[["low", "high"]]))
    pairs = ends.where(ends.notna(), None).to_numpy().tolist()
    limits = dict(zip(features["feature"], pairs, strict=True))
    factors = dict(zip(features["feature"], features["factor"], strict=True))
    return {"model.penalty_factors": factors, "model.limits": limits}


@pytest.mark.parametrize(
    ("case", "l1_ratio", "alpha"),
    RULES[["case", "l1_ratio", "alpha"]].drop_duplicates().to_numpy().tolist(),
)
def test_saved_coefficients_are_glmnets(case: str, l1_ratio: float, alpha: float) -> None:
    """In the features' own units, with factors, limits and weights, to 1e-6."""
    chosen = (RULES["case"] == case) & (RULES["l1_ratio"] == l1_ratio) & (RULES["alpha"] == alpha)
    golden = RULES[chosen]
    table = glmnet_data(case)
    specs = make_specs("mean", "elastic_net", rules_of(golden))
    final = refit_of(specs, table, alpha, l1_ratio)
    found = final.coefficients_table().set_index("feature")["coefficient"]
    expected = golden.set_index("feature")["coefficient"]
    np.testing.assert_allclose(found[expected.index], expected, atol=1e-6, rtol=0)
    assert final.converged


def refit_of(specs: Specs, table: Table, alpha: float, l1_ratio: float) -> Refit:
    """A penalty's model of all rows."""
    rows = np.arange(table.n_rows)
    prepared = prepare(specs, table, SEED)
    fit = refit_draws if specs.imputer.draws > 1 else refit
    return fit(specs, candidate(alpha, l1_ratio), prepared, table, rows)


def gappy_table(n: int = 120) -> Table:
    """Columns of unlike units with gaps, a category, and a target that all of them move."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "income": rng.lognormal(8, 1, n),
            "town": rng.choice(["York", "Bath", "Ely"], n),
        }
    )
    y = 0.3 * frame["age"] - 1e-3 * frame["income"] + 4.0 * (frame["town"] == "Bath")
    y += rng.normal(0, 1, n)
    frame = frame.mask(rng.random(frame.shape) < 0.15)
    return table_of(frame, y.to_numpy(), categorical=("town",))


LIMITED = {
    "model.limits": {"age": [0, 0.1], "income": [0, None], "town": [-0.5, 1.5]},
    "model.penalty_factors": {"town_Bath": 0},
}


@pytest.mark.parametrize("model", ["elastic_net", "lasso", "ridge", "ols"])
@pytest.mark.parametrize("imputer", ["mean", "knn", "linear"])
@pytest.mark.parametrize("scale", [True, False])
def test_limits_hold_in_the_saved_model(model: str, imputer: str, scale: bool) -> None:
    """In original units, whatever the model, the imputer, and whether columns are scaled."""
    own = {k: v for k, v in LIMITED.items() if model != "ols" or k == "model.limits"}
    specs = make_specs(imputer, model, own | {"features.scale": scale})
    ratio = {"elastic_net": 0.5, "lasso": 1.0}.get(model, 0.0)
    table = gappy_table()
    final = refit_of(specs, table, 0.0 if model == "ols" else 1e-3, ratio)
    b = final.coefficients.set_index("feature")["coefficient"]
    assert b["age"] == pytest.approx(0.1, rel=1e-12)
    assert 0 == b["income"]
    towns = b[[name for name in b.index if name.startswith("town_")]]
    assert towns.max() == pytest.approx(1.5, rel=1e-12)
    assert towns.min() >= -0.5 * (1 + 1e-12)
    predicted = final.pipeline.predict(table.frame)
    X = pd.DataFrame(final.pipeline[:1].transform(table.frame), columns=list(b.index)).to_numpy()
    np.testing.assert_allclose(predicted, final.intercept + X @ b.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_moments_and_rows_pose_one_problem(imputer: str) -> None:
    """Columns of fold problems have the names of coefficients.csv, and their sources and scale."""
    specs = make_specs(imputer, "lasso", {"imputer.indicator": True})
    table = gappy_table()
    split = fold_split(table)
    folds = Folds(table, split)
    problem = folds.problems(prepare(specs, table, SEED, folds.gappy), fit_intercept=True)[0]
    columns = problem.columns
    found = dict(zip(columns.names, zip(columns.sources, columns.scale, strict=True), strict=True))
    training = split.sides(split.folds[0])[0]
    fitted = prepare(specs, table, SEED, folds.gappy).transformer()
    fitted.fit(table.frame.iloc[training])
    names, scale = fitted.get_feature_names_out(), fitted.named_steps["scaler"].scale_
    assert set(names) == set(found)
    assert {"town_York", "town_nan", "missingindicator_age"} <= set(names)
    for name, own in zip(names, scale, strict=True):
        source = "town" if name.startswith("town") else "" if name.startswith("miss") else name
        assert source == found[name][0]
        assert found[name][1] == pytest.approx(own, rel=1e-9)


def fold_split(table: Table) -> Any:  # noqa: ANN401 - a Split
    """Three folds of all rows."""
    splitter: Any = validate_section("split", {"name": "kfold", "folds": 3, "test": None})
    return splitter.split(table, SEED)


@pytest.mark.parametrize("pool", ["predictions", "stacked"])
def test_each_draw_has_the_limits_in_its_own_units(pool: str) -> None:
    """Of several imputations every model, and their mean, is within the limits."""
    options = LIMITED | {"imputer.multiple": 2, "imputer.pool": pool}
    specs = make_specs("linear", "lasso", options)
    assert 2 == specs.imputer.draws
    final = refit_of(specs, gappy_table(), 1e-3, 1.0)
    b = final.coefficients.set_index("feature")["coefficient"]
    assert b["age"] == pytest.approx(0.1, rel=1e-9)
    assert 0 == b["income"]


def check(model: dict[str, Any], names: list[str]) -> str:
    """What is said of a model's rules, those of some columns."""
    spec: Any = validate_section("model", model)
    with pytest.raises(ConfigError) as caught:
        spec.check_columns(names)
    return str(caught.value)


def test_rules_that_mean_nothing_are_named() -> None:
    """With the nearest column, before any work."""
    names = ["age", "town", "town_York"]
    said = check({"name": "lasso", "penalty_factors": {"agee": 0}}, names)
    assert "model.penalty_factors has 'agee'" in said
    assert "did you mean 'age'" in said
    said = check({"name": "ols", "limits": {"city_*": [0, None]}}, names)
    assert "model.limits has 'city_*'" in said
    assert "age, town, town_York" in said
    said = check({"name": "ridge", "penalty_factors": {"*": 0}}, names)
    assert "nothing is penalised" in said
    assert "model=ols" in said


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"penalty_factors": {"a": -1}}, "the factor of 'a' is -1, but must be a number, at least"),
        ({"penalty_factors": {"a": True}}, "the factor of 'a' is True"),
        ({"penalty_factors": {"a": float("nan")}}, "the factor of 'a' is nan"),
        ({"penalty_factors": [1, 2]}, r"\[1, 2\] is not a number, at least 0 by column"),
        ({"limits": {"a": [1, 2]}}, r"'a' are \[1, 2\], but 0 must be between them"),
        ({"limits": {"a": [None, -1]}}, r"'a' are \[None, -1\], but 0 must be between them"),
        ({"limits": {"a": [0]}}, r"'a' are \[0\], but must be \[low, high\]"),
        ({"limits": {"a": 0}}, "'a' are 0, but must be"),
        ({"limits": {"a": [0, "x"]}}, r"'a' are \[0, 'x'\], but must be"),
    ],
)
def test_rules_that_are_none_are_refused(section: dict[str, Any], said: str) -> None:
    """The key, the column, what it got and what is allowed."""
    with pytest.raises(ConfigError, match=f"model.{next(iter(section))}: .*{said}"):
        validate_section("model", {"name": "lasso", **section})


def test_least_squares_have_no_factors() -> None:
    """Without a penalty there is nothing to multiply."""
    with pytest.raises(ConfigError, match=r"model.penalty_factors is not a key"):
        validate_section("model", {"name": "ols", "penalty_factors": {"a": 0}})


def standard_gradient(final: Refit, table: Table) -> Floats:
    """The gradient, (q,), per standard deviation of each column that the model sees."""
    X = final.pipeline[:-1].transform(table.frame)
    left = table.target - final.pipeline.predict(table.frame)
    gradient: Floats = X.T @ left / len(left)
    return gradient


def test_factors_multiply_the_penalty_of_their_columns() -> None:
    """At the lasso's minimum the gradient of what is selected is alpha times the factor."""
    rules = {"model.penalty_factors": {"age": 0, "income": 0.5, "town": 3}}
    table = gappy_table()
    final = refit_of(make_specs("mean", "lasso", rules), table, 0.2, 1.0)
    b = final.coefficients.set_index("feature")["coefficient"]
    gradient = dict(zip(b.index, standard_gradient(final, table), strict=True))
    assert gradient["age"] == pytest.approx(0.0, abs=1e-9)
    assert gradient["income"] == pytest.approx(-0.1, abs=1e-9)
    assert gradient["town_Bath"] == pytest.approx(0.6, abs=1e-9)
    assert 0 == b["town_Ely"]
    assert abs(gradient["town_Ely"]) < 0.6
