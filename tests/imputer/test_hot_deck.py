"""Draws of the hot deck are spread as the observed values are, and follow from the row alone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.imputer.donors import RandomDonors, hash_rows

if TYPE_CHECKING:
    from runner.records import Floats

N = 20_000


def make_rows(seed: int = 0) -> Floats:
    """Three columns, the second skewed with every other value missing, the third complete."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=N), rng.exponential(size=N), rng.normal(size=N)])
    X[rng.random(N) < 0.5, 1] = np.nan
    X[rng.random(N) < 0.1, 0] = np.nan
    return X


def test_mixes_as_published() -> None:
    """A row of no columns hashes to the first output of SplitMix64 with that seed."""
    # of the reference implementation, https://prng.di.unimi.it/splitmix64.c
    published = {0: 0xE220A8397B1DCDAF, 1234567: 6457827717110365317}
    found = {seed: int(hash_rows(np.empty((1, 0)), seed)[0]) for seed in published}
    assert published == found


def test_filled_values_have_the_observed_distribution() -> None:
    """Mean and quantiles of the filled values are the observed ones within sampling error."""
    X = make_rows()
    gaps = np.isnan(X[:, 1])
    observed, filled = X[~gaps, 1], RandomDonors(seed=1).fit_transform(X)[gaps, 1]
    error = observed.std() * np.sqrt(1 / len(filled))
    assert abs(observed.mean() - filled.mean()) < 3 * error
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):  # the count below a quantile is binomial
        below = np.count_nonzero(filled <= np.quantile(observed, share))
        spread = np.sqrt(len(filled) * share * (1 - share))
        assert abs(below - len(filled) * share) < 3 * spread


@pytest.mark.parametrize("seed", range(5))
def test_draws_are_uniform_over_the_donors(seed: int) -> None:
    """Each of 20 observed values is drawn equally often, by a chi-squared test at 0.1 %."""
    X = np.column_stack([np.full(N, np.nan), np.arange(N, dtype=float)])
    X[:20, 0] = np.arange(20)
    filled = RandomDonors(seed=seed).fit_transform(X)[20:, 0]
    counts = np.bincount(filled.astype(int), minlength=20)
    assert stats.chisquare(counts).pvalue > 0.001


def test_columns_draw_independently() -> None:
    """What two columns of a row draw does not correlate."""
    X = np.column_stack([np.full((N, 2), np.nan), np.arange(N, dtype=float)])
    X[:1000, :2] = np.arange(1000)[:, None]
    a, b, _ = RandomDonors(seed=0).fit_transform(X)[1000:].T
    assert stats.pearsonr(a, b).pvalue > 0.001
    assert np.count_nonzero(a == b) < 60  # 19 by chance


def test_draws_do_not_follow_the_values_they_are_hashed_from() -> None:
    """Filled values do not correlate with the other columns of their rows."""
    X = make_rows()
    gaps = np.isnan(X[:, 1])
    filled = RandomDonors(seed=2).fit_transform(X)[gaps, 1]
    assert stats.pearsonr(X[gaps, 2], filled).pvalue > 0.001


def test_draws_follow_from_the_row() -> None:
    """Rows in another order, by themselves, or transformed after training, draw the same."""
    X = make_rows()
    donors = RandomDonors(seed=3)
    filled = donors.fit_transform(X)
    order = np.random.default_rng(0).permutation(N)
    np.testing.assert_array_equal(filled[order], donors.transform(X[order]))
    np.testing.assert_array_equal(filled[order], RandomDonors(seed=3).fit_transform(X[order]))
    np.testing.assert_array_equal(
        filled[:50], np.vstack([donors.transform(X[i : i + 1]) for i in range(50)])
    )


def test_equal_rows_draw_equal_values() -> None:
    """Rows of the same values are filled alike; so 0.0 and -0.0, and every kind of NaN, count."""
    X = make_rows()
    other_nan = -np.float64(np.nan)
    rows = np.array([[0.0, np.nan, 1.0], [-0.0, np.nan, 1.0], [0.0, other_nan, 1.0]])
    filled = RandomDonors(seed=4).fit(X).transform(rows)
    assert 1 == len(np.unique(filled[:, 1]))


def test_rows_of_the_same_values_in_other_columns_are_others() -> None:
    """What counts is which column has which value."""
    rows = np.array([[1.0, 2.0, np.nan], [2.0, 1.0, np.nan], [1.0, np.nan, 2.0], [3.0, 3.0, 3.0]])
    assert 4 == len(np.unique(hash_rows(rows, 0)))


def test_seeds_draw_differently() -> None:
    """Next to no draw is the same with another seed, and every value was observed."""
    X = make_rows()
    gaps = np.isnan(X[:, 1])
    one, other = (RandomDonors(seed=seed).fit_transform(X)[gaps, 1] for seed in (1, 2))
    assert np.count_nonzero(one == other) < 10  # 1 by chance
    assert set(one) | set(other) <= set(X[~gaps, 1])


def test_draws_are_the_same_in_another_process() -> None:
    """Nothing depends on a process's own hashing of text."""
    program = (
        "import numpy as np, pandas as pd; from runner.imputer.donors import RandomDonors;"
        "X = pd.DataFrame({'a': [1.0, 2.0, 3.0, np.nan, np.nan], 'b': [1.0, 2, 3, 4, 5]});"
        "print(RandomDonors(seed=5).fit_transform(X)[3:, 0].tolist())"
    )
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan, np.nan], "b": [1.0, 2, 3, 4, 5]})
    expected = RandomDonors(seed=5).fit_transform(X)[3:, 0].tolist()
    for salt in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        )
        assert str(expected) == found.stdout.strip()
