"""ROC and precision-recall curves, against the whole ones of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from runner.statistics.classification_curves import (
    PrecisionRecallCurve,
    RocCurve,
    precision_recall_curve,
    roc_curve,
)

RNG = np.random.default_rng(0)
Y = (RNG.random(5_000) < 0.3).astype(float)
SCORE = RNG.standard_normal(5_000) + Y
WEIGHT = RNG.uniform(0.5, 2.0, 5_000)
WEIGHTS = pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])


@WEIGHTS
def test_roc_is_scikit_learns(weight: np.ndarray | None) -> None:
    """200 of its points, which are nowhere far from the others, and its area."""
    found = roc_curve(Y, SCORE, weight=weight)
    assert isinstance(found, RocCurve)
    assert 200 == len(found.threshold)
    whole = np.column_stack(metrics.roc_curve(Y, SCORE, sample_weight=weight))
    kept = np.column_stack([found.false_positive, found.true_positive, found.threshold])
    assert {*map(tuple, kept)} <= {*map(tuple, whole)}
    assert ((0.0, 0.0), (1.0, 1.0)) == (tuple(kept[0, :2]), tuple(kept[-1, :2]))
    assert metrics.roc_auc_score(Y, SCORE, sample_weight=weight) == found.area
    thinned = np.trapezoid(found.true_positive, found.false_positive)
    assert thinned == pytest.approx(found.area, abs=1e-3)


@WEIGHTS
def test_precision_and_recall_are_scikit_learns(weight: np.ndarray | None) -> None:
    """200 of its points, both ends among them, its average, and the share of positives."""
    found = precision_recall_curve(Y, SCORE, weight=weight)
    assert isinstance(found, PrecisionRecallCurve)
    assert 200 == len(found.threshold)
    precision, recall, threshold = metrics.precision_recall_curve(Y, SCORE, sample_weight=weight)
    whole = np.column_stack([recall, precision, [*threshold, np.inf]])
    kept = np.column_stack([found.recall, found.precision, found.threshold])
    assert {*map(tuple, kept)} <= {*map(tuple, whole)}
    np.testing.assert_array_equal(whole[[0, -1]], kept[[0, -1]])
    expected = metrics.average_precision_score(Y, SCORE, sample_weight=weight)
    assert expected == found.average_precision
    assert np.average(Y, weights=weight) == found.positive == pytest.approx(found.precision[0])


def test_few_rows_keep_their_points() -> None:
    """A curve of few corners is whole."""
    found = roc_curve(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    assert isinstance(found, RocCurve)
    assert [0.0, 0.0, 1.0] == found.false_positive.tolist()
    assert 1.0 == found.area


def test_one_class_has_no_curve() -> None:
    """It is told, without a warning."""
    for curve in (roc_curve, precision_recall_curve):
        assert "rows of one class have no curve" == curve(np.ones(3), np.arange(3.0))
