"""Thresholds: the best of all, the forms of the key, and the classifier that applies one."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, recall_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from runner.config.messages import explain
from runner.errors import FitError
from runner.family.averaging import average_of
from runner.family.threshold import (
    Costs,
    Threshold,
    called_positive,
    choose_threshold,
    with_threshold,
    without_threshold,
)
from runner.spec import Spec

if TYPE_CHECKING:
    from runner.family.threshold import Rule
    from runner.records import Floats

RULES: tuple[Rule, ...] = ("f1", "youden", Costs(fp=1, fn=5), Costs(fp=3.5, fn=0.5))


class Section(Spec):
    """A section with the key."""

    threshold: Threshold


def goodness(rule: Rule, y: Floats, positive: Floats, weight: Floats) -> float:
    """scikit-learn's figure of what a rule wants large."""
    if rule == "f1":
        return float(f1_score(y, positive, sample_weight=weight, zero_division=0))
    if rule == "youden":
        found = recall_score(y, positive, average=None, labels=[0, 1], sample_weight=weight)
        return float(found.sum() - 1)
    assert isinstance(rule, Costs)
    (_, fp), (fn, _) = confusion_matrix(y, positive, labels=[0, 1], sample_weight=weight)
    return float(-rule.fp * fp - rule.fn * fn)


@given(
    rule=st.sampled_from(RULES),
    rows=st.lists(
        st.tuples(st.booleans(), st.integers(0, 10), st.sampled_from([0.5, 1.0, 2.0])),
        min_size=2,
        max_size=25,
    ).filter(lambda rows: len({row[0] for row in rows}) == 2),
)
def test_no_threshold_is_better(rule: Rule, rows: list[tuple[bool, int, float]]) -> None:
    """Tried one after the other, with ties and weights, none beats the chosen one."""
    y, tenths, weight = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    probability = tenths / 10
    chosen = choose_threshold(rule, y, probability, weight)
    tried = [
        goodness(rule, y, (probability >= cut).astype(float), weight)
        for cut in np.append(np.unique(probability), 2.0)
    ]
    found = goodness(rule, y, (probability >= chosen).astype(float), weight)
    assert max(tried) == pytest.approx(found, abs=1e-12)


def test_the_middle_of_the_interval_is_taken() -> None:
    """Between the last negative at 0.2 and the first positive at 0.3 that is 0.25."""
    y, probability = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.9])
    for rule in RULES[:3]:
        assert 0.25 == pytest.approx(choose_threshold(rule, y, probability))


@pytest.mark.parametrize(("costs", "expected"), [((1, 100), 0.05), ((100, 1), 0.8), ((1, 1), 0.45)])
def test_all_none_or_some_are_positive_as_costs_say(
    costs: tuple[float, float], expected: float
) -> None:
    """Where a miss is dear all are positive, where an alarm is dear none; ties go to near 0.5."""
    y, probability = np.array([1.0, 0, 1, 0]), np.array([0.1, 0.3, 0.6, 0.6])
    rule = Costs(fp=costs[0], fn=costs[1])
    assert expected == pytest.approx(choose_threshold(rule, y, probability))


def test_probabilities_of_0_and_1_have_a_threshold_on_either_side() -> None:
    """All are positive at 0, and none just above 1."""
    y = np.array([1.0, 0.0])
    everyone = choose_threshold(Costs(fp=1, fn=9), y, np.array([0.0, 1.0]))
    nobody = choose_threshold(Costs(fp=9, fn=1), y, np.array([0.0, 1.0]))
    assert 0.0 == everyone
    assert 1.0 < nobody < 1.0 + 1e-15


def test_neighbouring_numbers_are_told_apart() -> None:
    """The middle of two numbers that nothing lies between is the upper one."""
    for low in (0.3, np.nextafter(0.3, 1)):
        high = np.nextafter(low, 1)
        chosen = choose_threshold("f1", np.array([0.0, 1.0]), np.array([low, high]))
        assert high == chosen


def test_sums_that_differ_by_rounding_are_equal() -> None:
    """1.3 - 1 is a miss of weight 0.3 here, which costs as much as an alarm of 0.3."""
    y, probability = np.array([1.0, 0, 1]), np.array([0.1, 0.45, 0.8])
    chosen = choose_threshold(Costs(fp=1, fn=1), y, probability, np.array([0.3, 0.3, 1.0]))
    assert 1.3 - 1 > 0.3
    assert 0.625 == pytest.approx(chosen)  # 0.05, where all are positive, is further from 0.5


def test_a_number_is_itself() -> None:
    """No prediction is needed."""
    assert 0.3 == choose_threshold(0.3, np.empty(0), np.empty(0))


def test_rows_without_a_prediction_or_weight_say_nothing() -> None:
    """NaN and a weight of 0 change nothing."""
    y, probability = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.9])
    more = np.append(probability, [np.nan, 0.25])
    chosen = choose_threshold("f1", np.append(y, [1, 1]), more, np.array([1.0, 1, 1, 1, 1, 0]))
    assert choose_threshold("f1", y, probability) == chosen


def test_one_class_is_an_error_with_the_remedy() -> None:
    """There is nothing to choose by."""
    with pytest.raises(FitError, match=r"both classes.*all 2 are of one; set family\.threshold=0"):
        choose_threshold("youden", np.ones(2), np.array([0.2, 0.4]))


@pytest.mark.parametrize("value", [0.5, 0.01, "f1", "youden", {"fp": 1, "fn": 5}])
def test_forms_of_the_key(value: Any) -> None:  # noqa: ANN401 - any YAML value
    """What the issue names is read, and goes back to the same YAML."""
    assert value == Section.model_validate({"threshold": value}).model_dump()["threshold"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("f2", "family.threshold is 'f2', but must be a number between 0 and 1, \"f1\", "),
        (True, "family.threshold is True, but must be a number between 0 and 1"),
        (1.5, "family.threshold is 1.5, but must be less than 1"),
        ({"fp": 0, "fn": 5}, "family.threshold.fp is 0, but must be greater than 0"),
        ({"fp": 1}, "family.threshold.fn is missing"),
        ([0.5], "or costs such as {fp: 1, fn: 5}"),
    ],
)
def test_other_values_are_one_message(value: Any, message: str) -> None:  # noqa: ANN401
    """A wrong value is told once, with what is allowed."""
    with pytest.raises(ValidationError) as caught:
        Section.model_validate({"threshold": value})
    (detail,) = caught.value.errors()
    assert message in explain(detail, Section, "family")


def fitted(labels: tuple[Any, Any], seed: int = 0) -> tuple[Pipeline, pd.DataFrame]:
    """A fitted Pipeline, the second label the likelier the larger the first column, and rows."""
    rows = pd.DataFrame(np.random.default_rng(seed).standard_normal((50, 2)), columns=["a", "b"])
    noise = np.random.default_rng(seed + 1).standard_normal(50)
    y = np.where(rows["a"] + noise > 0, labels[1], labels[0])
    return Pipeline([("s", StandardScaler()), ("model", LogisticRegression())]).fit(rows, y), rows


@pytest.mark.parametrize("labels", [(0, 1), ("no", "yes"), ("stay", "churn"), (False, True)])
def test_the_saved_pipeline_applies_the_threshold(labels: tuple[Any, Any]) -> None:
    """Loaded, it labels by the threshold, with the classes and probabilities of the model."""
    pipeline, rows = fitted(labels)
    dumped = pickle.dumps(with_threshold(pipeline, 0.2, labels[1]))
    assert b"runner" not in dumped
    model = pickle.loads(dumped)  # noqa: S301 - made here
    at = list(pipeline.classes_).index(labels[1])
    probability = pipeline.predict_proba(rows)[:, at]
    expected = np.where(probability >= 0.2, labels[1], labels[0])
    assert 0 < np.sum(expected != pipeline.predict(rows))
    np.testing.assert_array_equal(expected, model.predict(rows))
    np.testing.assert_array_equal(pipeline.predict_proba(rows), model.predict_proba(rows))
    np.testing.assert_array_equal(pipeline.classes_, model.classes_)
    assert ["a", "b"] == list(model[:-1].get_feature_names_out())
    coefficients = without_threshold(model[-1]).coef_
    np.testing.assert_array_equal(pipeline[-1].coef_, coefficients)
    assert pipeline[-1] is without_threshold(pipeline[-1])
    assert 2 == model[-1].n_features_in_


def test_averaged_probabilities_have_one_threshold() -> None:
    """Of several models the mean probability decides, not the majority."""
    pipelines = [fitted(("no", "yes"), seed)[0] for seed in (0, 5, 7)]
    rows = fitted(("no", "yes"))[1]
    model = with_threshold(average_of(pipelines, "classes"), 0.3, "yes")
    model = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    mean = np.mean([pipeline.predict_proba(rows)[:, 1] for pipeline in pipelines], axis=0)
    np.testing.assert_array_equal(np.where(mean >= 0.3, "yes", "no"), model.predict(rows))
    np.testing.assert_allclose(model.predict_proba(rows)[:, 1], mean, rtol=1e-14)
    assert ["no", "yes"] == list(model.classes_)


def test_at_a_half_the_model_is_left_alone() -> None:
    """It is scikit-learn's own rule."""
    pipeline, _ = fitted((0, 1))
    assert pipeline is with_threshold(pipeline, 0.5, 1)


@pytest.mark.parametrize("labels", [(0, 1), ("stay", "churn")])
def test_ties_are_called_as_the_saved_model_calls_them(labels: tuple[Any, Any]) -> None:
    """Where both labels are as likely, the table has the label that the model gives."""
    y = np.repeat(np.array(labels), 2)
    model = LogisticRegression(C=1e-9).fit(np.zeros((4, 1)), y)
    assert [0.5, 0.5] == list(model.predict_proba([[0.0]])[0])
    called = called_positive(np.array([0.5]), 0.5, labels)
    assert [model.predict([[0.0]])[0] == labels[1]] == list(called)
    assert [True] == list(called_positive(np.array([0.4]), 0.4, labels))
    assert [False] == list(called_positive(np.array([np.nan]), 0.4, labels))
