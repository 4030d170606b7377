"""The winner's score, corrected by a bootstrap of all candidates' losses."""

from __future__ import annotations

import numpy as np
import pytest

from runner.statistics.bootstrapped_selection import bbc_score


def test_it_is_the_mean_over_rows_that_were_not_drawn() -> None:
    """Resample by resample, the best candidate of the drawn rows is judged by the others."""
    losses = np.random.default_rng(0).exponential(size=(12, 5))
    drawn = np.random.default_rng(1).multinomial(12, np.full(12, 1 / 12), size=50)
    scores = []
    for counts in drawn:
        rows = np.repeat(np.arange(12), counts)
        best = np.argmin(losses[rows].mean(axis=0))
        scores.append(losses[counts == 0, best].mean())
    assert pytest.approx(np.mean(scores)) == bbc_score(losses, 50, np.random.default_rng(1))


def test_the_best_of_many_by_luck_is_not_believed() -> None:
    """Candidates that differ by chance alone score about 1; their best mean is far below."""
    losses = np.random.default_rng(2).exponential(size=(60, 200))
    assert losses.mean(axis=0).min() < 0.75
    assert abs(bbc_score(losses, 500, np.random.default_rng(3)) - 1) < 0.1
