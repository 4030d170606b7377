"""Scores of two runs on the same folds are compared by the published tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.statistics.paired_comparison import (
    compare_folds,
    fold_differences,
    p_values,
    practical_difference,
)

if TYPE_CHECKING:
    from runner.records import Floats

BAYCOMP = pd.read_csv(Path(__file__).parents[1] / "golden" / "baycomp.csv")


def test_a_case_by_hand() -> None:
    """Of the differences 1, 2, 3 with n_test / n_train 1/2, the error is sqrt((1/3 + 1/2) 1).

    So t = 2 / 0.9129 = 2.191 with 2 degrees of freedom, whose quantile of 0.975 is 4.303; with
    two degrees of freedom, P(|T| > t) = 1 - t / sqrt(t^2 + 2).
    """
    found = compare_folds(np.array([1.0, 2.0, 3.0]), 0.5)
    error, t = np.sqrt(5 / 6), 2 / np.sqrt(5 / 6)
    assert 2.0 == found.difference
    assert 2 - 4.302653 * error == pytest.approx(found.low, abs=1e-6)
    assert 2 + 4.302653 * error == pytest.approx(found.high, abs=1e-6)
    assert 1 - t / np.sqrt(t**2 + 2) == pytest.approx(found.p, abs=1e-12)


def test_without_the_correction_it_is_scipys() -> None:
    """Were the folds independent, the paired t-test of scipy would be right."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 10))
    found, expected = compare_folds(a - b, 0.0), stats.ttest_rel(a, b)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose(
        [expected.pvalue, interval.low, interval.high], [found.p, found.low, found.high]
    )


def test_what_the_correction_widens() -> None:
    """With 5 folds of equal size the interval is wider by sqrt((1/5 + 1/4) / (1/5)) = 1.5."""
    differences = np.array([0.5, -0.2, 0.4, 0.1, 0.3])
    wide, narrow = compare_folds(differences, 0.25), compare_folds(differences, 0.0)
    assert 1.5 == pytest.approx((wide.high - wide.low) / (narrow.high - narrow.low))


def held_out_differences(rng: np.random.Generator, folds: int, rows: int) -> Floats:
    """Squared errors of two models of the same worth, each on a noise column of its own."""
    X, y = rng.normal(size=(rows, 2)), rng.normal(size=rows)
    fold = np.arange(rows) % folds
    differences = np.empty(folds)
    for k in range(folds):
        train, test = fold != k, fold == k
        slopes = X[train].T @ y[train] / (X[train] ** 2).sum(axis=0)
        errors = (y[test, None] - X[test] * slopes) ** 2
        differences[k] = np.subtract(*errors.mean(axis=0))
    return differences


def test_intervals_cover_where_there_is_no_difference() -> None:
    """Of two models of the same worth, 95 % intervals or more have 0 within."""
    rng = np.random.default_rng(1)
    trials = 1_000
    covered = 0
    for _ in range(trials):
        found = compare_folds(held_out_differences(rng, 5, 60), 0.25)
        covered += found.low <= 0 <= found.high
    assert covered / trials >= 0.95


def test_p_and_interval_agree() -> None:
    """Zero is within the interval just where p is above 0.05."""
    rng = np.random.default_rng(0)
    found = [compare_folds(rng.normal(1.0, 1.0, 5), 0.25) for _ in range(200)]
    expected = [one.p > 0.05 for one in found]
    assert expected == [one.low <= 0 <= one.high for one in found]
    assert {True, False} == set(expected)


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]),
        ([2.0, 2.0], [2.0, 2.0, 2.0, 0.0]),
        ([2.0], [2.0, np.nan, np.nan, np.nan]),
        ([2.0, np.nan], [np.nan, np.nan, np.nan, np.nan]),
    ],
)
def test_degenerate_differences(differences: list[float], expected: list[float]) -> None:
    """No spread is certainty; of one fold there is no interval."""
    found = compare_folds(np.array(differences), 0.25)
    np.testing.assert_array_equal(expected, [found.difference, found.low, found.high, found.p])


def test_many_p_values_are_those_one_by_one() -> None:
    """Of several rows of differences at once, each has the p-value that it has alone."""
    rows = np.random.default_rng(0).normal(0.5, 1.0, (6, 5))
    rows[2] = 0.0
    expected = [compare_folds(row, 0.25).p for row in rows]
    np.testing.assert_array_equal(expected, p_values(rows, 0.25))
    assert 1.0 == expected[2]


@pytest.mark.parametrize("case", BAYCOMP.to_dict(orient="records"))
def test_practical_equivalence_is_baycomps(case: dict[str, Any]) -> None:
    """The probabilities are those of the package by the method's authors, repeats or not."""
    a, b = (np.array(case[name].split(), dtype=float) for name in "ab")
    found = practical_difference(a - b, 1 / (case["folds"] - 1), case["rope"])
    assert found is not None
    expected = [case["smaller"], case["within"], case["larger"]]
    np.testing.assert_allclose(expected, [found.below, found.within, found.above], rtol=1e-9)


def test_practical_equivalence_without_spread() -> None:
    """Of differences without spread one side is certain; one fold tells nothing."""
    same = practical_difference(np.full(4, 0.5), 0.25, 0.6)
    more = practical_difference(np.full(4, 0.5), 0.25, 0.4)
    assert same is not None
    assert more is not None
    assert (0.0, 1.0, 0.0) == (same.below, same.within, same.above)
    assert (0.0, 0.0, 1.0) == (more.below, more.within, more.above)
    assert practical_difference(np.array([0.5]), 0.25, 0.1) is None


def test_rounding_is_no_difference() -> None:
    """Scores that differ by a billionth or less are the same, and by two billionths are not."""
    found = fold_differences(np.array([5.0 + 4e-9, 5.0 + 1e-8]), np.array([5.0, 5.0]))
    assert (0.0, True) == (found[0], found[1] > 0)


def test_the_sign_of_a_difference_changes_no_p_value() -> None:
    """Whichever run is taken from the other, p is the same and the interval is mirrored."""
    differences = np.array([0.5, -0.2, 0.4, 0.1, 0.3])
    more, less = compare_folds(differences, 0.25), compare_folds(-differences, 0.25)
    assert 0 < more.p < 1
    assert more.p == less.p
    assert (more.difference, more.low, more.high) == (-less.difference, -less.high, -less.low)
