"""Metrics of two classes are scikit-learn's; calibration is the logistic regression on log odds."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics
from sklearn.linear_model import LogisticRegression

from runner.core.metrics import FAMILY_METRICS, TwoClassScores
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import MetricName
    from runner.records import Floats

RTOL = 1e-9


def chances(eta: Floats) -> Floats:
    """Probabilities of the second class."""
    return 1 / (1 + np.exp(-eta))


def of_label(metric: Callable[..., float]) -> Callable[..., float]:
    """A metric of classes, of what LogisticRegression predicts."""
    return lambda y, eta, **weight: metric(y, (eta > 0).astype(float), **weight)


def of_chance(metric: Callable[..., float]) -> Callable[..., float]:
    """A metric of probabilities."""
    return lambda y, eta, **weight: metric(y, chances(eta), **weight)


SKLEARN: dict[MetricName, Callable[..., float]] = {
    "log_loss": lambda y, eta, **weight: sklearn_metrics.log_loss(
        y, chances(eta), labels=[0.0, 1.0], **weight
    ),
    "roc_auc": sklearn_metrics.roc_auc_score,
    "average_precision": sklearn_metrics.average_precision_score,
    "brier": of_chance(sklearn_metrics.brier_score_loss),
    "balanced_accuracy": of_label(sklearn_metrics.balanced_accuracy_score),
    "f1": of_label(sklearn_metrics.f1_score),
    "mcc": of_label(sklearn_metrics.matthews_corrcoef),
}
LABELS = hnp.arrays(float, st.integers(2, 12), elements=st.sampled_from([0.0, 1.0]))
TIED = st.integers(-3, 3).map(float)  # equal log odds are common, and 0 among them


@st.composite
def scored(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    """Labels (n,), log odds (n, 3) and weights (n,)."""
    y = draw(LABELS)
    eta = draw(hnp.arrays(float, (len(y), 3), elements=TIED))
    weight = draw(
        st.just(np.ones(len(y)))
        | hnp.arrays(float, len(y), elements=st.integers(1, 9).map(lambda value: value / 4))
    )
    return y, eta, weight


def score(metric: MetricName, y: Floats, eta: Floats, weight: Floats | None = None) -> Floats:
    """One metric of models (n, c)."""
    own = np.ones(len(y)) if weight is None else weight
    return TwoClassScores(Observed(y, own)).score([metric], eta[:, :, None])[metric]


def sample(n: int = 200, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Labels, log odds of two models and weights."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0.3, 1.5, n)
    y = (rng.random(n) < chances(true)).astype(float)
    eta = np.column_stack([true + rng.normal(0, 1, n), np.round(1.7 * true + 0.4)])
    return y, eta, rng.uniform(0.2, 3.0, n)


@pytest.mark.parametrize("metric", SKLEARN)
@given(scored())
def test_metric_equals_sklearns(metric: MetricName, rows: tuple[Floats, Floats, Floats]) -> None:
    """Each model's score is scikit-learn's, equal log odds and log odds of 0 included."""
    y, eta, weight = rows
    assume(0 < y.sum() < len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of predictions of one class
        expected = [SKLEARN[metric](y, column, sample_weight=weight) for column in eta.T]
    np.testing.assert_allclose(score(metric, y, eta, weight), expected, rtol=RTOL, atol=1e-12)


@pytest.mark.parametrize("metric", SKLEARN)
@pytest.mark.parametrize("weighted", [False, True])
def test_metric_of_many_rows_equals_sklearns(metric: MetricName, weighted: bool) -> None:
    """With and without equal log odds, with and without weights."""
    y, eta, weight = sample()
    own = weight if weighted else np.ones(len(y))
    expected = [SKLEARN[metric](y, column, sample_weight=own) for column in eta.T]
    np.testing.assert_allclose(score(metric, y, eta, own), expected, rtol=RTOL)


@given(LABELS.map(lambda y: np.full(len(y), y[0])), st.sampled_from([0.0, 2.0, -1.0]))
def test_one_class_alone(y: Floats, level: float) -> None:
    """Where a class is lacking, what needs both is NaN; the others are scikit-learn's."""
    eta = np.full((len(y), 1), level)
    observed = Observed(y, np.ones(len(y)))
    found = TwoClassScores(observed).score(FAMILY_METRICS["binomial"], eta[:, :, None])
    undefined = {"roc_auc", "calibration_slope", "calibration_intercept"}
    if y[0] == 0:
        undefined.add("average_precision")  # scikit-learn has 0
    assert undefined == {metric for metric, value in found.items() if np.isnan(value[0])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for metric in found.keys() - undefined:
            assert SKLEARN[metric](y, eta[:, 0]) == pytest.approx(found[metric][0], rel=RTOL)


def test_rounding_of_weights_is_no_row() -> None:
    """Rows that are all called positive have an mcc of 0, whatever their weights add up to."""
    rng = np.random.default_rng(0)
    for n in range(2, 40):
        y = np.append([0.0, 1.0], rng.integers(0, 2, n - 2))
        found = score("mcc", y, np.ones((n, 3)), rng.uniform(0.1, 1.0, n))
        np.testing.assert_array_equal(np.zeros(3), found)


def test_extreme_log_odds_keep_their_loss() -> None:
    """Log odds of 800 on the wrong side cost 800, on the right side nothing, without a warning."""
    y, eta = np.array([0.0, 1.0, 1.0]), np.array([[800.0], [800.0], [-800.0]])
    assert 1600 / 3 == pytest.approx(score("log_loss", y, eta)[0])
    assert 2 / 3 == pytest.approx(score("brier", y, eta)[0])
    np.testing.assert_allclose(score("log_loss", y[:1], np.array([[-40.0]])), np.exp(-40.0))


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_threshold_decides_the_class(threshold: float) -> None:
    """A chance at a chosen threshold is positive, as in FixedThresholdClassifier; not at 0.5."""
    y = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    eta = np.array([-3.0, np.log(threshold / (1 - threshold)), 3.0, -0.1, 0.1])
    called = chances(eta) > 0.5 if threshold == 0.5 else chances(eta) >= threshold - 1e-12
    scoring = TwoClassScores(Observed(y, np.ones(5)), threshold)
    found = scoring.score(["f1", "mcc"], eta[:, None, None])
    assert sklearn_metrics.f1_score(y, called) == pytest.approx(found["f1"][0])
    assert sklearn_metrics.matthews_corrcoef(y, called) == pytest.approx(found["mcc"][0])


@pytest.mark.parametrize("weighted", [False, True])
def test_calibration_slope_is_that_of_a_logistic_regression(weighted: bool) -> None:
    """scikit-learn's unpenalised coefficient of the log odds, of each model."""
    y, eta, weight = sample()
    own = weight if weighted else np.ones(len(y))
    expected = []
    for column in eta.T:
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(column[:, None], y, sample_weight=own)
        expected.append(model.coef_[0, 0])
    np.testing.assert_allclose(score("calibration_slope", y, eta, own), expected, rtol=1e-7)


@pytest.mark.parametrize("shift", [0.0, -3.0, 40.0])
def test_calibration_intercept_makes_the_mean_chance_right(shift: float) -> None:
    """Added to the log odds it makes the weighted mean chance the share of positives."""
    y, eta, weight = sample()
    found = score("calibration_intercept", y, eta + shift, weight)
    share = np.average(y, weights=weight)
    for column, intercept in zip(eta.T, found, strict=True):
        fitted = np.average(chances(column + shift + intercept), weights=weight)
        assert share == pytest.approx(fitted, rel=1e-9)


def test_calibration_undoes_what_was_done_to_the_log_odds() -> None:
    """Log odds doubled halve the slope; 1 added takes 1 from the intercept."""
    y, eta, weight = sample()
    slope = score("calibration_slope", y, eta, weight)
    np.testing.assert_allclose(score("calibration_slope", y, 2 * eta + 5, weight), slope / 2)
    intercept = score("calibration_intercept", y, eta, weight)
    np.testing.assert_allclose(
        score("calibration_intercept", y, eta + 1, weight), intercept - 1, rtol=1e-8
    )


@pytest.mark.parametrize(
    ("eta", "known"),
    [
        ([-2.0, -1.0, 1.0, 2.0], False),  # separated
        ([2.0, 1.0, -1.0, -2.0], False),  # separated the wrong way
        ([-2.0, 1.0, 1.0, 2.0], False),  # but for a tie
        ([1.0, 1.0, 1.0, 1.0], False),  # constant
        ([-2.0, 1.5, 1.0, 2.0], True),
        ([-2e3, 15e2, 1e3, 2e3], True),
    ],
)
def test_slope_of_separated_classes_is_undefined(eta: list[float], known: bool) -> None:
    """No finite slope fits best where a threshold tells the classes apart, ties or none."""
    y = np.array([0.0, 0.0, 1.0, 1.0])
    found = score("calibration_slope", y, np.array(eta)[:, None])[0]
    assert known == np.isfinite(found)


@pytest.mark.parametrize("metric", FAMILY_METRICS["binomial"])
def test_weights_in_place_of_the_rows_own(metric: MetricName) -> None:
    """Scores under several sets of counts are those of the rows repeated as often."""
    y, eta, weight = sample(60)
    counts = np.random.default_rng(1).poisson(1.0, (60, 5))
    scoring = TwoClassScores(Observed(y, weight))
    for column in eta.T:
        found = scoring.score([metric], column[:, None, None], weight=counts * weight[:, None])
        expected = []
        for count in counts.T:
            rows = np.repeat(np.arange(60), count)
            expected.append(score(metric, y[rows], column[rows, None], weight[rows])[0])
        np.testing.assert_allclose(found[metric], expected, rtol=1e-7)
