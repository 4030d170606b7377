"""What a fitted Pipeline is as plain numbers, and what is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import agreement
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import HuberRegressor, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_reference import SEED, candidate, make_specs

from runner.compiled.compile_model import MANY, compile_model
from runner.compiled.linear_model import LinearModel
from runner.compiled.not_linear import NotLinearError
from runner.dataset.table import table_of
from runner.evaluation.multiple import refit_draws
from runner.evaluation.transformed_target import with_smearing
from runner.evaluation.winner import refit
from runner.features.pipeline import prepare
from runner.persistence.manifest import linear_form

KEYS = {
    "format", "link", "responses", "classes", "threshold", "positive", "transform", "intercept",
    "columns",
}  # fmt: skip


def test_the_form_by_hand() -> None:
    """Original units, fills, levels and means of a model whose numbers are set by hand."""
    final = agreement.fit("gaussian", "mean", "ridge", {"imputer.indicator": True})
    frame, model = agreement.make_features(), final.pipeline.named_steps["model"]
    model.coef_ = np.arange(1.0, 1 + len(model.coef_))
    scaler = final.pipeline.named_steps["scaler"]
    b = model.coef_ / scaler.scale_
    form = compile_model(final.pipeline)
    assert set(form) == KEYS
    assert ("enet-linear/1", "identity", []) == (form["format"], form["link"], form["responses"])
    assert [model.intercept_ - scaler.mean_ @ b] == form["intercept"]
    assert [*agreement.NUMERIC, *agreement.CATEGORICAL] == [c["name"] for c in form["columns"]]
    age = form["columns"][0]
    assert "numeric" == age["kind"]
    assert frame["age"].mean() == pytest.approx(age["fill"], rel=1e-14)
    # three numbers, then the indicators of the two that have gaps
    assert ([b[0]], [b[3]]) == (age["coefficients"], age["missing"])
    assert age["mean"] == [pytest.approx(b[0] * scaler.mean_[0] + b[3] * scaler.mean_[3])]
    town, size = form["columns"][3:]
    assert [["Bath", [b[5]]], ["None", [b[6]]], ["York", [b[7]]], ["it's", [b[8]]]] == town[
        "levels"
    ]
    assert ([b[9]], [0.0]) == (town["missing"], town["other"])
    assert [1.0, 2.0, 5.5] == [level for level, _ in size["levels"]]


@pytest.mark.parametrize(
    ("imputer", "options", "named"),
    [
        ("knn", {}, "the imputer is KNNImputer, which does not fill with a constant"),
        ("linear", {}, "the imputer is IterativeImputer"),
        ("hot_deck", {}, "the imputer is "),
        ("linear", {"imputer.delta": 0.5}, "the imputer is ChainedRidge"),
        ("mean", {"features.steps": {"curve": {"kind": "spline", "columns": ["age"]}}},
         "features step curve (SplineTransformer)"),
        ("mean", {"features.steps": {"cut": {"kind": "clip", "columns": ["age"]}}},
         "features step cut ("),
    ],
)  # fmt: skip
def test_what_is_not_linear_is_named(imputer: str, options: dict[str, Any], named: str) -> None:
    """Imputers that look at other columns, and steps."""
    final = agreement.fit("gaussian", imputer, "ridge", options)
    with pytest.raises(NotLinearError) as raised:
        compile_model(final.pipeline, final.means)
    assert str(raised.value).startswith(named)
    assert {"not_linear": str(raised.value)} == linear_form(final)


def test_several_imputations_are_refused() -> None:
    """Their model is an average."""
    specs = make_specs("linear", "ridge", {"imputer.multiple": 2, "model.tol": 1e-7})
    table = agreement.make_table("gaussian", gaps=True, texts=False)
    preparation, rows = prepare(specs, table, SEED), np.arange(table.n_rows)
    final = refit_draws(specs, candidate(0.1, 0.0), preparation, table, rows)
    said = linear_form(final)["not_linear"]
    assert "values are imputed several times" in said
    assert "VotingRegressor" in said


def test_other_models_are_refused() -> None:
    """An estimator that this package does not fit, and what is no Pipeline."""
    final = agreement.fit("gaussian", "mean", "ridge", {})
    steps = [*final.pipeline.steps[:-1], ("model", HuberRegressor())]
    with pytest.raises(NotLinearError, match="the model is a HuberRegressor"):
        compile_model(Pipeline(steps))
    with pytest.raises(NotLinearError, match="the model is a LogisticRegression, not a Pipeline"):
        compile_model(LogisticRegression())
    with pytest.raises(NotLinearError, match="one sparse matrix"):
        compile_model(Pipeline([("columns", StandardScaler()), ("model", HuberRegressor())]))


@pytest.mark.parametrize("transform", agreement.TRANSFORMS)
def test_smearing_of_a_logarithm_is_a_factor(transform: str) -> None:
    """It is within the intercept; of other transforms it is refused."""
    final = agreement.fit(transform, "mean", "ridge", {})
    rng = np.random.default_rng(0)
    residuals, weights = rng.normal(0, 0.3, 40), rng.uniform(0.5, 2, 40)
    smeared = replace(final, pipeline=with_smearing(final.pipeline, residuals, weights, rng))
    if transform != "log":
        with pytest.raises(NotLinearError, match=f"smearing .* dataset.transform={transform}"):
            compile_model(smeared.pipeline)
        return
    frame = agreement.new_rows(gaps=True)
    expected = agreement.by_pipeline(smeared, frame)
    found = agreement.by_numpy(agreement.form_of(smeared), frame)
    np.testing.assert_allclose(found.predictions, expected.predictions, rtol=1e-12)


def test_very_many_columns_leave_out_what_adds_nothing() -> None:
    """Above 2,000 the form has those that are selected, and how many there are."""
    rng = np.random.default_rng(0)
    names = [f"x{at}" for at in range(MANY + 5)]
    frame = pd.DataFrame(rng.normal(size=(30, len(names))), columns=names)
    table = table_of(frame, 3 * frame["x7"].to_numpy())
    specs = make_specs("mean", "lasso", {"model.tol": 1e-7})
    final = refit(specs, candidate(0.5, 1.0), prepare(specs, table, SEED), table, np.arange(30))
    form = agreement.form_of(final)
    assert len(names) == form["n_columns"]
    assert "x7" in [column["name"] for column in form["columns"]]
    assert len(form["columns"]) < 30
    columns = {name: frame[name].to_numpy() for name in LinearModel(form).used}
    expected = final.pipeline.predict(frame)
    np.testing.assert_allclose(LinearModel(form).predict(columns), expected, rtol=1e-12)


@pytest.mark.parametrize("labels", [(False, True), (0, 1), (0.5, 1.5), ("1", "True")])
def test_labels_keep_their_type(labels: tuple[Any, Any]) -> None:
    """JSON brings back truth values, whole numbers, numbers and texts as what they were."""
    table = replace(agreement.make_table("multinomial 2", gaps=True, texts=False), labels=labels)
    specs = replace(
        make_specs("mean", "ridge", {"model.tol": 1e-7}),
        family=agreement.family_of("binomial"),
    )
    preparation = prepare(specs, table, SEED)
    final = refit(specs, candidate(0.1, 0.0), preparation, table, np.arange(table.n_rows))
    form = json.loads(json.dumps(linear_form(replace(final, positive=labels[1]))["linear"]))
    assert [type(label) for label in labels] == [type(label) for label in form["classes"]]
    assert (0.5, labels[1]) == (form["threshold"], form["positive"])
    frame = agreement.new_rows(gaps=True)
    found, expected = agreement.by_numpy(form, frame), agreement.by_pipeline(final, frame)
    assert expected.predictions.dtype == found.predictions.dtype
    agreement.assert_agree(found, expected, labels)


def test_a_transform_states_what_it_has_learnt() -> None:
    """The name of the transform, and what it has learnt."""
    final = agreement.fit("yeo-johnson", "mean", "ridge", {})
    assert final.target_scale is not None
    learnt = final.target_scale.describe()
    assert {
        "name": "yeo-johnson",
        "lambda": learnt["lambda"],
        "mean": learnt["transformed_mean"],
        "sd": learnt["transformed_sd"],
    } == agreement.form_of(final)["transform"]
