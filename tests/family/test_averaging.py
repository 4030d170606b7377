"""Several fitted Pipelines as one: what is averaged, and that it can be saved."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, MultiTaskElasticNet, PoissonRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from runner.family.averaging import average_of
from runner.family.cox_estimator import CoxRegression, SurvivalPipeline

RNG = np.random.default_rng(1)
ROWS = pd.DataFrame(RNG.standard_normal((40, 3)), columns=["a", "b", "c"])
SCORE = ROWS["a"] - ROWS["b"] + RNG.standard_normal(40)
TIME = np.exp(-SCORE).to_numpy()


def pipelines(last: Any, y: Any, kind: type[Pipeline] = Pipeline) -> list[Pipeline]:  # noqa: ANN401
    """Three Pipelines, fitted to parts of the rows."""
    made = []
    for start in range(3):
        steps = [("scaler", StandardScaler()), ("model", pickle.loads(pickle.dumps(last)))]  # noqa: S301
        made.append(kind(steps).fit(ROWS[start::3], y[start::3]))
    return made


def saved(model: Any) -> Any:  # noqa: ANN401 - any estimator
    """The model as it is loaded."""
    return pickle.loads(pickle.dumps(model, protocol=5))  # noqa: S301 - made here


@pytest.mark.parametrize("labels", [("yes", "no"), (0, 1)])
def test_classifiers_average_probabilities(labels: tuple[Any, Any]) -> None:
    """The label is that of the largest mean probability, not of most models."""
    parts = pipelines(LogisticRegression(), np.where(SCORE > 0, labels[0], labels[1]))
    model = saved(average_of(parts, "classes"))
    mean = np.mean([part.predict_proba(ROWS) for part in parts], axis=0)
    np.testing.assert_allclose(model.predict_proba(ROWS), mean, rtol=1e-14)
    np.testing.assert_array_equal(parts[0].classes_[mean.argmax(axis=1)], model.predict(ROWS))
    votes = np.sum([part.predict(ROWS) == parts[0].classes_[1] for part in parts], axis=0)
    assert np.any((votes >= 2) != (mean[:, 1] > 0.5))
    assert sorted(labels) == list(model.classes_)
    assert b"runner" not in pickle.dumps(model)


def test_means_are_averaged_on_their_own_scale() -> None:
    """Of log links the means are averaged, not the linear predictors."""
    parts = pipelines(PoissonRegressor(), np.floor(TIME))
    model = saved(average_of(parts, "numbers"))
    expected = np.mean([part.predict(ROWS) for part in parts], axis=0)
    np.testing.assert_allclose(model.predict(ROWS), expected, rtol=1e-14)
    assert b"runner" not in pickle.dumps(model)


def test_several_targets_are_averaged_each() -> None:
    """The mean is over the models, for every row and target."""
    parts = pipelines(MultiTaskElasticNet(alpha=0.01), np.column_stack([SCORE, TIME]))
    model = saved(average_of(parts, "numbers", targets=2))
    expected = np.mean([part.predict(ROWS) for part in parts], axis=0)
    assert (40, 2) == model.predict(ROWS).shape
    np.testing.assert_allclose(model.predict(ROWS), expected, rtol=1e-14)


def test_survival_averages_risks_and_probabilities() -> None:
    """`predict` is the mean risk, and the survival the mean of survivals, not that of the mean."""
    parts = pipelines(CoxRegression(np.array([1.0, -0.5, 0.0])), TIME, SurvivalPipeline)
    model = saved(average_of(parts, "survival"))
    times = np.quantile(TIME, [0.2, 0.5])
    np.testing.assert_allclose(
        model.predict(ROWS), np.mean([part.predict(ROWS) for part in parts], axis=0), atol=1e-14
    )
    each = [part.predict_survival(ROWS, times) for part in parts]
    np.testing.assert_allclose(
        model.predict_survival(ROWS, times), np.mean(each, axis=0), rtol=1e-14
    )
    hazard = model.predict_cumulative_hazard(ROWS, times)
    np.testing.assert_allclose(np.exp(-hazard), np.mean(each, axis=0), rtol=1e-12)


def test_the_parts_can_be_looked_at() -> None:
    """Each draw's Pipeline is there by name, and the columns that are wanted."""
    parts = pipelines(LogisticRegression(), np.where(SCORE > 0, 1, 0))
    model = average_of(parts, "classes")
    assert parts[1] is model.named_estimators_["draw_2"]
    assert (parts, ["a", "b", "c"]) == (model.estimators_, list(model.feature_names_in_))
    assert 3 == model.n_features_in_
