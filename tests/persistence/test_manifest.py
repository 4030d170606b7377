"""The known answer of a saved model: what model.json says that it predicts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from runner.family.averaging import average_of
from runner.family.cox_estimator import CoxRegression, SurvivalPipeline
from runner.family.threshold import with_threshold
from runner.persistence.manifest import known_answers
from runner.store.directory import to_json

ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0, 5.0], "b": [0.0, 1.0, 0.0, 1.0]})


def fitted(last: Any, y: Any, kind: type[Pipeline] = Pipeline) -> Pipeline:  # noqa: ANN401
    """A Pipeline with this model."""
    return kind([("scaler", StandardScaler()), ("model", last)]).fit(ROWS, y)


def stated(model: Any) -> dict[str, Any]:  # noqa: ANN401 - any model
    """The answers for the first row, as they are read from the file."""
    answers: dict[str, Any] = json.loads(to_json(known_answers(model, ROWS[:1])))
    return answers


def test_a_number_alone() -> None:
    """A regression has nothing to add to its prediction."""
    found = stated(fitted(LinearRegression(), 3 * ROWS["a"]))
    assert {"predictions": [pytest.approx(3.0)]} == found


def test_several_targets_have_a_list() -> None:
    """A row of predictions, a number per target."""
    found = stated(fitted(LinearRegression(), ROWS[["b", "a"]]))
    np.testing.assert_allclose(found["predictions"], [[0.0, 1.0]], atol=1e-12)


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("no", "yes")])
def test_a_classifier_states_labels_classes_and_probabilities(labels: tuple[Any, Any]) -> None:
    """The label is that at its threshold; labels are numbers, booleans or text in JSON too."""
    y = np.array(labels)[[0, 1, 0, 1]]
    model = with_threshold(fitted(LogisticRegression(), y), 0.1, labels[1])
    found = stated(model)
    assert [labels[1]] == found["predictions"]
    assert type(labels[1]) is type(found["predictions"][0])
    assert list(labels) == found["classes"]
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(ROWS[:1]), rtol=1e-15)
    assert 0.1 < found["probabilities"][0][1] < 0.5


def test_averaged_models_state_what_they_average() -> None:
    """The mean probabilities of several Pipelines, with one threshold over them."""
    parts = [fitted(LogisticRegression(C=c), [0, 1, 0, 1]) for c in (0.1, 10)]
    model = with_threshold(average_of(parts, "classes"), 0.1, 1)
    mean = np.mean([part.predict_proba(ROWS[:1]) for part in parts], axis=0)
    np.testing.assert_allclose(stated(model)["probabilities"], mean, rtol=1e-14)


def test_a_survival_model_states_its_risk() -> None:
    """By the name that it has in predictions.csv, beside the prediction; averaged ones too."""
    model = fitted(CoxRegression(np.array([1.0, 0.0])), [4.0, 3.0, 2.0, 1.0], SurvivalPipeline)
    risk = (1.0 - 2.75) / ROWS["a"].std(ddof=0)
    for one in (model, average_of([model, model], "survival")):
        found = stated(one)
        assert [pytest.approx(risk)] == found["risk"] == found["predictions"]
        assert {"predictions", "risk"} == set(found)
