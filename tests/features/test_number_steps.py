"""Steps of numbers: what they make is scikit-learn's, and what they refuse is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import cross_validate
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn_reference import candidate, folds_of, make_scorer, make_specs

from runner.config import validate_section
from runner.core.folds import ModelColumns
from runner.core.folds.sides import as_dense, prepare_sides
from runner.dataset.table import table_of
from runner.errors import ConfigError, FitError
from runner.evaluation.interaction_terms import describe_alone, interactions_alone
from runner.evaluation.winner import refit
from runner.features import Features
from runner.features.pipeline import Specs, check_columns, prepare
from runner.features.steps.screening import Screened

if TYPE_CHECKING:
    from runner.records import Floats, Table

ALPHA, L1_RATIO, N = 0.05, 0.5, 60


def positive_table() -> Table:
    """Four skewed columns without zeros, a few values missing."""
    rng = np.random.default_rng(5)
    X = rng.lognormal(size=(N, 4)) * [1.0, 10.0, 0.1, 1.0]
    y = np.log(X) @ [1.0, -1.0, 0.5, 0.0] + X[:, 0] * X[:, 3] + rng.standard_normal(N)
    X[rng.random(X.shape) < 0.1] = np.nan
    return table_of(pd.DataFrame(X, columns=list("abcd")), y)


class WithinQuantiles(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Pandas' clip at pandas' quantiles of the rows that it is fitted to."""

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high

    def fit(self, X: Floats, y: object = None) -> Self:
        """Learn the quantiles of each column."""
        del y
        quantiles = pd.DataFrame(X).quantile([self.low, self.high])
        self.lower_, self.upper_ = quantiles.iloc[0], quantiles.iloc[1]
        return self

    def transform(self, X: Floats) -> Floats:
        """The columns, clipped."""
        return pd.DataFrame(X).clip(self.lower_, self.upper_, axis=1).to_numpy()


def powers_alone() -> ColumnTransformer:
    """Of each of four columns by itself."""
    one = PolynomialFeatures(degree=3, include_bias=False)
    return ColumnTransformer([(str(at), one, [at]) for at in range(4)])


def with_products() -> FeatureUnion:
    """The columns, and the products of each two when they are standardised."""
    two = PolynomialFeatures(degree=2, interaction_only=True, include_bias=False)
    products = FunctionTransformer(lambda X: X[:, 4:])
    standardised = Pipeline([("scaler", StandardScaler()), ("two", two), ("only", products)])
    return FeatureUnion([("columns", "passthrough"), ("products", standardised)])


def one_hot_bins(strategy: str) -> KBinsDiscretizer:
    """Four bins of each column."""
    method = "averaged_inverted_cdf"
    return KBinsDiscretizer(4, encode="onehot-dense", strategy=strategy, quantile_method=method)


REFERENCES: list[tuple[dict[str, Any], Any]] = [
    ({"kind": "log", "offset": 0.5}, FunctionTransformer(lambda X: np.log(X + 0.5))),
    ({"kind": "box_cox"}, PowerTransformer(method="box-cox", standardize=False)),
    ({"kind": "yeo_johnson"}, PowerTransformer(standardize=False)),
    *(
        ({"kind": "bins", "bins": 4, "strategy": strategy}, one_hot_bins(strategy))
        for strategy in ("quantile", "uniform", "kmeans")
    ),
    ({"kind": "clip", "low": 0.1, "high": 0.8}, WithinQuantiles(0.1, 0.8)),
    (
        {"kind": "spline", "knots": 4},
        SplineTransformer(4, knots="quantile", extrapolation="linear", include_bias=False),
    ),
    ({"kind": "polynomial", "degree": 3}, powers_alone()),
    (
        {"kind": "polynomial", "degree": 2, "interactions": True},
        PolynomialFeatures(degree=2, include_bias=False),
    ),
    ({"kind": "interactions"}, with_products()),
    ({"kind": "screen", "by": "correlation", "top": 2}, SelectKBest(f_regression, k=2)),
    (
        {"kind": "screen", "top": 2},
        SelectKBest(lambda X, _: VarianceThreshold().fit(X).variances_, k=2),
    ),
]


@pytest.mark.parametrize(("step", "reference"), REFERENCES)
def test_scores_are_those_of_cross_validate(step: dict[str, Any], reference: Any) -> None:  # noqa: ANN401
    """Each fold scores what scikit-learn's Pipeline of the same parts scores in it."""
    table = positive_table()
    folds = folds_of(table, folds=3, test=None)
    specs = make_specs("mean", "elastic_net", {"features.steps": {"one": step}})
    (trial,) = make_scorer(folds, specs)([candidate(ALPHA, L1_RATIO)])
    model = ElasticNet(alpha=ALPHA, l1_ratio=L1_RATIO, tol=1e-12, max_iter=1_000_000)
    steps = [("gaps", SimpleImputer()), ("step", reference), ("scaler", StandardScaler())]
    expected = cross_validate(
        Pipeline([*steps, ("model", model)]),
        table.features,  # of which the imputer sums columns as here: rounding moves the powers
        table.target,
        cv=[folds.split.sides(fold) for fold in folds.split.folds],
        scoring="neg_mean_squared_error",
    )
    np.testing.assert_allclose(trial.scores["mse"], -expected["test_score"], rtol=1e-8)


def sides_of(
    table: Table, step: dict[str, Any], imputer: dict[str, Any] | None = None
) -> tuple[Floats, ModelColumns]:
    """All rows after one step, and the columns, not standardised."""
    specs = specs_of(step, imputer)
    X, _, columns = prepare_sides(
        table, np.arange(table.n_rows), np.arange(0), prepare(specs, table, 0)
    )
    return as_dense(X), columns


def specs_of(step: dict[str, Any], imputer: dict[str, Any] | None = None) -> Specs:
    """The packaged sections with one step, called mine, and without a scaler."""
    features = {"name": "main_effects", "scale": False, "steps": {"mine": step}}
    sections = {
        "imputer": imputer or {"name": "mean"},
        "features": features,
        "model": {"name": "ols"},
    }
    return Specs(**{key: validate_section(key, raw) for key, raw in sections.items()})  # type: ignore[arg-type]


def mixed_table() -> Table:
    """Two numbers and two categories, without gaps."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"price": rng.normal(5, 2, N), "area": rng.normal(-3, 1, N)})
    frame["town"] = pd.Series(rng.choice(["York", "Bath", "Ely"], N), dtype=object)
    frame["use"] = pd.Series(rng.choice(["flat", "house"], N), dtype=object)
    return table_of(frame, rng.standard_normal(N), categorical=("town", "use"))


@pytest.mark.parametrize("standardise", [True, False])
def test_a_category_has_a_product_for_each_level(standardise: bool) -> None:
    """A level's product is the standardised number in its rows, and 0 in all others."""
    table = mixed_table()
    terms = ["price:town", "town:use", "area:price", "price:area"]
    step = {"kind": "interactions", "columns": [], "terms": terms, "standardise": standardise}
    X, columns = sides_of(table, step)
    found = dict(zip(columns.names, X.T, strict=True))
    frame = table.features
    numbers = frame[["price", "area"]].astype(float)
    if standardise:
        numbers = pd.DataFrame(StandardScaler().fit_transform(numbers), columns=numbers.columns)
    levels = OneHotEncoder(sparse_output=False).set_output(transform="pandas")
    codes = levels.fit_transform(frame[["town", "use"]])
    np.testing.assert_allclose(found["area:price"], numbers["area"] * numbers["price"])
    for town in ("town_York", "town_Bath", "town_Ely"):
        np.testing.assert_allclose(found[f"{town}:price"], codes[town] * numbers["price"])
        for use in ("use_flat", "use_house"):
            np.testing.assert_allclose(found[f"{town}:{use}"], codes[town] * codes[use])
    products = [name for name in columns.names if ":" in name]
    assert 3 + 6 + 1 == len(products)
    assert products == [one for one in columns.sources if ":" in one]
    assert {"price", "area", "town_York"} <= set(columns.names)  # which stay


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (["price:twon"], "mine.terms has 'price:twon', but 'twon' is no .*'price:town'"),
        ("price", "mine.terms has 'price', but must have names of two columns as a:b"),
        (["price:price"], "must have names of two columns"),
    ],
)
def test_terms_that_mean_nothing_are_refused(terms: Any, message: str) -> None:  # noqa: ANN401
    """Before the search, with the nearest name."""
    folds = folds_of(mixed_table())
    with pytest.raises(ConfigError, match=message):
        check_columns(specs_of({"kind": "interactions", "terms": terms}), folds)


def test_a_columns_own_name_may_have_a_colon() -> None:
    """A term is parted where both parts are columns."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 2)), columns=["a:b", "c"])
    step = {"kind": "interactions", "columns": [], "terms": "a:b:c"}
    assert "a:b:c" in sides_of(table_of(frame, np.arange(9.0)), step)[1].names


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        ({"kind": "log"}, "'x', 'w' is -2: set features.steps.mine.offset greater than 2,"),
        ({"kind": "log", "offset": 1.5}, "takes values greater than -1.5, but the least of 'x'"),
        ({"kind": "box_cox"}, "features.steps.mine.kind=yeo_johnson"),
        ({"kind": "log", "columns": "w"}, "the least of 'w' is 0: .*offset greater than 0,"),
    ],
)
def test_what_has_no_logarithm_is_refused(step: dict[str, Any], remedy: str) -> None:
    """The message has the step, the column, its least value and what can be done."""
    frame = pd.DataFrame({"x": np.linspace(-2, 2, 20), "z": np.linspace(1, 2, 20)})
    frame["w"] = frame["z"] - 1
    with pytest.raises(FitError, match=remedy) as caught:
        sides_of(table_of(frame, np.arange(20.0)), step)
    assert str(caught.value).startswith("features.steps.mine takes values greater than ")


@pytest.mark.parametrize("strategy", ["quantile", "uniform", "kmeans"])
def test_a_column_that_does_not_vary_is_one_bin(strategy: str) -> None:
    """And one of few values has no more bins than these, all without a warning."""
    frame = pd.DataFrame({"same": 2.0, "few": np.repeat([0.0, 1.0, 1.0], 10)})
    step = {"kind": "bins", "strategy": strategy}
    names = sides_of(table_of(frame, np.arange(30.0)), step)[1].names
    assert ["same_bin_0"] == [name for name in names if name.startswith("same")]
    assert (5 if strategy == "uniform" else 2) >= sum(name.startswith("few") for name in names)


class TestScreen:
    """Which columns are kept."""

    def test_of_several_classes_it_is_f(self) -> None:
        """Their codes are no numbers: the order is that of f_classif."""
        rng = np.random.default_rng(3)
        frame = pd.DataFrame(rng.standard_normal((N, 8)), columns=list("abcdefgh"))
        code = rng.integers(0, 3, N)
        frame["h"] += code == 1  # between the others, without any correlation
        table = table_of(frame, code.astype(float), labels=("x", "y", "z"))
        names = sides_of(table, {"kind": "screen", "by": "correlation", "top": 3})[1].names
        expected = SelectKBest(f_classif, k=3).fit(frame.to_numpy(), code).get_support()
        assert list(names) == list(frame.columns[expected])
        assert "h" in names

    def test_of_several_targets_the_largest_counts(self) -> None:
        """A column that goes with one of them is kept before one that goes with both a little."""
        rng = np.random.default_rng(4)
        y = rng.standard_normal((N, 2))
        frame = pd.DataFrame({"both": y.sum(axis=1), "one": y[:, 1], "none": rng.random(N)})
        frame["both"] += 2 * rng.standard_normal(N)
        assert ["one"] == list(chosen(frame, y, 1))

    def test_the_first_of_ties_is_kept(self) -> None:
        """In the table's order."""
        x = np.random.default_rng(0).standard_normal(N)
        frame = pd.DataFrame({"noise": np.arange(N) % 2, "first": x, "second": -x, "third": x})
        assert ["first", "second"] == list(chosen(frame, x, 2))

    def test_means_far_from_zero_do_no_harm(self) -> None:
        """A column of 1e9 and little else is looked at less its mean."""
        rng = np.random.default_rng(0)
        y = rng.standard_normal(N)
        frame = pd.DataFrame({"same": np.full(N, 1e9 / 7), "noise": rng.standard_normal(N)})
        frame["far"] = 1e9 + y
        assert ["far"] == list(chosen(frame, y, 1))

    def test_blocks_of_columns_are_all_looked_at(self) -> None:
        """More columns than are centred at a time give what all of them give at once."""
        rng = np.random.default_rng(0)
        X, y = rng.standard_normal((20, 9000)), rng.standard_normal(20)
        expected = SelectKBest(f_regression, k=50).fit(X, y).get_feature_names_out()
        kept = chosen(pd.DataFrame(X, columns=[f"x{at}" for at in range(9000)]), y, 50)
        assert list(expected) == list(kept)

    def test_a_name_that_begins_as_another_is_its_own_source(self) -> None:
        """What is kept stands for itself."""
        frame = pd.DataFrame(np.random.default_rng(0).random((N, 3)), columns=["a", "a_b", "a^2"])
        columns = sides_of(table_of(frame, np.arange(60.0)), {"kind": "screen", "top": 3})[1]
        assert columns.names == columns.sources == ("a", "a_b", "a^2")

    def test_draws_must_choose_the_same(self) -> None:
        """Rows of several draws with other features in one place are not put together."""
        names = [ModelColumns((one, "b"), (one, "b"), np.ones(2)) for one in ("a", "c")]
        with pytest.raises(FitError, match=r"different features \(a, c\)"):
            ModelColumns.pooled(names)


def chosen(frame: pd.DataFrame, y: Floats, top: int) -> Any:  # noqa: ANN401 - of scikit-learn
    """The names that are kept by correlation."""
    return Screened(by="correlation", top=top).fit(frame, y).get_feature_names_out()


def test_two_features_of_one_name_are_refused() -> None:
    """Two steps that keep a column's own name cannot both have it."""
    steps = {"one": {"kind": "polynomial"}, "two": {"kind": "screen"}}
    section = validate_section("features", {"name": "main_effects", "steps": steps})
    assert isinstance(section, Features)
    specs = specs_of({"kind": "clip"})
    table = positive_table()
    own = prepare(Specs(specs.imputer, section, specs.model), table, 0)
    with pytest.raises(FitError, match="two features are called 'a'"):
        prepare_sides(table, np.arange(N), np.arange(0), own)


@pytest.mark.parametrize("prefix", ["", "mine__"])
def test_interactions_without_their_main_effects_are_told(prefix: str) -> None:
    """Which, and what each of them lacks; a level that is no feature is not missed."""
    selected = {"a": True, "b": False, "c_d": False, "a:b": True, "b:c_d": True, "x_1:a": True}
    selected["c_d:a"] = False
    frame = pd.DataFrame({"feature": list(selected), "selected": list(selected.values())})
    if prefix:
        frame["feature"] = prefix + frame["feature"]
    alone = interactions_alone(frame)
    assert {f"{prefix}a:b": ("b",), f"{prefix}b:c_d": ("b", "c_d")} == alone
    assert f"2 interactions are selected without main effects: {prefix}a:b (without b)" in (
        describe_alone(alone)
    )


def test_a_refit_tells_of_them() -> None:
    """EN404 is among the findings of a winner that selects a product alone."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, 2))
    table = table_of(pd.DataFrame(X, columns=["a", "b"]), X.prod(axis=1))
    steps = {"one": {"kind": "interactions"}}
    specs = make_specs("mean", "lasso", {"features.steps": steps})
    final = refit(specs, candidate(0.3, 1.0), prepare(specs, table, 0), table, np.arange(N))
    (found,) = final.findings()
    said = "an interaction is selected without main effects: a:b (without a and b)"
    assert ("EN404", said) == (found.code, found.message)


def test_a_main_effect_of_any_response_will_do() -> None:
    """A feature is selected if it is for one of several classes or targets."""
    names = ["a", "b", "a:b"]
    parts = [pd.DataFrame({"feature": names, "selected": own}) for own in ([1, 0, 1], [0, 1, 0])]
    assert {} == interactions_alone(pd.concat(parts).astype({"selected": bool}))
