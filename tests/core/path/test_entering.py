"""Which columns are the first to enter a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.linear_model import lars_path

from runner.core.path import PathSettings, alpha_max, first_to_enter, solve_path
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")
SETTINGS = PathSettings(tol=1e-10, max_iter=10_000)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [1, 3, 7])
def test_they_are_those_of_the_lars_path(seed: int, count: int) -> None:
    """The first columns with a coefficient on scikit-learn's exact lasso path, in any order."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 15)) + 0.7 * rng.standard_normal((60, 1))
    y = X @ rng.standard_normal(15) + 2 * rng.standard_normal(60)
    X, y = (X - X.mean(axis=0)) / X.std(axis=0), y - y.mean()
    problem = GramProblem(X.T @ X / 60, X.T @ y / 60, float(y @ y / 60))

    def sizes(alphas: Floats) -> Floats:
        return np.abs(solve_path(problem, alphas, 1.0, settings=SETTINGS).coefficients)

    _, _, path = lars_path(X, y, method="lasso")
    entry = np.where((path != 0).any(axis=1), (path != 0).argmax(axis=1), path.shape[1])
    expected = set(np.argsort(entry)[:count])
    found = first_to_enter(sizes, alpha_max(problem, 1.0, SETTINGS), count)
    assert expected == set(found)


def test_fewer_enter_where_fewer_can() -> None:
    """Columns that never have a coefficient do not enter."""

    def sizes(alphas: Floats) -> Floats:
        return np.array([[1.0], [0.0], [2.0]]) * (alphas < 0.5)

    assert [0, 2] == sorted(first_to_enter(sizes, 1.0, 3))


def test_of_columns_that_enter_together_the_larger_one_does() -> None:
    """Where no grid tells them apart, the size of the coefficient does."""

    def sizes(alphas: Floats) -> Floats:
        return np.array([[1.0], [3.0], [2.0]]) * (alphas < 0.5)

    assert [1, 2] == sorted(first_to_enter(sizes, 1.0, 2))
