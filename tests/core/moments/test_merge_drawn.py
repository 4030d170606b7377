"""Moments of blocks that were drawn with replacement."""

from __future__ import annotations

import numpy as np

from runner.core.moments import choose_layout, merge_drawn, moments_by_block
from runner.core.moments.accumulate import Moments


def test_they_are_those_of_the_rows_drawn() -> None:
    """A block that was drawn three times counts as its rows, each three times."""
    rng = np.random.default_rng(0)
    X, y, block = rng.standard_normal((30, 3)), rng.standard_normal(30), np.arange(30) % 3
    X[::7, 1] = np.nan
    layout = choose_layout(X, y, [1])
    parts = moments_by_block(X, y, None, block, 3, layout)
    drawn = [2, 0, 2, 2]
    rows = np.concatenate([np.flatnonzero(block == number) for number in drawn])
    expected = Moments.of(X[rows], y[rows], None, layout)
    found = merge_drawn([parts[number] for number in drawn])
    for name in ("cross", "total", "low", "high"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-12)
