"""What scores of outer folds let expect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.records import Fold
from runner.statistics.expected_score import nested_naive


def folds(count: int, repeats: int = 1) -> list[Fold]:
    """Make so many folds of each partition."""
    return [
        Fold(repeat * count + k, repeat, (0,), (1,))
        for repeat in range(repeats)
        for k in range(count)
    ]


def test_it_is_the_t_interval_of_a_mean() -> None:
    """The interval is scipy's for the mean of a sample."""
    scores = np.array([1.0, 1.3, 0.8, 1.1, 1.2])
    found = nested_naive("mse", scores, folds(5), 0.9)
    low, high = stats.ttest_1samp(scores, 0).confidence_interval(0.9)
    assert pytest.approx(1.08) == found.score
    assert pytest.approx((low, high)) == (found.low, found.high)
    assert (0.9, "nested_naive") == (found.level, found.method)


def test_repeats_bring_no_rows() -> None:
    """The same folds twice over have the interval of one time."""
    scores = np.array([1.0, 1.3, 0.8])
    once = nested_naive("mse", scores, folds(3), 0.95)
    assert once == nested_naive("mse", np.tile(scores, 2), folds(3, repeats=2), 0.95)


def test_it_keeps_to_what_a_score_can_be() -> None:
    """An area under the curve is not expected above 1, an error not below 0."""
    assert 1.0 == nested_naive("roc_auc", np.array([0.99, 0.9]), folds(2), 0.95).high
    assert 0.0 == nested_naive("mse", np.array([0.1, 9.0]), folds(2), 0.95).low


def test_one_fold_has_no_interval() -> None:
    """One score has no spread."""
    found = nested_naive("mse", np.array([2.0]), folds(1), 0.95)
    assert 2.0 == found.score
    assert np.isnan([found.low, found.high]).all()
