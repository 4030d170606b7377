"""The mean of a permuted error without permutations, against all of them and scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from runner.core.moments import ValidationMoments
from runner.statistics.importance import (
    contributions,
    permuted_increase,
    permuted_increase_of_rows,
)

SETS = [np.array([0]), np.array([1, 2])]


def small(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlated columns, coefficients that are not their best, and errors with a mean."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((rows, 3)) @ rng.standard_normal((3, 3)) + 1.0
    b = np.array([1.0, -2.0, 0.5])
    return X, b, X @ np.array([2.0, 0.0, 1.0]) + rng.standard_normal(rows) - X @ b


def moments(X: np.ndarray, y: np.ndarray, weight: np.ndarray) -> ValidationMoments:
    """Those of rows, about their weighted means."""
    share = weight / weight.sum()
    U, v = X - share @ X, y - share @ y
    q = X.shape[1]
    return ValidationMoments(
        H=(U.T * share) @ U,
        q=(U.T * share) @ v,
        yy=float(share @ v**2),
        gap=share @ X,
        y_gap=float(share @ y),
        size=np.ones(q),
        y_size=1.0,
        n_rows=len(y),
    )


def test_it_is_the_mean_over_all_permutations() -> None:
    """Of 6 rows all 720 orders of one set's values give the mean to rounding."""
    X, b, errors = small(6)
    y, before = X @ b + errors, np.mean(errors**2)
    by_hand = []
    for columns in SETS:
        after = []
        for order in permutations(range(6)):
            Z = X.copy()
            Z[:, columns] = X[list(order)][:, columns]
            after.append(np.mean((y - Z @ b) ** 2))
        by_hand.append(np.mean(after) - before)
    found = permuted_increase_of_rows(X @ contributions(b, SETS), errors, np.ones(6))
    np.testing.assert_allclose(found, by_hand, rtol=1e-10)


def test_moments_and_rows_agree() -> None:
    """With weights, sums of products give what the rows do."""
    X, b, errors = small(40)
    weight = np.random.default_rng(4).uniform(0.5, 2, 40)
    from_rows = permuted_increase_of_rows(X @ contributions(b, SETS), errors, weight)
    side = moments(X, X @ b + errors, weight)
    np.testing.assert_allclose(permuted_increase(side, b, SETS), from_rows, rtol=1e-10)


def test_a_row_of_weight_two_is_two_rows() -> None:
    """Weights that are whole numbers count rows."""
    X, b, errors = small(10)
    weight = (np.arange(10) % 3 + 1).astype(np.float64)
    twice = np.repeat(np.arange(10), weight.astype(int))
    contributed = X @ contributions(b, SETS)
    repeated = permuted_increase_of_rows(contributed[twice], errors[twice], np.ones(len(twice)))
    found = permuted_increase_of_rows(contributed, errors, weight)
    np.testing.assert_allclose(found, repeated, rtol=1e-10)


def test_scikit_learn_tends_to_it() -> None:
    """permutation_importance of many repeats is within four of its standard errors."""
    X, _, y = small(50)
    model = LinearRegression().fit(X[:30], y[:30])
    theirs = permutation_importance(
        model, X[30:], y[30:], scoring="neg_mean_squared_error", n_repeats=2_000, random_state=0
    )
    sets = [np.array([j]) for j in range(3)]
    errors = y[30:] - model.predict(X[30:])
    side = moments(X[30:], y[30:] - model.intercept_, np.ones(20))
    mine = permuted_increase(side, model.coef_, sets)
    contributed = X[30:] @ contributions(model.coef_, sets)
    assert pytest.approx(mine) == permuted_increase_of_rows(contributed, errors, np.ones(20))
    away = (mine - theirs.importances_mean) / (theirs.importances_std / np.sqrt(2_000))
    assert np.abs(away).max() < 4
