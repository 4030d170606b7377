"""Dual gaps against scikit-learn's, and against the dual written out with solvers of scipy's.

A gap belongs to any coefficients, best or not. Those of scikit-learn after one sweep are far from
the best; penalty factors, which it does not have, are columns over them (L1) and stacked rows (L2).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.linear_model import ElasticNet, Lasso

from runner.core.path import PathSettings, solve_path
from runner.core.path.gap import dual_gaps, gram_gaps, ridge_gaps, within_tolerance
from runner.core.path.settings import Limits
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats

FACTORS = np.array([0.4, 1.0, 2.5, 1.5, 0.7])
N = 40


def make_rows(seed: int) -> tuple[Floats, Floats]:
    """Correlated columns (N, 5) and a target that each pulls at, some downwards."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, 5)) + rng.standard_normal((N, 1))
    return X, X @ [2.0, -1.0, 0.5, -0.3, 1.0] + rng.standard_normal(N)


def to_gram(X: Floats, y: Floats) -> GramProblem:
    """The cross products of rows."""
    return GramProblem(X.T @ X / len(y), X.T @ y / len(y), float(y @ y / len(y)))


def at_least_0(positive: bool) -> Limits | None:
    """The limits of positive coefficients."""
    return Limits(np.zeros(5), np.full(5, np.inf)) if positive else None


def after_one_sweep(model: ElasticNet | Lasso, X: Floats, y: Floats) -> tuple[Floats, float]:
    """What scikit-learn has then: coefficients, and their dual gap."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(max_iter=1, tol=1e-14, fit_intercept=False).fit(X, y)
    return model.coef_, float(model.dual_gap_)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.05, 0.5), (0.4, 0.2), (0.2, 1.0)])
def test_gap_is_scikit_learns(alpha: float, l1_ratio: float, positive: bool, seed: int) -> None:
    """Of the same coefficients, both find the same gap, with the sign constraint too."""
    X, y = make_rows(seed)
    model = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, positive=positive)
    b, expected = after_one_sweep(model, X, y)
    settings = PathSettings(1e-4, 1, positive=positive)
    found = gram_gaps(to_gram(X, y), b[:, None], np.array([alpha]), l1_ratio, settings)
    assert expected > 1e-3
    assert found[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.05, 0.5), (0.4, 0.2), (0.2, 1.0)])
def test_gap_with_factors_is_scikit_learns_of_scaled_and_stacked_rows(
    alpha: float, l1_ratio: float, positive: bool, seed: int
) -> None:
    """Factors f are a lasso on columns over f, with rows sqrt(n c f) below them for the L2 part."""
    X, y = make_rows(seed)
    stacked = np.vstack([X, np.diag(np.sqrt(N * alpha * (1 - l1_ratio) * FACTORS))])
    target = np.append(y, np.zeros(5))
    share = N / len(target)  # scikit-learn divides by all rows, stacked ones included
    model = Lasso(alpha=alpha * l1_ratio * share, positive=positive)
    scaled, gap = after_one_sweep(model, stacked / FACTORS, target)
    settings = PathSettings(1e-4, 1, positive=positive, penalty_factors=FACTORS)
    b = (scaled / FACTORS)[:, None]
    found = gram_gaps(to_gram(X, y), b, np.array([alpha]), l1_ratio, settings)
    assert gap > 1e-3
    assert found[0] == pytest.approx(gap / share, rel=1e-9)


@pytest.mark.parametrize("positive", [False, True])
def test_gap_of_nothing_selected_is_zero(positive: bool) -> None:
    """Zeros are the answer, without a gap, where the penalty outweighs every gradient."""
    X, y = make_rows(0)
    problem = to_gram(X, y)
    settings = PathSettings(1e-4, 1, positive=positive)
    most = float((problem.xy if positive else np.abs(problem.xy)).max())
    alphas = np.array([1.0, 1.5, 0.9]) * most
    gaps = gram_gaps(problem, np.zeros((5, 3)), alphas, 1.0, settings)
    np.testing.assert_array_equal([0.0, 0.0], gaps[:2])
    # the dual point is y, shrunk by 0.9: |y|^2 / 2 less (1 - 0.1^2) |y|^2 / 2
    assert gaps[2] == pytest.approx(0.1**2 / 2 * problem.yy, rel=1e-12)


def test_unpenalised_columns_count_as_minimised() -> None:
    """A column with factor 0 adds nothing to a gap, whatever its gradient and coefficient."""
    rng = np.random.default_rng(0)
    b, g = rng.standard_normal((5, 2)), rng.standard_normal((5, 2))
    factors = np.array([0.0, 1.0, 2.0, 0.0, 0.5])
    l1, l2, residual = np.array([0.1, 0.2]), np.array([0.3, 0.1]), np.array([1.0, 2.0])
    kept = factors > 0
    found, expected = (
        dual_gaps(b[at], g[at], residual, l1=l1, l2=l2, factors=factors[at], limits=None)
        for at in (slice(None), kept)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    found, expected = (
        ridge_gaps(b[at], g[at], l2=l2, factors=factors[at], limits=None)
        for at in (slice(None), kept)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def conjugate(slope: float, penalty: float, *, positive: bool) -> float:
    """The largest of slope b - penalty b^2 / 2 over b, or over b >= 0, by least squares."""
    root = np.sqrt(penalty)
    A, t = np.array([[root]]), np.array([slope / root])
    left = nnls(A, t)[1] if positive else float(np.linalg.norm(t - A @ np.linalg.lstsq(A, t)[0]))
    return float((t @ t - left**2) / 2)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("positive", [False, True])
def test_ridge_gap_is_primal_less_dual(positive: bool, seed: int) -> None:
    """The objective of any coefficients less Fenchel's dual at their residual, from the rows."""
    X, y = make_rows(seed)
    alphas = np.array([0.02, 0.5, 3.0])
    rng = np.random.default_rng(seed)
    b = np.abs(rng.standard_normal((5, 3))) if positive else rng.standard_normal((5, 3))
    expected = []
    for i, alpha in enumerate(alphas):
        r, z = y - X @ b[:, i], alpha * FACTORS
        primal = r @ r / (2 * N) + z @ b[:, i] ** 2 / 2
        conjugates = [
            conjugate(float(X[:, j] @ r / N), float(z[j]), positive=positive) for j in range(5)
        ]
        dual = r @ y / N - r @ r / (2 * N) - sum(conjugates)
        expected.append(primal - dual)
    gradient = X.T @ (y[:, None] - X @ b) / N
    found = ridge_gaps(b, gradient, l2=alphas, factors=FACTORS, limits=at_least_0(positive))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    if positive:
        assert (gradient < 0).any()
        assert (gradient > 0).any()


@pytest.mark.parametrize("positive", [False, True])
def test_ridge_gap_bounds_the_distance_to_the_minimum(positive: bool) -> None:
    """At a path's solutions it is rounding, and away from them at least what they are better by."""
    X, y = make_rows(1)
    problem = to_gram(X, y)
    settings = PathSettings(1e-10, 100, positive=positive, penalty_factors=FACTORS)
    path = solve_path(problem, np.array([0.5, 0.02]), 0.0, settings=settings)
    assert np.all(path.dual_gaps >= 0)
    assert np.all(path.dual_gaps < 1e-13 * problem.yy)
    b = path.coefficients + 0.1
    gradient = problem.xy[:, None] - problem.gram @ b
    gaps = ridge_gaps(b, gradient, l2=path.alphas, factors=FACTORS, limits=at_least_0(positive))
    for i, alpha in enumerate(path.alphas):
        best = _objective(problem, path.coefficients[:, i], alpha)
        assert gaps[i] >= _objective(problem, b[:, i], alpha) - best > 0


def _objective(problem: GramProblem, b: Floats, alpha: float) -> float:
    """Half the mean squared residual, and the ridge penalty."""
    fit = problem.yy - 2 * problem.xy @ b + b @ problem.gram @ b
    return float(fit / 2 + alpha / 2 * FACTORS @ b**2)


def test_the_tolerance_is_a_share_of_the_targets_square() -> None:
    """A gap of tol * yy is within it, one a thousandth larger is not; so is rounding, at tol 0."""
    settings = PathSettings(1e-3, 1)
    gaps = np.array([1.0, 0.999, 1.001]) * 1e-3 * 50.0
    assert [True, True, False] == within_tolerance(gaps, 50.0, settings).tolist()
    eps = float(np.finfo(float).eps)
    exact = within_tolerance(np.array([0.0, 10 * eps, 30 * eps]) * 50.0, 50.0, PathSettings(0.0, 1))
    assert [True, True, False] == exact.tolist()
