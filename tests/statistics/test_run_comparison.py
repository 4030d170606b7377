"""Ranks within a group of runs, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from runner.statistics.run_comparison import describe_group, summarise_group


def records(metric: str, *means: float) -> list[dict[str, Any]]:
    """Records of runs with these scores."""
    return [{"metric": metric, "cv": {metric: {"mean": mean}}} for mean in means]


def test_the_least_error_is_first() -> None:
    """Of errors the least is best; equals share a rank, and the next one's counts both."""
    said = describe_group(records("mse", 3.0, 1.0, 3.0, 4.0))
    assert [2, 1, 2, 4] == [each["rank"] for each in said]
    assert [2.0, 0.0, 2.0, 3.0] == [each["behind"] for each in said]


def test_the_largest_share_explained_is_first() -> None:
    """Of r2 the largest is best, and how far behind is not negative."""
    said = describe_group(records("r2", 0.25, 0.5))
    assert [2, 1] == [each["rank"] for each in said]
    assert [0.25, 0.0] == [each["behind"] for each in said]


@pytest.mark.parametrize(
    ("metric", "best", "worst", "at"), [("mse", 1.0, 9.0, 2), ("r2", 9.0, 1.0, 1)]
)
def test_a_group_is_summarised(metric: str, best: float, worst: float, at: int) -> None:
    """Best, median and worst in the metric's own sign, and which record is the best."""
    assert {"runs": 3, "best": best, "median": 4.0, "worst": worst, "best_at": at} == (
        summarise_group(records(metric, 4.0, 9.0, 1.0))
    )


def test_a_slope_is_best_at_one() -> None:
    """Of calibration's slope and intercept the nearest to 1 and to 0 is best, from either side."""
    slopes = records("calibration_slope", 1.5, 0.9, 0.4)
    assert [2, 1, 3] == [each["rank"] for each in describe_group(slopes)]
    summary = summarise_group(slopes)
    assert (0.9, 0.9, 0.4, 1) == tuple(
        summary[key] for key in ("best", "median", "worst", "best_at")
    )
    assert [1, 2] == [
        each["rank"] for each in describe_group(records("calibration_intercept", -0.1, 0.2))
    ]
