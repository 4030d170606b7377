"""How many features enter, and the bound on false selections."""

from __future__ import annotations

import numpy as np
import pytest

from runner.statistics.stability_selection import (
    complementary_pairs,
    features_to_enter,
    most_false,
)


@pytest.mark.parametrize(
    ("pfer", "threshold", "features", "expected"),
    [
        (1.0, 0.9, 59, 6),
        (1.0, 0.75, 1000, 22),
        (2.0, 0.9, 20, 5),
        (1.0, 1.0, 4, 2),
        (100.0, 0.9, 5, 5),
        (0.1, 0.6, 10, 0),
    ],
)
def test_features_to_enter(pfer: float, threshold: float, features: int, expected: int) -> None:
    """The most features at which the bound is not above what is asked for."""
    assert expected == features_to_enter(pfer, threshold, features)


def test_the_bound_is_that_of_the_theorem() -> None:
    """10 of 200 features at 0.75: 100 / (0.5 x 200)."""
    assert pytest.approx(1.0) == most_false(10, 0.75, 200)


def test_pairs_are_complementary() -> None:
    """The halves of each pair are all blocks, of rows shared out evenly, and the pairs differ."""
    sizes = np.array([10, 9, 10, 9, 9, 10, 10, 9])
    pairs = list(complementary_pairs(sizes, 6, np.random.default_rng(0)))
    assert 6 == len(pairs)
    for one, other in pairs:
        assert (38, 38) == (sizes[one].sum(), sizes[other].sum())
        assert list(range(8)) == sorted([*one, *other])
    assert 1 < len({tuple(one) for one, _ in pairs})
