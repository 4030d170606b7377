"""Metrics of three classes and more are scikit-learn's."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

from runner.core.metrics import FAMILY_METRICS, ClassScores, TwoClassScores
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import MetricName
    from runner.records import Floats

K = 3


def chances(eta: Floats) -> Floats:
    """Probabilities (n, K)."""
    raised = np.exp(eta - eta.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


SKLEARN: dict[MetricName, Callable[..., float]] = {
    "log_loss": lambda y, eta, **weight: sklearn_metrics.log_loss(
        y, chances(eta), labels=range(K), **weight
    ),
    "balanced_accuracy": lambda y, eta, **weight: sklearn_metrics.balanced_accuracy_score(
        y, eta.argmax(axis=1), **weight
    ),
    "f1_macro": lambda y, eta, **weight: sklearn_metrics.f1_score(
        y, eta.argmax(axis=1), average="macro", **weight
    ),
    "roc_auc_ovr": lambda y, eta, **weight: sklearn_metrics.roc_auc_score(
        y, chances(eta), multi_class="ovr", labels=range(K), **weight
    ),
}


@st.composite
def scored(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    """Codes (n,), linear predictors (n, 2, K) and weights (n,)."""
    n = draw(st.integers(2, 12))
    y = draw(hnp.arrays(float, n, elements=st.sampled_from([0.0, 1.0, 2.0])))
    # rows have equal chances only where they are alike, so that no rounding decides
    eta = np.zeros((n, 2, K))
    eta[:, :, 1] = draw(hnp.arrays(float, (n, 2), elements=st.sampled_from([-1.0, 0.5, 2.0])))
    eta[:, :, 2] = draw(hnp.arrays(float, (n, 2), elements=st.sampled_from([0.1, 0.3])))
    weight = draw(
        st.just(np.ones(n))
        | hnp.arrays(float, n, elements=st.integers(1, 9).map(lambda value: value / 4))
    )
    return y, eta, weight


@pytest.mark.parametrize("metric", SKLEARN)
@given(scored())
def test_metric_equals_sklearns(metric: MetricName, rows: tuple[Floats, Floats, Floats]) -> None:
    """Each model's score is scikit-learn's; a lacking class leaves the mean of areas undefined."""
    y, eta, weight = rows
    found = ClassScores(Observed(y, weight)).score([metric], eta)[metric]
    if metric == "roc_auc_ovr" and len(np.unique(y)) < K:
        assert np.isnan(found).all()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are lacking
        expected = [SKLEARN[metric](y, eta[:, c], sample_weight=weight) for c in range(2)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@given(scored())
def test_relabelled_classes_score_the_same(rows: tuple[Floats, Floats, Floats]) -> None:
    """Codes and linear predictors that are permuted alike change no score."""
    y, eta, weight = rows
    assume(len(np.unique(y)) == K)
    eta = eta + np.array([0.0, 1e-3, 2e-3])  # no two classes alike, which argmax would decide
    wanted = FAMILY_METRICS["multinomial"]
    first = ClassScores(Observed(y, weight)).score(wanted, eta)
    turned = ClassScores(Observed((y + 1) % K, weight)).score(wanted, np.roll(eta, 1, axis=2))
    for metric in wanted:
        np.testing.assert_allclose(turned[metric], first[metric], rtol=1e-9)


def test_two_of_several_classes_are_as_two_classes() -> None:
    """With K = 2 the log loss and the balanced accuracy are those of the log odds."""
    rng = np.random.default_rng(0)
    y, eta = (rng.random(50) < 0.4).astype(float), rng.normal(0, 3, (50, 4, 2))
    observed = Observed(y, rng.uniform(0.5, 2.0, 50))
    shared: tuple[MetricName, ...] = ("log_loss", "balanced_accuracy")
    several = ClassScores(observed).score(shared, eta)
    two = TwoClassScores(observed).score(shared, eta[:, :, 1:] - eta[:, :, :1])
    for metric in shared:
        np.testing.assert_allclose(several[metric], two[metric], rtol=1e-9)


def test_extreme_predictors_keep_their_loss() -> None:
    """A class 800 behind costs 800, without a warning."""
    eta = np.array([[[800.0, 0.0, 0.0]], [[0.0, -800.0, 0.0]]])
    found = ClassScores(Observed(np.array([1.0, 0.0]), np.ones(2))).score(["log_loss"], eta)
    np.testing.assert_allclose(found["log_loss"], (800.0 + np.log(2.0)) / 2)


@pytest.mark.parametrize("metric", FAMILY_METRICS["multinomial"])
def test_weights_in_place_of_the_rows_own(metric: MetricName) -> None:
    """Scores under several sets of counts are those of the rows repeated as often."""
    rng = np.random.default_rng(1)
    y, eta = rng.integers(0, K, 60).astype(float), rng.normal(0, 1, (60, 1, K))
    weight = rng.random(60)
    counts = rng.poisson(1.0, (60, 5))
    scoring = ClassScores(Observed(y, weight))
    found = scoring.score([metric], eta, weight=counts * weight[:, None])[metric]
    for count, score in zip(counts.T, found, strict=True):
        rows = np.repeat(np.arange(60), count)
        expected = SKLEARN[metric](y[rows], eta[rows, 0], sample_weight=weight[rows])
        assert expected == pytest.approx(score, rel=1e-9)
