"""scikit-learn's estimators with a solution set on them: predictions, classes, penalty, pickle."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.base import clone

from runner.family.estimators import (
    PenalisedFit,
    binomial_estimator,
    gamma_estimator,
    multi_gaussian_estimator,
    multinomial_estimator,
    poisson_estimator,
)

if TYPE_CHECKING:
    from runner.records import Floats

RNG = np.random.default_rng(3)
X = RNG.standard_normal((80, 3))
B = np.array([[0.7, -1.2, 0.0], [0.1, 0.4, -0.5], [0.0, 0.0, 0.9]])
A = np.array([0.3, -0.2, 0.1])
ETA = X @ B.T + A
ONE = PenalisedFit(B[:1], A[:1], alpha=0.05, l1_ratio=0.5, weight=80.0, iterations=7)
SEVERAL = replace(ONE, coefficients=B, intercepts=A)


def pickled(model: Any) -> Any:  # noqa: ANN401 - any estimator
    """The model, saved and loaded."""
    return pickle.loads(pickle.dumps(model, protocol=5))  # noqa: S301 - made here


def softmax(eta: Floats) -> Floats:
    """Shares that sum to 1, by row."""
    weights: Floats = np.exp(eta)
    shares: Floats = weights / weights.sum(axis=1, keepdims=True)
    return shares


def beyond(slope: Floats, b: Floats, alpha: float, l1_ratio: float) -> float:
    """How far coefficients are from the minimum: what their subgradient lacks to hold 0."""
    smooth = slope + alpha * (1 - l1_ratio) * b
    l1 = alpha * l1_ratio
    off = np.where(b != 0, np.abs(smooth + l1 * np.sign(b)), np.maximum(np.abs(smooth) - l1, 0))
    return float(off.max())


@pytest.mark.parametrize(
    ("negative", "positive"),
    [(0, 1), (False, True), ("no", "yes"), ("yes", "maybe"), (2.0, 1.0), (1, 0)],
)
def test_binomial_classes_are_sorted_whichever_is_positive(
    negative: Any,  # noqa: ANN401 - labels are of any kind
    positive: Any,  # noqa: ANN401
) -> None:
    """The positive label's column of predict_proba is the logistic function of x'b + a."""
    model = pickled(binomial_estimator(ONE, [negative, positive]))
    assert sorted([negative, positive]) == list(model.classes_)
    at = list(model.classes_).index(positive)
    probability = 1 / (1 + np.exp(-ETA[:, 0]))
    np.testing.assert_allclose(model.predict_proba(X)[:, at], probability, rtol=1e-12)
    expected = np.where(probability > 0.5, positive, negative)
    np.testing.assert_array_equal(expected, model.predict(X))
    assert ((1, 3), (1,)) == (model.coef_.shape, model.intercept_.shape)


def test_multinomial_rows_follow_the_sorted_labels() -> None:
    """Each label keeps its own coefficients, in whichever order the labels come."""
    labels = ["pear", "apple", "fig"]
    model = pickled(multinomial_estimator(SEVERAL, labels))
    assert ["apple", "fig", "pear"] == list(model.classes_)
    expected = softmax(ETA)
    for code, label in enumerate(labels):
        at = list(model.classes_).index(label)
        np.testing.assert_allclose(model.predict_proba(X)[:, at], expected[:, code], rtol=1e-12)
    expected_labels = np.array(labels)[expected.argmax(axis=1)]
    np.testing.assert_array_equal(expected_labels, model.predict(X))


@pytest.mark.parametrize("labels", [("a", "b"), ("b", "a")])
def test_multinomial_of_two_classes_is_one_row(labels: tuple[str, str]) -> None:
    """Two rows of coefficients give the probabilities of their difference."""
    found = replace(ONE, coefficients=B[:2], intercepts=A[:2])
    model = pickled(multinomial_estimator(found, labels))
    assert (1, 3) == model.coef_.shape
    at = list(model.classes_).index(labels[1])
    expected = softmax(ETA[:, :2])[:, 1]
    np.testing.assert_allclose(model.predict_proba(X)[:, at], expected, rtol=1e-12)


@pytest.mark.parametrize("make", [poisson_estimator, gamma_estimator])
def test_means_have_the_log_link(make: Any) -> None:  # noqa: ANN401 - either function
    """A loaded PoissonRegressor or GammaRegressor predicts exp(x'b + a), and can score."""
    model = pickled(make(ONE))
    np.testing.assert_allclose(model.predict(X), np.exp(ETA[:, 0]), rtol=1e-12)
    assert model.score(X, np.exp(ETA[:, 0])) == pytest.approx(1.0)
    assert ((3,), 7) == (model.coef_.shape, model.n_iter_)


def test_several_targets_have_a_column_each() -> None:
    """A loaded MultiTaskElasticNet predicts every target."""
    model = pickled(multi_gaussian_estimator(SEVERAL))
    np.testing.assert_allclose(model.predict(X), ETA, rtol=1e-12)
    assert (0.05, 0.5, 7) == (model.alpha, model.l1_ratio, model.n_iter_)


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.05, 0.5), (0.02, 1.0), (0.1, 0.0)])
def test_the_logistic_parameters_are_the_penalty(alpha: float, l1_ratio: float) -> None:
    """Fitted anew by scikit-learn to weighted rows, the clone minimises mean loss + alpha * p."""
    weight = RNG.uniform(0.5, 3.0, 80)
    y = (RNG.uniform(size=80) < 1 / (1 + np.exp(-ETA[:, 0]))).astype(int)
    found = replace(ONE, alpha=alpha, l1_ratio=l1_ratio, weight=float(weight.sum()))
    model = clone(binomial_estimator(found, [0, 1])).set_params(tol=1e-9, max_iter=100_000)
    model.fit(X, y, sample_weight=weight)
    residual = weight / weight.sum() * (model.predict_proba(X)[:, 1] - y)
    assert beyond(X.T @ residual, model.coef_[0], alpha, l1_ratio) < 1e-7
    assert abs(residual.sum()) < 1e-7


def test_alpha_0_is_no_penalty() -> None:
    """C is infinite, which scikit-learn takes for none, without a warning."""
    model = clone(binomial_estimator(replace(ONE, alpha=0.0, l1_ratio=1.0), [0, 1]))
    assert np.inf == model.C
    y = (RNG.uniform(size=80) < 0.5).astype(int)
    residual = model.set_params(tol=1e-10).fit(X, y).predict_proba(X)[:, 1] - y
    assert np.abs(X.T @ residual).max() < 1e-5


def test_the_poisson_parameters_are_the_l2_part() -> None:
    """Fitted anew at l1_ratio 0, the clone minimises mean loss + alpha |b|^2 / 2."""
    y = RNG.poisson(np.exp(ETA[:, 0])).astype(float)
    model = clone(poisson_estimator(replace(ONE, l1_ratio=0.0))).set_params(tol=1e-10)
    slope = X.T @ (model.fit(X, y).predict(X) - y) / 80
    assert beyond(slope, model.coef_, 0.05, 0.0) < 1e-7
    assert poisson_estimator(ONE).alpha == pytest.approx(0.025)


def test_the_gamma_parameters_are_the_l2_part() -> None:
    """Fitted anew at l1_ratio 0, the clone minimises mean loss + alpha |b|^2 / 2."""
    y = RNG.gamma(2.0, np.exp(ETA[:, 0]) / 2.0)
    model = clone(gamma_estimator(replace(ONE, l1_ratio=0.0))).set_params(tol=1e-10)
    slope = X.T @ (1 - y / model.fit(X, y).predict(X)) / 80
    assert beyond(slope, model.coef_, 0.05, 0.0) < 1e-7
