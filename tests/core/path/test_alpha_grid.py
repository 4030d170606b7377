"""The largest alpha and the grid below it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.linear_model import lasso_path

from runner.core.path import PathSettings, alpha_grid, alpha_max, solve_path
from runner.errors import FitError
from runner.records import GramProblem, RowProblem

BRIEFLY = hypothesis_settings(max_examples=40, deadline=None)


def make_problems(seed: int) -> tuple[GramProblem, RowProblem]:
    """The same problem as a Gram and as rows."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((40, 7)) + rng.standard_normal((40, 1))
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    y = Z @ rng.standard_normal(7) + rng.standard_normal(40)
    y -= y.mean()
    gram = GramProblem(Z.T @ Z / 40, Z.T @ y / 40, float(y @ y / 40))
    return gram, RowProblem(X, y, np.ones(40), X.mean(axis=0), X.std(axis=0))


@BRIEFLY
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 1),
    st.booleans(),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
)
def test_alpha_max_is_where_the_first_coefficient_enters(
    seed: int, l1_ratio: float, positive: bool, unpenalised: int | None, as_rows: bool
) -> None:
    """At alpha_max every penalised coefficient is 0, a little below one is not."""
    factors = None
    if unpenalised is not None:
        factors = np.random.default_rng(seed).uniform(0.3, 3, 7)
        factors[:unpenalised] = 0
    penalised = np.ones(7, dtype=bool) if factors is None else factors > 0
    problem = make_problems(seed)[int(as_rows)]
    bare = PathSettings(0.0, 1, positive=positive, penalty_factors=factors)
    largest = alpha_max(problem, l1_ratio, bare)
    settings = PathSettings(1e-15, 100_000, positive=positive, penalty_factors=factors)
    alphas = np.array([largest, largest * 0.999])
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    assert np.all(np.abs(path.coefficients[penalised, 0]) <= 1e-12)
    assert largest == 0 or np.any(np.abs(path.coefficients[penalised, 1]) > 1e-9)


def test_rows_and_gram_agree() -> None:
    """The same problem has the same alpha_max in either form."""
    gram, rows = make_problems(1)
    assert alpha_max(rows, 0.5) == pytest.approx(alpha_max(gram, 0.5), rel=1e-12)


def test_grid_equals_scikit_learn() -> None:
    """The grid of a lasso is the one that lasso_path makes."""
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((30, 5)), rng.standard_normal(30)
    problem = GramProblem(X.T @ X / 30, X.T @ y / 30, float(y @ y / 30))
    expected, _, _ = lasso_path(X, y, alphas=20, eps=1e-3)
    assert alpha_grid(alpha_max(problem, 1.0), 1e-3, 20) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.0, 1e-4, 1e-3])
def test_small_l1_ratio_counts_as_glmnet_has_it(l1_ratio: float) -> None:
    """Below an l1_ratio of 0.001, 0.001 is used, as ridge has no finite alpha_max."""
    problem, _ = make_problems(3)
    expected = np.abs(problem.xy).max() / 1e-3
    assert alpha_max(problem, l1_ratio) == pytest.approx(expected, rel=1e-12)


def test_grid_falls_by_equal_ratios() -> None:
    """The grid sets out at alpha_max and ends at eps times it."""
    grid = alpha_grid(2.0, 1e-2, 5)
    assert grid[[0, -1]] == pytest.approx([2.0, 0.02], rel=1e-12)
    assert grid[1:] / grid[:-1] == pytest.approx(np.full(4, 10**-0.5))
    assert alpha_grid(2.0, 1e-2, 1) == pytest.approx([2.0])


def test_constant_target_gives_a_positive_grid() -> None:
    """A target that does not vary has alpha_max 0, and a grid at scikit-learn's resolution."""
    problem = GramProblem(np.eye(3), np.zeros(3), 0.0)
    assert alpha_max(problem, 0.5) == 0.0
    grid = alpha_grid(0.0, 1e-3, 3)
    assert np.all(grid > 0)
    path = solve_path(problem, grid, 0.5, settings=PathSettings(1e-4, 100))
    assert path.converged.all()
    assert np.all(path.coefficients == 0)


def test_nothing_penalised_is_refused() -> None:
    """Without a penalised column there is no largest alpha."""
    settings = PathSettings(0.0, 1, penalty_factors=np.zeros(2))
    with pytest.raises(FitError, match="every penalty factor is 0"):
        alpha_max(GramProblem(np.eye(2), np.ones(2), 1.0), 0.5, settings)


@pytest.mark.parametrize(("eps", "count"), [(0.0, 3), (1.0, 3), (0.1, 0)])
def test_impossible_grid_is_refused(eps: float, count: int) -> None:
    """An eps outside of 0 to 1 and a grid of nothing are errors."""
    with pytest.raises(FitError, match="must be"):
        alpha_grid(1.0, eps, count)
