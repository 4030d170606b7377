"""What a saved model says of rows, in the order in which the tables show it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from runner.evaluation.predicting import predict_probabilities, predict_survival
from runner.family.cox_estimator import CoxRegression, SurvivalPipeline

ROWS = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "c": ["u", "v", "u", "v"]})
UNSEEN = pd.DataFrame({"x": [1.0], "c": ["w"]})


def columns() -> object:
    """The columns' part of a Pipeline, which warns of levels that it has not seen."""
    encoder = OneHotEncoder(handle_unknown="warn", sparse_output=False)
    return make_column_transformer((encoder, ["c"]), remainder="passthrough")


@pytest.mark.parametrize("labels", [("b", "a"), ("a", "b")])
def test_probabilities_are_in_the_order_of_the_labels(labels: tuple[str, str]) -> None:
    """The last column is the last label's, wherever the model has it; new levels are none."""
    model = Pipeline([("columns", columns()), ("model", LogisticRegression())])
    model.fit(ROWS, np.array(labels)[[0, 0, 1, 1]])
    found = predict_probabilities(model, ROWS, labels)
    assert np.all(np.diff(found[[0, 2], 1]) > 0)
    at = list(model.classes_).index(labels[1])
    np.testing.assert_array_equal(model.predict_proba(ROWS)[:, at], found[:, 1])
    assert (1, 2) == predict_probabilities(model, UNSEEN, labels).shape
    assert (0, 2) == predict_probabilities(model, ROWS[:0], labels).shape


def test_risk_stands_before_survival() -> None:
    """A column for the risk, then one for each time; new levels count as none."""
    model = SurvivalPipeline([("c", columns()), ("m", CoxRegression(np.array([0.0, 0.0, 1.0])))])
    model.fit(ROWS, [4.0, 3.0, 2.0, 1.0])
    found = predict_survival(model, ROWS, [1, 2.5])
    np.testing.assert_array_equal(ROWS["x"], found[:, 0])
    np.testing.assert_array_equal(model.predict_survival(ROWS, [1, 2.5]), found[:, 1:])
    assert 1.0 == predict_survival(model, UNSEEN, [])[0, 0]
    assert (0, 3) == predict_survival(model, ROWS[:0], [1, 2]).shape
