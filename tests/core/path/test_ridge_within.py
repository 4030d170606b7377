"""Ridge between bounds with more columns than rows, against the Gram of all columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import sparse

from runner.core.path import Limits, PathSettings, ridge_rows, solve_path
from runner.core.path.centred_columns import to_columns, to_gram
from runner.core.path.ridge_within import solve_ridge_within
from runner.records import RowProblem

BRIEFLY = hypothesis_settings(max_examples=25, deadline=None)
ALPHAS = np.array([10.0, 0.3, 1e-2, 1e-6])


def make_problem(seed: int, *, as_sparse: bool = False, weighted: bool = False) -> RowProblem:
    """Counts with means, 20 rows and 50 columns, and a centred target."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(0.5, (20, 50)) * rng.uniform(0.5, 2, 50)
    X[0] += 1
    weight = rng.integers(1, 4, 20).astype(float) if weighted else np.ones(20)
    y = X[:, :8] @ rng.uniform(-2, 2, 8) + rng.standard_normal(20)
    centre = np.average(X, axis=0, weights=weight)
    scale = np.sqrt(np.average((X - centre) ** 2, axis=0, weights=weight))
    stored = sparse.csc_array(X) if as_sparse else X
    return RowProblem(stored, y - np.average(y, weights=weight), weight, centre, scale)


def make_settings(seed: int) -> PathSettings:
    """Some sides open, some at 0, some that coefficients reach; unlike factors."""
    rng = np.random.default_rng(seed)
    lower, upper = rng.choice([0.0, 0.02, 0.2, np.inf], (2, 50))
    factors = rng.uniform(0.2, 3, 50)
    return PathSettings(1e-10, 1000, penalty_factors=factors, limits=Limits(-lower, upper))


@BRIEFLY
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_it_is_the_ridge_of_the_gram(seed: int, as_sparse: bool, weighted: bool) -> None:
    """Dense or sparse, weighted or not: the coefficients of the other way, and no gap."""
    problem = make_problem(seed, as_sparse=as_sparse, weighted=weighted)
    settings = make_settings(seed)
    found = solve_path(problem, ALPHAS, 0.0, settings=settings)
    whole = solve_path(to_gram(problem), ALPHAS, 0.0, settings=settings)
    np.testing.assert_allclose(found.coefficients, whole.coefficients, atol=1e-7)
    assert found.converged.all()
    assert np.all(found.dual_gaps < 1e-10 * to_columns(problem).yy)


def test_open_bounds_are_none() -> None:
    """Without a limit that matters it is the closed form."""
    problem, far = make_problem(1), Limits(np.full(50, -1e6), np.full(50, 1e6))
    closed = solve_path(problem, ALPHAS, 0.0, settings=PathSettings(1e-10, 100))
    coefficients, steps = solve_ridge_within(to_columns(problem), ALPHAS, np.ones(50), far)
    np.testing.assert_allclose(coefficients, closed.coefficients, atol=1e-9)
    assert steps.max() <= 20  # stepping stones included


@pytest.mark.parametrize("free", [0, 2])
def test_unpenalised_columns_go_through_the_gram(
    monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    """The dual needs every column penalised; where one is not, the answer is the same."""
    calls: list[int] = []

    def counted(*arguments: object) -> object:
        calls.append(1)
        return solve_ridge_within(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ridge_rows, "solve_ridge_within", counted)
    problem, settings = make_problem(2), make_settings(2)
    assert settings.penalty_factors is not None
    settings.penalty_factors[:free] = 0.0
    found = solve_path(problem, ALPHAS, 0.0, settings=settings)
    whole = solve_path(to_gram(problem), ALPHAS, 0.0, settings=settings)
    np.testing.assert_allclose(found.coefficients, whole.coefficients, atol=1e-7)
    assert (free == 0) == bool(calls)
