"""Every metric equals scikit-learn's function, weighted or not, for many candidates at once."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.exceptions import UndefinedMetricWarning
from sklearn_reference import SKLEARN

from runner.core.metrics import LARGER_IS_BETTER, METRICS, loss, score_predictions

if TYPE_CHECKING:
    from runner.core.metrics import MetricName
    from runner.records import Floats

RTOL = 1e-9
VALUES = st.floats(-1e4, 1e4).map(lambda value: round(value, 3))  # ties and zeros are common
# dyadic, so that both ways to add them up agree on whether they divide evenly
DYADIC = st.integers(1, 64).map(lambda value: value / 16)


@st.composite
def scored(draw: st.DrawFn) -> tuple[Floats, Floats, Floats | None]:
    """A target (n,), predictions (n, 3) and weights (n,) or none."""
    n = draw(st.integers(2, 12))
    y = draw(hnp.arrays(float, n, elements=VALUES))
    predictions = draw(hnp.arrays(float, (n, 3), elements=VALUES))
    weight = draw(st.none() | hnp.arrays(float, n, elements=DYADIC))
    return y, predictions, weight


def expected_score(
    metric: MetricName, y: Floats, predictions: Floats, weight: Floats | None
) -> Floats:
    """scikit-learn's value per column; its warning about a single row is about a NaN.

    But mape is undefined where it divides by 0.
    """
    if metric == "mape" and np.any(y == 0):
        return np.full(predictions.shape[1], np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return np.array([SKLEARN[metric](y, p, sample_weight=weight) for p in predictions.T])


@pytest.mark.parametrize("metric", METRICS)
@given(scored())
def test_metric_equals_sklearns(
    metric: MetricName, rows: tuple[Floats, Floats, Floats | None]
) -> None:
    """Each column's score is scikit-learn's, zeros in the target and ties of errors included."""
    y, predictions, weight = rows
    assume(np.ptp(y) > 0)  # else rounding of its mean decides; see the constant targets below
    expected = expected_score(metric, y, predictions, weight)
    actual = score_predictions([metric], y, predictions, weight)[metric]
    # 1 - ratio: what is lost is a share of the ratio
    np.testing.assert_allclose(
        actual, expected, rtol=RTOL, atol=RTOL if metric in LARGER_IS_BETTER else 0.0
    )


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.5, 0.5])])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("level", [0.0, 3.0])
def test_constant_target(level: float, metric: MetricName, weight: Floats | None) -> None:
    """Of a constant target a perfect prediction explains all and any other nothing."""
    y = np.full(4, level)
    predictions = np.column_stack([y, y + 1.0, y + np.array([1.0, 0.0, 0.0, 0.0])])
    expected = expected_score(metric, y, predictions, weight)
    actual = score_predictions([metric], y, predictions, weight)[metric]
    np.testing.assert_allclose(actual, expected, rtol=RTOL)


@pytest.mark.parametrize("weight", [None, np.array([0.1, 0.7, 0.3])])
@pytest.mark.parametrize("metric", ["r2", "explained_variance"])
def test_constant_target_whose_mean_is_rounded(metric: MetricName, weight: Floats | None) -> None:
    """Rounding of the mean of a constant target is not spread that a model fails to explain."""
    y = np.full(3, 0.1)
    predictions = np.column_stack([y, y + np.array([1.0, 0.0, 0.0])])
    actual = score_predictions([metric], y, predictions, weight)[metric]
    np.testing.assert_array_equal([1.0, 0.0], actual)


def test_metric_of_another_kind_is_refused() -> None:
    """No number stands for the log loss of a prediction that is no chance."""
    with pytest.raises(ValueError, match="log_loss is not a metric of squared errors"):
        score_predictions(["log_loss"], np.ones(2), np.ones((2, 1)))


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0])])
@pytest.mark.parametrize("zero", [0.0, -0.0, 1e-17])
def test_mape_of_a_zero_target_is_undefined(zero: float, weight: Floats | None) -> None:
    """A zero in the target, if but for rounding, leaves no mean share: not even of 0 error."""
    y, predictions = np.array([zero, 2.0]), np.array([[1.0, zero], [2.0, 2.0]])
    actual = score_predictions(["mape", "mae"], y, predictions, weight)
    assert np.isnan(actual["mape"]).all()
    assert np.isfinite(actual["mae"]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_single_row(metric: MetricName) -> None:
    """A single row has an error, but no r2: NaN as in scikit-learn."""
    y, predictions = np.array([2.0]), np.array([[2.5, 2.0]])
    expected = expected_score(metric, y, predictions, None)
    actual = score_predictions([metric], y, predictions)[metric]
    np.testing.assert_allclose(actual, expected, rtol=RTOL)


@pytest.mark.parametrize(
    "weight",
    [[1.0, 2.0, 3.0, 6.0], [0.1, 0.2, 0.3, 0.6], [3.0, 1.0, 1.0, 1.0], [7.0, 7.0, 7.0, 7.0]],
)
def test_weighted_median_where_the_weights_divide_evenly(weight: list[float]) -> None:
    """Half of the weight on either side: the mean of the two errors between which it divides."""
    y = np.array([1.0, 2.0, 3.0, 4.0])
    predictions = np.zeros((4, 1))
    expected = expected_score("median_ae", y, predictions, np.array(weight))
    actual = score_predictions(["median_ae"], y, predictions, np.array(weight))["median_ae"]
    np.testing.assert_allclose(actual, expected, rtol=RTOL)


@pytest.mark.parametrize("metric", METRICS)
def test_loss_falls_as_predictions_improve(metric: MetricName) -> None:
    """Whatever the metric, the better of two predictions has the smaller loss."""
    y = np.array([1.0, 2.0, 4.0, 8.0])
    noise = np.array([[0.1, 1.0], [-0.1, -1.0], [0.1, 1.5], [-0.1, -1.0]])
    predictions = y[:, None] + noise
    better, worse = loss(metric, score_predictions([metric], y, predictions)[metric])
    assert better < worse
