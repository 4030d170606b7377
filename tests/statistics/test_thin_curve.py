"""Which points of a curve are kept, by hand and by what is lost."""

from __future__ import annotations

import numpy as np

from runner.statistics.thin_curve import thin_curve


def test_the_farthest_from_the_line_are_kept_first() -> None:
    """Ends, then the point that stands out the most, then the next."""
    x, y = np.arange(7.0), np.array([0.0, 0.0, 5.0, 0.0, 0.0, -1.0, 0.0])
    assert [0, 2, 6] == thin_curve(x, y, 3).tolist()
    assert [0, 2, 3, 6] == thin_curve(x, y, 4).tolist()


def test_points_on_lines_are_left_out() -> None:
    """Three corners are all that two straight sides have."""
    x = np.arange(9.0)
    assert [0, 4, 8] == thin_curve(x, np.abs(x - 4), 200).tolist()
    assert [0] == thin_curve(np.ones(1), np.ones(1), 200).tolist()


def test_a_curve_that_comes_back_keeps_its_far_side() -> None:
    """Where both ends are one point, distances are from it."""
    x, y = np.array([0.0, 1.0, 2.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0, 0.0])
    assert [0, 2, 4] == thin_curve(x, y, 3).tolist()


def test_hardly_anything_is_lost() -> None:
    """All 20,000 points of a circle's quarter are within 3e-5 of the chords of the 200 kept."""
    angle = np.sort(np.random.default_rng(0).uniform(0, np.pi / 2, 20_000))
    kept = thin_curve(1 - np.cos(angle), np.sin(angle), 200)
    assert (200, 0, 19_999) == (len(kept), kept[0], kept[-1])
    assert 1 - np.cos(np.diff(angle[kept]).max() / 2) < 3e-5
