"""What scores of outer folds let expect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.records import Fold
from runner.statistics.expected_score import FoldLosses, bates, nested_naive


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


def test_bates_widens_where_folds_disagree() -> None:
    """Three folds by hand: M = mean((i - m)^2) - mean(var / n_k), scaled by (K - 1)/K."""
    outer = [np.array([1.0, 3.0]), np.array([2.0, 6.0]), np.array([0.0, 2.0])]
    inner = [np.array([9.0, 7.0, 8.0, 8.0]), np.array([3.0, 5.0, 4.0, 4.0]), np.full(4, 5.0)]
    folds = [FoldLosses(one, other) for one, other in zip(outer, inner, strict=True)]
    found = bates("mse", folds, 3, 0.9)
    apart = ((8 - 2) ** 2 + (4 - 4) ** 2 + (5 - 1) ** 2) / 3
    within = (2 / 2 + 8 / 2 + 2 / 2) / 3
    naive = np.std([1, 3, 2, 6, 0, 2], ddof=1) / np.sqrt(6)
    error = min(np.sqrt((apart - within) * 2 / 3), np.sqrt(3) * naive)
    score = 17 / 3 - (1 + 1 / 3) * (17 / 3 - 14 / 6)
    assert pytest.approx(score) == found.score
    assert pytest.approx(score + stats.norm.ppf(0.95) * error) == found.high
    assert 0.0 == found.low


def test_bates_is_never_narrower_than_the_naive_error() -> None:
    """Folds that agree by chance leave s / sqrt(n)."""
    losses = np.array([10.0, 12.0, 11.0, 13.0])
    folds = [FoldLosses(losses, np.tile(losses, 3)) for _ in range(4)]
    found = bates("mse", folds, 4, 0.9)
    naive = np.std(np.tile(losses, 4), ddof=1) / np.sqrt(16)
    assert pytest.approx(11.5) == found.score
    assert pytest.approx(2 * stats.norm.ppf(0.95) * naive) == found.high - found.low
