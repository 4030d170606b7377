"""The best of so many candidates, against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from runner.statistics.search_budget import best_so_far, budgets, expected_best

LOSSES = np.array([3.0, 7.0, 1.0, 1.0, 9.0, 2.5, 8.0])


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [(1, [1]), (10, [10]), (11, [10, 11]), (700, [10, 20, 50, 100, 200, 500, 700])],
)
def test_budgets_end_with_all(candidates: int, expected: list[int]) -> None:
    """They are 10, 20, 50 and so on below the number of candidates, and that number."""
    assert expected == budgets(candidates)


def test_the_best_so_far_is_in_the_order_of_the_search() -> None:
    """After n candidates it is the least of the first n."""
    assert [3.0, 1.0, 1.0] == best_so_far(LOSSES, [2, 3, 7]).tolist()


def test_the_expected_best_is_the_mean_over_all_draws() -> None:
    """It is the mean of the least loss over every set of n candidates."""
    sizes = list(range(1, 8))
    expected = [np.mean([min(s) for s in itertools.combinations(LOSSES, n)]) for n in sizes]
    np.testing.assert_allclose(expected, expected_best(LOSSES, sizes), rtol=1e-12)


def test_draws_that_find_nothing_are_left_out() -> None:
    """Of three candidates with one failed, one draw may find nothing, and two never do."""
    found = expected_best(np.array([2.0, np.inf, 4.0]), [1, 2, 3])
    np.testing.assert_allclose([3.0, (2 + 2 + 4) / 3, 2.0], found)
