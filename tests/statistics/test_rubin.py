"""Rubin's rules against those of R's mice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.statistics.rubin import pool_estimates

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "rubin.csv")


@pytest.mark.parametrize("case", range(len(GOLDEN)))
def test_pooling_is_that_of_mice(case: int) -> None:
    """Estimate, variances, degrees of freedom and fraction missing are pool.scalar's."""
    row = GOLDEN.iloc[case]
    estimates = np.array(str(row["estimates"]).split(), dtype=float)[:, None]
    variances = np.array(str(row["variances"]).split(), dtype=float)[:, None]
    found = pool_estimates(estimates, variances, freedom=float(row["n"] - row["k"]), level=0.9)
    for name in ("estimate", "within", "between", "df", "fraction_missing"):
        np.testing.assert_allclose(found[name].iloc[0], row[name], rtol=1e-12)
    np.testing.assert_allclose(found["se"].iloc[0] ** 2, row["total"], rtol=1e-12)


def test_without_spread_between_draws_it_is_the_complete_data_interval() -> None:
    """Where the draws agree, the interval is that of one least-squares fit."""
    found = pool_estimates(np.full((4, 1), 2.0), np.full((4, 1), 0.25), freedom=10.0, level=0.95)
    low, high = 2 - 2.228 * 0.5, 2 + 2.228 * 0.5
    assert 10.0 * 11 / 13 == pytest.approx(found["df"].iloc[0])
    assert low > found["low"].iloc[0]  # fewer degrees of freedom, by Barnard and Rubin
    assert high < found["high"].iloc[0]


@pytest.mark.parametrize("case", range(len(GOLDEN)))
def test_intervals_and_p_values_are_those_of_mice(case: int) -> None:
    """What mice's summary of pooled fits says of 0, and of the reach on either side."""
    row = GOLDEN.iloc[case]
    estimates = np.array(str(row["estimates"]).split(), dtype=float)[:, None]
    variances = np.array(str(row["variances"]).split(), dtype=float)[:, None]
    freedom = float(row["n"] - row["k"])
    found = pool_estimates(estimates, variances, freedom=freedom, level=0.9).iloc[0]
    for name in ("p", "low", "high"):
        np.testing.assert_allclose(found[name], row[name], rtol=1e-9)
    mirrored = pool_estimates(-estimates, variances, freedom=freedom, level=0.9).iloc[0]
    np.testing.assert_allclose(mirrored["p"], row["p"], rtol=1e-9)
    np.testing.assert_allclose([mirrored["high"], mirrored["low"]], [-row["low"], -row["high"]])


def test_parameters_are_pooled_each_by_itself() -> None:
    """Several parameters at once give each what it gets alone."""
    rng = np.random.default_rng(0)
    estimates, variances = rng.normal(size=(5, 3)), rng.uniform(0.1, 1.0, (5, 3))
    together = pool_estimates(estimates, variances, freedom=20.0, level=0.95)
    alone = [
        pool_estimates(estimates[:, [j]], variances[:, [j]], freedom=20.0, level=0.95)
        for j in range(3)
    ]
    np.testing.assert_allclose(together, pd.concat(alone), rtol=1e-14)


def test_a_parameter_without_variance_is_known_exactly() -> None:
    """Without any variance the interval is a point, and 0 is ruled out or certain."""
    found = pool_estimates(
        np.tile([2.0, 0.0, -1.0], (3, 1)), np.zeros((3, 3)), freedom=8.0, level=0.95
    )
    for name in ("estimate", "low", "high"):
        np.testing.assert_array_equal([2.0, 0.0, -1.0], found[name])
    np.testing.assert_array_equal([0.0, 0.0, 0.0], found["se"])
    np.testing.assert_array_equal([0.0, 1.0, 0.0], found["p"])
