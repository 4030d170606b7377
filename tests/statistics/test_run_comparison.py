"""Where runs stand within a group: by hand, and by simulation of runs that are all equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runner.statistics import run_comparison
from runner.statistics.holm import holm
from runner.statistics.paired_comparison import compare_folds
from runner.statistics.run_comparison import (
    Losses,
    compared_parts,
    describe_group,
    expected_score,
    ranked_by,
    standings,
    summarise_group,
)

SIZES = {"training": [80] * 5, "validation": [20] * 5}
STEPS = np.array([0.0, 0.5, 0.2, 0.4, 0.9])


def record(
    metric: str, mean: float, nested: list[float] | None = None, trials: int = 9
) -> dict[str, Any]:
    """Make the record of a run with a CV score, and maybe nested ones."""
    own = {"nested": {metric: {"mean": float(np.mean(nested)), "folds": nested}}} if nested else {}
    cv = {metric: {"mean": mean, "folds": [mean] * 5}}
    return {"metric": metric, "cv": cv, "folds": SIZES, "search": {"trials": trials}, **own}


def records(metric: str, *means: float) -> list[dict[str, Any]]:
    """Make records of searches with these CV scores."""
    return [record(metric, mean) for mean in means]


def test_the_least_error_is_first() -> None:
    """Of errors the least is best; equals share a rank, and the next one's counts both."""
    said = describe_group(records("mse", 3.0, 1.0, 3.0, 4.0))
    assert [2, 1, 2, 4] == [each.rank for each in said]
    assert [2.0, 0.0, 2.0, 3.0] == [each.behind for each in said]


def test_the_largest_share_explained_is_first() -> None:
    """Of r2 the largest is best, and how far behind is not negative."""
    said = describe_group(records("r2", 0.25, 0.5))
    assert [2, 1] == [each.rank for each in said]
    assert [0.25, 0.0] == [each.behind for each in said]


def test_a_slope_is_best_at_one() -> None:
    """Of calibration's slope and intercept the nearest to 1 and to 0 is best, from either side."""
    slopes = records("calibration_slope", 1.5, 0.9, 0.4)
    assert [2, 1, 3] == [each.rank for each in describe_group(slopes)]
    summary = summarise_group(slopes, "cv")
    assert (0.9, 0.9, 0.4, 1) == tuple(
        summary[key] for key in ("best", "median", "worst", "best_at")
    )
    assert [1, 2] == [
        each.rank for each in describe_group(records("calibration_intercept", -0.1, 0.2))
    ]


@pytest.mark.parametrize(
    ("metric", "best", "worst", "at"), [("mse", 1.0, 9.0, 2), ("r2", 9.0, 1.0, 1)]
)
def test_a_group_is_summarised(metric: str, best: float, worst: float, at: int) -> None:
    """Best, median and worst in the metric's own sign, and which record is the best."""
    assert {"runs": 3, "best": best, "median": 4.0, "worst": worst, "best_at": at} == (
        summarise_group(records(metric, 4.0, 9.0, 1.0), "cv")
    )


def test_scores_that_chose_the_winner_say_nothing() -> None:
    """Without nested scores runs have ranks, but neither p-values nor ties."""
    said = describe_group(records("mse", 3.0, 1.0))
    assert [(None, None)] * 2 == [(each.p_best, each.ties) for each in said]


def test_nested_scores_rank_where_all_have_them() -> None:
    """The larger search wins by CV and loses by nested scores; with a run without, CV ranks.

    The best that others are tested against is still that by nested scores.
    """
    large, small = record("mse", 1.0, [5.0] * 5), record("mse", 2.0, [4.0] * 5)
    assert [2, 1] == [each.rank for each in describe_group([large, small])]
    assert ("expected", "cv") == (ranked_by([large, small]), ranked_by([large, record("mse", 2)]))
    said = describe_group([large, small, record("mse", 3.0)])
    assert [1, 2, 3] == [each.rank for each in said]
    assert [False, True, None] == [each.ties for each in said]


def test_one_candidate_chooses_nothing() -> None:
    """The CV scores of a run of one candidate are those that no choice has seen."""
    assert [2.0, None] == [expected_score(record("mse", 2.0, trials=n)) for n in (1, 2)]
    given = record("mse", 2.0, [3.0] * 5) | {"expected": {"mse": {"score": 3.5}}}
    assert 3.5 == expected_score(given)


def test_ties_are_by_holm_over_all_pairs() -> None:
    """Of three runs there are three pairs; the p-values with the best are two of the three."""
    folds = [np.full(5, 2.0), 2.0 + STEPS, 4.0 + 0.5 * STEPS]
    said = describe_group([record("mse", 9.0, each.tolist()) for each in folds])
    pairs = [(1, 0), (2, 0), (2, 1)]
    p = holm(np.array([compare_folds(folds[a] - folds[b], 0.25).p for a, b in pairs]))
    assert [None, pytest.approx(p[0]), pytest.approx(p[1])] == [each.p_best for each in said]
    assert [True, True, False] == [each.ties for each in said]
    assert 0.05 < p[0] < 0.2
    assert p[1] < 0.05
    paired = compare_folds(folds[1] - folds[0], 0.25)
    found = said[1].against_best
    assert found is not None
    assert [paired.low, paired.high] == pytest.approx([found.low, found.high])


def test_larger_is_better_is_turned_round() -> None:
    """Shares explained are tested by their losses: what has less is behind by more than nothing."""
    folds = [0.5 - 0.01 * STEPS, 0.2 - 0.02 * STEPS]
    said = describe_group([record("r2", 0.9, each.tolist()) for each in folds], rope=0.01)
    found, practical = said[1].against_best, said[1].practical
    assert found is not None
    assert practical is not None
    assert 0.304 == pytest.approx(found.difference)
    assert practical.above > 0.999
    assert said[0].practical is None


@pytest.mark.parametrize(
    "other", [{"folds": {**SIZES, "validation": [19] * 5}}, {"rows_left_out": {"prediction": 3}}]
)
def test_other_rows_are_no_pairs(other: dict[str, Any]) -> None:
    """A run that is scored on other rows than the best has a rank alone."""
    best, same = record("mse", 1.0, [1.0] * 5), record("mse", 3.0, [3.0] * 5)
    said = describe_group([best, record("mse", 2.0, [2.0] * 5) | other, same])
    assert [1, 2, 3] == [each.rank for each in said]
    assert [True, None, False] == [each.ties for each in said]


def test_searches_in_time_are_nested_in_fewer_folds() -> None:
    """The first fold has none within it: beside such a run those without nested scores stand."""
    nested, shifted = [4.0, 5.0, 4.5, 5.5], [5.0, 6.5, 5.0, 7.0]
    found = [record("mse", 4.0, nested), record("mse", 3.5), record("mse", 4.5, shifted)]
    first, without, other = describe_group(found)
    assert (first.p_best, without.p_best, without.ties) == (None, None, None)
    assert 0 < (other.p_best or 0) < 1
    of_one = describe_group([record("mse", 4.0, nested), record("mse", 5.0, trials=1)])
    assert [None, None] == [each.p_best for each in of_one]


def test_one_fold_tells_nothing() -> None:
    """Of a holdout there is no spread, and so no p-value."""
    means = np.array([1.0, 2.0])
    losses = Losses(means[:, None], means, means, 0.25)
    assert [None, None] == [each.ties for each in standings(losses)]


def test_equal_runs_are_seldom_told_apart() -> None:
    """Of six equal runs on 5 folds, some pair is told apart in at most 5 % of 400 draws.

    Losses of a fold have a common part, and a part of the run's own that its folds share, as they
    share rows: with correlation 1/k, which the correction assumes.
    """
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        shared, own = rng.normal(size=(6, 1)), rng.normal(size=(6, 5))
        folds = rng.normal(size=5) + np.sqrt(0.2) * shared + np.sqrt(0.8) * own
        means = folds.mean(axis=1)
        said = standings(Losses(folds, means, means, 0.25))
        alarms += any(each.ties is False for each in said)
    assert alarms / 400 <= 0.05


def test_of_very_many_pairs_those_with_the_best_are_corrected_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By Bonferroni, which is Holm's for the smallest p-value and never smaller for any other."""
    rng = np.random.default_rng(5)
    folds = [2.0 + at / 2 + rng.normal(0, 0.2, 5) for at in range(9)]
    several = [record("mse", 9.0, each.tolist()) for each in folds]
    exact = [each.p_best for each in describe_group(several)]
    monkeypatch.setattr(run_comparison, "MANY", 8)
    bounded = describe_group(several)
    assert ([None], True) == ([bounded[0].p_best], bounded[0].ties)
    plain = [compare_folds(each - folds[0], 0.25).p for each in folds[1:]]
    found = np.array([each.p_best for each in bounded[1:]], dtype=float)
    np.testing.assert_allclose(found, np.minimum(1, 36 * np.array(plain)))
    assert (found >= np.array(exact[1:], dtype=float) - 1e-15).all()
    assert 0 < found.min() < 0.05


def test_what_is_kept_of_a_record_tells_the_same() -> None:
    """The parts that a comparison asks for are all that it asks for."""
    for several in (records("mse", 3.0, 4.0), [record("r2", 0.5, [0.4, 0.5, 0.6, 0.5, 0.4])] * 2):
        assert describe_group(several) == describe_group(list(map(compared_parts, several)))
