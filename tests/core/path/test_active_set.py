"""The active set: exact from any start, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet

from runner.core.path import active_set, alpha_max
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats


def make_rows(seed: int, n: int = 60, p: int = 12) -> tuple[Floats, Floats]:
    """Strongly correlated columns and a target, all centred."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 2 * rng.standard_normal((n, 1))
    y = X[:, :3] @ [1.0, -2.0, 0.5] + rng.standard_normal(n)
    return X - X.mean(axis=0), y - y.mean()


def pose(X: Floats, y: Floats) -> GramProblem:
    """The cross products of rows."""
    return GramProblem(X.T @ X / len(y), X.T @ y / len(y), float(y @ y / len(y)))


def solve_near(
    problem: GramProblem, alpha: float, l1_ratio: float, start: Floats, *, positive: bool
) -> tuple[Floats, int] | None:
    """The active set with all columns penalised alike."""
    l1, l2 = np.full(len(start), alpha * l1_ratio), np.full(len(start), alpha * (1 - l1_ratio))
    return active_set.solve_near(problem, l1, l2, start, positive=positive)


@given(
    seed=st.integers(0, 10_000),
    share=st.floats(0.001, 0.9),
    l1_ratio=st.floats(0.05, 1.0),
    positive=st.booleans(),
    zero_start=st.booleans(),
)
def test_the_solution_is_scikit_learns(
    seed: int, share: float, l1_ratio: float, *, positive: bool, zero_start: bool
) -> None:
    """From zeros or from another alpha's solution, it is ElasticNet's at a tight tolerance."""
    X, y = make_rows(seed)
    problem = pose(X, y)
    alpha = share * alpha_max(problem, l1_ratio, positive=positive)
    if alpha < 1e-6:
        return  # nothing correlates with the target in the right direction
    start = np.zeros(X.shape[1])
    if not zero_start:
        other = solve_near(problem, 1.3 * alpha, l1_ratio, start, positive=positive)
        assert other is not None
        start = other[0]
    found = solve_near(problem, alpha, l1_ratio, start, positive=positive)
    reference = ElasticNet(
        alpha=alpha,
        l1_ratio=l1_ratio,
        positive=positive,
        fit_intercept=False,
        tol=1e-14,
        max_iter=200_000,
    ).fit(X, y)
    assert found is not None
    np.testing.assert_allclose(found[0], reference.coef_, atol=2e-6)


@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_optimality_holds_to_rounding(l1_ratio: float) -> None:
    """The gradient is the penalty's on the support, and within it elsewhere."""
    problem = pose(*make_rows(1))
    alpha = 0.05 * alpha_max(problem, l1_ratio)
    found = solve_near(problem, alpha, l1_ratio, np.zeros(12), positive=False)
    assert found is not None
    b = found[0]
    gradient = problem.xy - problem.gram @ b - alpha * (1 - l1_ratio) * b
    support = b != 0
    bound = alpha * l1_ratio
    np.testing.assert_allclose(gradient[support], bound * np.sign(b[support]), atol=1e-12)
    assert np.all(np.abs(gradient[~support]) <= bound + 1e-10)


def test_dependent_columns_do_no_harm() -> None:
    """Of two equal columns in a lasso's support one goes, and the objective is the minimum."""
    X, y = make_rows(2, p=3)
    single, double = pose(X, y), pose(np.column_stack([X, X[:, 0]]), y)
    alone = solve_near(single, 1e-3, 1.0, np.zeros(3), positive=False)
    found = solve_near(double, 1e-3, 1.0, np.array([0.5, 0.0, 0.0, 0.5]), positive=False)
    assert alone is not None
    assert found is not None
    merged = found[0][:3].copy()
    merged[0] += found[0][3]
    np.testing.assert_allclose(merged, alone[0], atol=1e-10)
