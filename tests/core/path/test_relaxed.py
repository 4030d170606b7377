"""Relaxed coefficients are mixtures with least squares on the selected columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from runner.core.path import PathSettings, relax, solve_path
from runner.records import GramProblem, PooledProblem, RowProblem

if TYPE_CHECKING:
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")
SETTINGS = PathSettings(tol=1e-12, max_iter=100_000)
ALPHAS = np.array([0.5, 0.1, 0.02])


def data(n: int, p: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Correlated columns and a target of the first three, all centred."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 0.7 * rng.standard_normal((n, 1))
    X -= X.mean(axis=0)
    y = X[:, :3] @ [2.0, -1.0, 0.5] + 0.3 * rng.standard_normal(n)
    return X, y - y.mean()


def as_gram(X: Floats, y: Floats) -> GramProblem:
    """The cross products of rows of equal weight."""
    n = len(y)
    return GramProblem(X.T @ X / n, X.T @ y / n, float(y @ y / n))


def as_rows(X: Floats, y: Floats) -> RowProblem:
    """The same rows."""
    p = X.shape[1]
    return RowProblem(X, y, np.ones(len(y)), np.zeros(p), np.ones(p))


@pytest.mark.parametrize("kind", ["gram", "rows"])
def test_the_mixture_is_numpys(kind: str) -> None:
    """With numpy's least squares on the support, whatever the form of the problem."""
    X, y = data(60, 8)
    problem = as_gram(X, y) if kind == "gram" else as_rows(X, y)
    path = solve_path(problem, ALPHAS, 1.0, settings=SETTINGS)
    shares, places = np.array([0.0, 0.25, 1.0, 0.5]), np.array([1, 1, 2, 0])
    found = relax(problem, path, shares, places)
    assert ALPHAS[places].tolist() == found.alphas.tolist()
    sizes = set()
    for at, (share, place) in enumerate(zip(shares, places, strict=True)):
        b = path.coefficients[:, place]
        support = np.flatnonzero(b)
        free = np.zeros_like(b)
        free[support] = np.linalg.lstsq(X[:, support], y, rcond=None)[0]
        expected = share * b + (1 - share) * free
        np.testing.assert_allclose(found.coefficients[:, at], expected, atol=1e-9)
        sizes.add(len(support))
    assert len(sizes) > 1


def test_nothing_selected_stays_nothing() -> None:
    """At alpha_max there are no columns to fit."""
    problem = as_gram(*data(40, 4))
    path = solve_path(problem, np.array([1e3]), 1.0, settings=SETTINGS)
    assert not relax(problem, path, np.zeros(1)).coefficients.any()


@pytest.mark.parametrize("kind", ["gram", "rows"])
def test_dependent_columns_have_the_least_norm(kind: str) -> None:
    """Twins that are both selected share their coefficient."""
    X, y = data(50, 3)
    X = np.column_stack([X, X[:, 0]])
    problem = as_gram(X, y) if kind == "gram" else as_rows(X, y)
    path = solve_path(problem, np.array([0.05]), 0.5, settings=SETTINGS)
    assert (path.coefficients != 0).all()
    found = relax(problem, path, np.zeros(1)).coefficients[:, 0]
    np.testing.assert_allclose(found, np.linalg.lstsq(X, y, rcond=None)[0], atol=1e-8)


def test_more_columns_than_rows_meet_every_row_with_the_least_norm() -> None:
    """An elastic net may select more columns than there are rows."""
    X, y = data(12, 30)
    problem = as_rows(X, y)
    path = solve_path(problem, np.array([0.001]), 0.01, settings=SETTINGS)
    support = np.flatnonzero(path.coefficients[:, 0])
    assert len(support) > 12
    found = relax(problem, path, np.zeros(1)).coefficients[support, 0]
    expected = np.linalg.lstsq(X[:, support], y, rcond=None)[0]
    np.testing.assert_allclose(found, expected, atol=1e-8)
    np.testing.assert_allclose(X[:, support] @ found, y, atol=1e-8)


def test_parts_of_a_pooled_problem_are_relaxed_apart() -> None:
    """Each draw has columns of its own."""
    parts = tuple(as_gram(*data(60, 5, seed)) for seed in (1, 2))
    problem = PooledProblem(parts)
    whole = relax(problem, solve_path(problem, ALPHAS, 1.0, settings=SETTINGS), np.full(3, 0.5))
    each = [
        relax(one, solve_path(one, ALPHAS, 1.0, settings=SETTINGS), np.full(3, 0.5))
        for one in parts
    ]
    expected = np.vstack([one.coefficients for one in each])
    np.testing.assert_allclose(whole.coefficients, expected, atol=1e-12)
