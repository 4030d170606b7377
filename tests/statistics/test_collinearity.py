"""Variance inflation, condition number and groups of features, against published figures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from runner.statistics.collinearity import (
    condition,
    correlation_of,
    generalised_inflation,
    group_alike,
    inflation,
)

# Longley (1967), as R's `longley` has it: GNP.deflator, GNP, Unemployed, Armed.Forces, Population,
# Year
LONGLEY = np.array([
    [83.0, 234.289, 235.6, 159.0, 107.608, 1947], [88.5, 259.426, 232.5, 145.6, 108.632, 1948],
    [88.2, 258.054, 368.2, 161.6, 109.773, 1949], [89.5, 284.599, 335.1, 165.0, 110.929, 1950],
    [96.2, 328.975, 209.9, 309.9, 112.075, 1951], [98.1, 346.999, 193.2, 359.4, 113.270, 1952],
    [99.0, 365.385, 187.0, 354.7, 115.094, 1953], [100.0, 363.112, 357.8, 335.0, 116.219, 1954],
    [101.2, 397.469, 290.4, 304.8, 117.388, 1955], [104.6, 419.180, 282.2, 285.7, 118.734, 1956],
    [108.4, 442.769, 293.6, 279.8, 120.445, 1957], [110.8, 444.546, 468.1, 263.7, 121.950, 1958],
    [112.6, 482.704, 381.3, 255.2, 123.366, 1959], [114.2, 502.601, 393.1, 251.4, 125.368, 1960],
    [115.7, 518.173, 480.6, 257.2, 127.852, 1961], [116.9, 554.894, 400.7, 282.7, 130.081, 1962],
])  # fmt: skip

# Duncan (1961), as R's carData has it: type of occupation, income and education
DUNCAN = """
p 62 86,p 72 76,p 75 92,p 55 90,p 64 86,p 21 84,p 64 93,p 80 100,w 67 87,p 72 86,p 42 74,p 76 98,
p 76 97,p 41 84,p 48 91,w 76 34,p 53 45,p 60 56,p 42 44,p 78 82,w 29 72,w 48 55,w 55 71,w 29 50,
b 21 23,b 47 39,b 81 28,b 36 32,b 22 22,b 44 25,b 15 29,b 7 7,b 42 26,b 9 19,b 21 15,b 21 20,
b 16 26,b 16 28,b 9 17,b 14 22,b 12 30,b 17 25,b 7 20,b 34 47,b 8 32
"""


def correlations(X: np.ndarray) -> np.ndarray:
    """Correlations of columns from their covariances."""
    return correlation_of(np.cov(X.T))


def duncan() -> np.ndarray:
    """Income, education, and a column for each of the three types."""
    rows = [row.split() for row in DUNCAN.replace("\n", "").split(",")]
    return np.array([[float(a), float(b), *(kind == t for t in "bpw")] for kind, a, b in rows])


def test_inflation_is_that_published_for_longley() -> None:
    """Factors as car::vif gives them for lm(Employed ~ ., longley)."""
    published = [135.53244, 1788.51348, 33.61889, 3.58893, 399.15102, 758.98060]
    np.testing.assert_allclose(inflation(correlations(LONGLEY)), published, rtol=1e-6)


def test_the_condition_number_is_numpys() -> None:
    """It is numpy.linalg.cond of the standardised rows, 110.5 for Longley's data."""
    Z = (LONGLEY - LONGLEY.mean(axis=0)) / LONGLEY.std(axis=0)
    number, rank = condition(correlations(LONGLEY))
    assert pytest.approx(np.linalg.cond(Z), rel=1e-6) == number
    assert pytest.approx(110.54415) == number
    assert 6 == rank


def test_generalised_inflation_is_that_published_for_duncan() -> None:
    """GVIF^(1/df) from all three levels is car::vif's, which leaves one out."""
    terms = [np.array([0]), np.array([1]), np.array([2, 3, 4])]
    found = generalised_inflation(correlations(duncan()), terms)
    np.testing.assert_allclose(found, np.array([1.486330, 2.301648, 1.502666]) ** 2, rtol=1e-6)


def test_levels_that_add_up_leave_the_others_as_they_are() -> None:
    """Each level is given by the others; a numeric column's factor is that without one level."""
    found = inflation(correlations(duncan()))
    np.testing.assert_allclose(found[:2], [2.209178, 5.297584], rtol=1e-6)
    assert [np.inf] * 3 == found[2:].tolist()
    number, rank = condition(correlations(duncan()))
    assert (4, True) == (rank, number < 10)


def test_inflation_is_what_each_feature_is_explained_by() -> None:
    """1 / (1 - R2) of scikit-learn's regression of each feature on all others."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 5)) @ rng.standard_normal((5, 5))
    by_hand = []
    for j in range(5):
        others = np.delete(X, j, axis=1)
        by_hand.append(1 / (1 - LinearRegression().fit(others, X[:, j]).score(others, X[:, j])))
    np.testing.assert_allclose(inflation(correlations(X)), by_hand, rtol=1e-8)


def test_a_feature_twice_is_inflated_without_bound() -> None:
    """Of a column and its double both are infinite, in its own term too, and a third is not."""
    x, z = np.random.default_rng(1).standard_normal((2, 50))
    R = correlations(np.column_stack([x, 3 - 2 * x, z]))
    terms = [np.array([j]) for j in range(3)]
    for found in (inflation(R), generalised_inflation(R, terms)):
        assert [True, True, False] == np.isinf(found).tolist()
    assert pytest.approx(1 / (1 - np.corrcoef(x, z)[0, 1] ** 2)) == inflation(R)[2]


def test_groups_hold_pairs_of_the_threshold_alone() -> None:
    """A chain of 0.8, 0.8 and 0.5 is no group of three: its ends do not stand in for each other."""
    R = np.array([
        [1.0, 0.1, 0.8, 0.5, 0.0],
        [0.1, 1.0, 0.0, 0.0, -0.9],
        [0.8, 0.0, 1.0, 0.75, 0.0],
        [0.5, 0.0, 0.75, 1.0, 0.0],
        [0.0, -0.9, 0.0, 0.0, 1.0],
    ])  # fmt: skip
    assert [1, 2, 1, 0, 2] == group_alike(R, 0.7).tolist()
    assert [1, 2, 1, 1, 2] == group_alike(R, 0.5).tolist()
    assert [0, 1, 0, 0, 1] == group_alike(R, 0.85).tolist()
    assert [0] == group_alike(np.ones((1, 1)), 0.7).tolist()
