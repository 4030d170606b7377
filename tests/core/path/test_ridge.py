"""Ridge and least squares, from Grams and from rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge

from runner.core.path import PathSettings, ridge_rows, solve_path
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from runner.records import Floats

TIGHT = PathSettings(tol=1e-12, max_iter=10_000)
ALPHAS = np.array([0.01, 10.0, 1e-4])
BRIEFLY = hypothesis_settings(max_examples=30, deadline=None)


def make_rows(seed: int = 0, n: int = 50, p: int = 6) -> tuple[Floats, Floats]:
    """Correlated columns with means, (n, p), and a centred target, (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + rng.standard_normal((n, 1)) + 2
    y = X @ rng.standard_normal(p) + rng.standard_normal(n)
    return X, y - y.mean()


def to_rows(X: Floats, y: Floats, *, as_sparse: bool = False) -> RowProblem:
    """A row problem that centres and scales its columns."""
    stored = sparse.csc_array(X) if as_sparse else X
    return RowProblem(stored, y, np.ones(len(y)), X.mean(axis=0), X.std(axis=0))


def to_gram(X: Floats, y: Floats) -> GramProblem:
    """The Gram problem of the centred and scaled columns."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return GramProblem(Z.T @ Z / len(y), Z.T @ y / len(y), float(y @ y / len(y)))


def fit_ridge(X: Floats, y: Floats, alpha: float) -> Floats:
    """Scikit-learn's ridge on standardised columns, its alpha being n times ours."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return np.asarray(Ridge(alpha=alpha * len(y), fit_intercept=False).fit(Z, y).coef_)


@BRIEFLY
@given(st.integers(0, 2**32 - 1))
def test_gram_ridge_equals_scikit_learn(seed: int) -> None:
    """One eigendecomposition gives the coefficients of Ridge for every alpha."""
    X, y = make_rows(seed)
    path = solve_path(to_gram(X, y), ALPHAS, 0.0, settings=TIGHT)
    for i, alpha in enumerate(ALPHAS):
        assert path.coefficients[:, i] == pytest.approx(fit_ridge(X, y, alpha), rel=1e-7, abs=1e-9)
    assert path.converged.all()


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("order", [5000, 0])
@pytest.mark.parametrize("shape", [(50, 6), (20, 60)])
def test_row_ridge_equals_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, as_sparse: bool, order: int, shape: tuple[int, int]
) -> None:
    """Through the Gram, the kernel or LSQR, rows give the coefficients of Ridge."""
    monkeypatch.setattr(ridge_rows, "LARGEST_ORDER", order)
    X, y = make_rows(1, *shape)
    path = solve_path(to_rows(X, y, as_sparse=as_sparse), ALPHAS, 0.0, settings=TIGHT)
    for i, alpha in enumerate(ALPHAS):
        assert path.coefficients[:, i] == pytest.approx(fit_ridge(X, y, alpha), rel=1e-6, abs=1e-7)
    assert path.converged.all()


@pytest.mark.parametrize("order", [5000, 0])
@pytest.mark.parametrize("shape", [(50, 6), (20, 60)])
def test_least_squares_has_the_least_norm(
    monkeypatch: pytest.MonkeyPatch, order: int, shape: tuple[int, int]
) -> None:
    """Alpha 0 gives LinearRegression's solution, which has the least norm if there are many."""
    monkeypatch.setattr(ridge_rows, "LARGEST_ORDER", order)
    X, y = make_rows(2, *shape)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = LinearRegression(fit_intercept=False).fit(Z, y).coef_
    path = solve_path(to_rows(X, y), np.zeros(1), 0.5, settings=TIGHT)
    assert path.coefficients[:, 0] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    assert path.converged.all()


def test_least_squares_of_a_singular_gram_has_the_least_norm() -> None:
    """A repeated column shares its coefficient evenly with its twin."""
    X, y = make_rows(3)
    doubled = np.column_stack([X, X[:, 0]])
    path = solve_path(to_gram(doubled, y), np.zeros(1), 0.5, settings=TIGHT)
    Z = (doubled - doubled.mean(axis=0)) / doubled.std(axis=0)
    expected = LinearRegression(fit_intercept=False).fit(Z, y).coef_
    assert path.coefficients[:, 0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_columns_eight_orders_of_magnitude_apart_keep_their_digits(alpha: float) -> None:
    """Unscaled columns give as many digits as rows do."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((200, 3)) * [1e-4, 1.0, 1e4]
    y = X @ [1e4, 1.0, 1e-4] + rng.standard_normal(200)
    problem = GramProblem(X.T @ X / 200, X.T @ y / 200, float(y @ y / 200))
    path = solve_path(problem, np.array([alpha]), 0.0, settings=TIGHT)
    rows = np.vstack([X, np.sqrt(200 * alpha) * np.eye(3)])
    scale = np.linalg.norm(rows, axis=0)
    expected = np.linalg.lstsq(rows / scale, np.append(y, np.zeros(3)))[0] / scale
    assert path.coefficients[:, 0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("kind", ["gram", "rows"])
def test_penalty_factors_are_those_of_stacked_rows(kind: str) -> None:
    """Factors, 0 among them, equal extra rows sqrt(n alpha f) on the diagonal."""
    X, y = make_rows(5, 20, 30) if kind == "rows" else make_rows(5)
    n, p = X.shape
    factors = np.random.default_rng(5).uniform(0.5, 2, size=(p,))
    factors[[1, 3]] = 0
    settings = PathSettings(1e-10, 1000, penalty_factors=factors)
    problem = to_rows(X, y) if kind == "rows" else to_gram(X, y)
    path = solve_path(problem, np.array([0.3]), 0.0, settings=settings)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    stacked = np.vstack([Z, np.diag(np.sqrt(n * 0.3 * factors))])
    expected = np.linalg.lstsq(stacked, np.append(y, np.zeros(p)))[0]
    assert path.coefficients[:, 0] == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert path.converged.all()


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_positive_ridge_equals_scikit_learn(alpha: float) -> None:
    """Positive coefficients without an L1 penalty are those of the positive Ridge or regression."""
    X, y = make_rows(6)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    settings = PathSettings(1e-12, 1000, positive=True)
    path = solve_path(to_gram(X, y), np.array([alpha]), 0.0, settings=settings)
    stacked = np.vstack([Z, np.sqrt(len(y) * alpha) * np.eye(6)])
    model = LinearRegression(fit_intercept=False, positive=True)
    expected = model.fit(stacked, np.append(y, np.zeros(6))).coef_
    assert path.coefficients[:, 0] == pytest.approx(expected, abs=1e-8)
    assert (path.coefficients == 0).any()
    assert path.converged.all()


def test_weights_equal_repeated_rows_in_the_kernel() -> None:
    """With fewer rows than columns too, a row of weight 2 counts twice."""
    X, y = make_rows(7, 15, 40)
    repeats = np.arange(15) % 3
    y = y - np.average(y, weights=repeats)
    centre, scale = X.mean(axis=0), X.std(axis=0)
    weighted = RowProblem(X, y, repeats.astype(float), centre, scale)
    X2, y2 = np.repeat(X, repeats, axis=0), np.repeat(y, repeats)
    repeated = RowProblem(X2, y2, np.ones(len(y2)), centre, scale)
    left = solve_path(weighted, ALPHAS, 0.0, settings=TIGHT)
    right = solve_path(repeated, ALPHAS, 0.0, settings=TIGHT)
    assert left.coefficients == pytest.approx(right.coefficients, rel=1e-6, abs=1e-9)
