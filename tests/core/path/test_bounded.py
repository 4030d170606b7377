"""Bounds of coefficients, against every combination of where each may be."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from runner.core.path import (
    Limits,
    PathSettings,
    active_set,
    alpha_grid,
    alpha_max,
    bounded,
    solve_path,
)
from runner.core.path.active_set import solve_near
from runner.core.path.centred_columns import to_gram
from runner.core.path.gap import gram_gaps, ridge_gaps
from runner.errors import FitError
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")
BRIEFLY = hypothesis_settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
ALPHAS = st.sampled_from([1e-3, 0.05, 0.3])
RATIOS = st.sampled_from([0.0, 0.4, 1.0])
N = 40


def make_rows(seed: int, p: int = 3) -> tuple[Floats, Floats]:
    """Correlated columns and a target that each pulls at, all centred."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, p)) + rng.standard_normal((N, 1))
    X -= X.mean(axis=0)
    y = X @ rng.uniform(-2, 2, p) + rng.standard_normal(N)
    return X, y - y.mean()


def pose(X: Floats, y: Floats) -> GramProblem:
    """The cross products of rows."""
    return GramProblem(X.T @ X / len(y), X.T @ y / len(y), float(y @ y / len(y)))


def make_limits(seed: int, p: int = 3) -> Limits:
    """Open sides, sides at 0, and sides that some coefficients reach."""
    rng = np.random.default_rng(seed + 1)
    lower, upper = rng.choice([0.0, 0.2, 0.7, np.inf], (2, p))
    return Limits(-lower, upper)


def make_factors(seed: int, p: int = 3) -> Floats:
    """Some of them 0."""
    return np.random.default_rng(seed + 2).choice([0.0, 0.5, 1.0, 2.0], p)


def objective(problem: GramProblem, b: Floats, l1: Floats, l2: Floats) -> float:
    """The objective of `GramProblem`."""
    fit = b @ problem.gram @ b / 2 - b @ problem.xy + problem.yy / 2
    return float(fit + l1 @ np.abs(b) + l2 @ b**2 / 2)


def least(problem: GramProblem, l1: Floats, l2: Floats, limits: Limits) -> float:
    """The least objective: each coefficient is at a bound, at 0, below it or above it."""
    found = []
    for places in itertools.product(("low", "-", "0", "+", "high"), repeat=len(l1)):
        at = {"low": limits.lower, "high": limits.upper}
        b = np.array([at[where][j] if where in at else 0.0 for j, where in enumerate(places)])
        if not np.isfinite(b).all():
            continue
        moving = np.array([where in {"-", "+"} for where in places])
        sign = np.array([-1.0 if where == "-" else 1.0 for where in places])
        if moving.any():
            own = np.ix_(moving, moving)
            left = problem.xy[moving] - problem.gram[moving] @ b - l1[moving] * sign[moving]
            b[moving] = np.linalg.solve(problem.gram[own] + np.diag(l2[moving]), left)
        if np.all((b >= limits.lower) & (b <= limits.upper)):
            found.append(objective(problem, b, l1, l2))
    return min(found)


@BRIEFLY
@given(SEEDS, ALPHAS, RATIOS, st.booleans())
def test_no_combination_is_better(seed: int, alpha: float, l1_ratio: float, warm: bool) -> None:
    """With any factors and limits, from any start, it is the minimum and within the limits."""
    problem, limits, factors = pose(*make_rows(seed)), make_limits(seed), make_factors(seed)
    l1, l2 = alpha * l1_ratio * factors, alpha * (1 - l1_ratio) * factors
    start = np.random.default_rng(seed).standard_normal(3) if warm else np.zeros(3)
    copied = start.copy()
    found = solve_near(problem, l1, l2, start, lower=limits.lower, upper=limits.upper)
    assert found is not None
    b = found[0]
    assert np.all((b >= limits.lower) & (b <= limits.upper))
    assert objective(problem, b, l1, l2) <= least(problem, l1, l2, limits) + 1e-12 * problem.yy
    assert np.array_equal(copied, start)


@BRIEFLY
@given(SEEDS, st.sampled_from([0.0, 0.1]))
def test_without_an_l1_penalty_it_is_scipys_bounded_least_squares(seed: int, alpha: float) -> None:
    """A ridge, and least squares, between bounds are those of lsq_linear on stacked rows."""
    X, y = make_rows(seed, 8)
    limits = make_limits(seed, 8)
    open_ = limits.lower < limits.upper
    stacked = np.vstack([X / np.sqrt(N), np.sqrt(alpha) * np.eye(8)])[:, open_]
    target = np.concatenate([y / np.sqrt(N), np.zeros(8)])
    bounds = (limits.lower[open_], limits.upper[open_])
    expected = np.zeros(8)
    expected[open_] = lsq_linear(stacked, target, bounds, method="bvls", tol=1e-15).x
    settings = PathSettings(1e-10, 1000, limits=limits)
    path = solve_path(pose(X, y), np.array([alpha]), 0.0, settings=settings)
    np.testing.assert_allclose(path.coefficients[:, 0], expected, atol=1e-8)
    assert path.converged.all()


@BRIEFLY
@given(SEEDS, ALPHAS, RATIOS)
def test_the_gap_bounds_the_distance_to_the_minimum(
    seed: int, alpha: float, l1_ratio: float
) -> None:
    """No point within the limits is further above the minimum than its gap; there it is 0."""
    problem, limits = pose(*make_rows(seed)), make_limits(seed)
    factors = np.maximum(make_factors(seed), 0.1)
    settings = PathSettings(1e-12, 1000, penalty_factors=factors, limits=limits)
    alphas = np.array([alpha])
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    l1, l2 = alpha * l1_ratio * factors, alpha * (1 - l1_ratio) * factors
    best = objective(problem, path.coefficients[:, 0], l1, l2)
    assert 0 <= path.dual_gaps[0] <= 1e-12 * problem.yy
    rng = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 2.0):
        away = path.coefficients[:, 0] + size * rng.standard_normal(3)
        b = np.clip(away, limits.lower, limits.upper)
        if l1_ratio:
            gap = gram_gaps(problem, b[:, None], alphas, l1_ratio, settings)[0]
        else:
            gradient = (problem.xy - problem.gram @ b)[:, None]
            gap = ridge_gaps(b[:, None], gradient, l2=alphas, factors=factors, limits=limits)[0]
        assert gap >= objective(problem, b, l1, l2) - best - 1e-14 * problem.yy


def test_the_gap_of_a_single_column_is_the_fenchel_gap() -> None:
    """With x'x = 1 and x'y = 2, limits [-1, 1] and a lasso of 0.5, b = 0 has the gap 1."""
    problem = GramProblem(np.ones((1, 1)), np.array([2.0]), 4.0)
    settings = PathSettings(0.0, 1, limits=Limits(np.array([-1.0]), np.array([1.0])))
    alphas = np.array([0.5])
    path = solve_path(problem, alphas, 1.0, settings=settings)
    assert [[1.0]] == path.coefficients.tolist()
    # the objective falls from 2 to 1/2 + 1/2, and the dual at r = 1 / 4 of y is not better
    s = 0.25
    at_zero = gram_gaps(problem, np.zeros((1, 1)), alphas, 1.0, settings)[0]
    assert at_zero == pytest.approx((1 - s) ** 2 / 2 * 4.0)
    # beyond the limit the gradient may be what it will: hi (v - a) is paid for by the coefficient
    assert path.dual_gaps[0] == 0


@BRIEFLY
@given(SEEDS, ALPHAS, RATIOS)
def test_it_is_no_worse_than_the_free_solution_brought_between(
    seed: int, alpha: float, l1_ratio: float
) -> None:
    """Clipping what is best without limits is never better."""
    problem, limits = pose(*make_rows(seed, 8)), make_limits(seed, 8)
    alphas = np.array([alpha])
    free = solve_path(problem, alphas, l1_ratio, settings=PathSettings(1e-12, 10_000))
    settings = PathSettings(1e-12, 10_000, limits=limits)
    found = solve_path(problem, alphas, l1_ratio, settings=settings)
    clipped = np.clip(free.coefficients[:, 0], limits.lower, limits.upper)
    l1, l2 = np.full(8, alpha * l1_ratio), np.full(8, alpha * (1 - l1_ratio))
    best = objective(problem, found.coefficients[:, 0], l1, l2)
    assert best <= objective(problem, clipped, l1, l2) + 1e-12 * problem.yy


@BRIEFLY
@given(SEEDS, ALPHAS, RATIOS, st.booleans())
def test_a_factor_of_0_is_minimised_out(
    seed: int, alpha: float, l1_ratio: float, limited: bool
) -> None:
    """The other coefficients are those of what the unpenalised column does not explain."""
    X, y = make_rows(seed, 6)
    rest = np.eye(N) - np.outer(X[:, 0], X[:, 0]) / (X[:, 0] @ X[:, 0])
    lower = np.full(6, -np.inf)
    lower[1:] = -0.3 if limited else -np.inf
    limits = Limits(lower, np.full(6, np.inf)) if limited else None
    factors = np.array([0.0, 1, 1, 1, 1, 1])
    whole = PathSettings(1e-13, 100_000, penalty_factors=factors, limits=limits)
    part = PathSettings(
        1e-13, 100_000, limits=None if limits is None else limits.take(np.arange(1, 6))
    )
    alphas = np.array([alpha])
    found = solve_path(pose(X, y), alphas, l1_ratio, settings=whole)
    alone = solve_path(pose(rest @ X[:, 1:], rest @ y), alphas, l1_ratio, settings=part)
    np.testing.assert_allclose(found.coefficients[1:], alone.coefficients, atol=2e-5)
    left = y - X @ found.coefficients[:, 0]
    assert abs(X[:, 0] @ left) / N < 1e-9


@BRIEFLY
@given(SEEDS, ALPHAS)
def test_a_factor_of_2_is_half_a_unit(seed: int, alpha: float) -> None:
    """A lasso with factors and limits is one on columns over the factors, in their units."""
    X, y = make_rows(seed, 6)
    limits, factors = make_limits(seed, 6), np.array([2.0, 1, 2, 1, 1, 0.5])
    own = PathSettings(1e-13, 1000, penalty_factors=factors, limits=limits)
    other = PathSettings(1e-13, 1000, limits=Limits(limits.lower * factors, limits.upper * factors))
    alphas = np.array([alpha])
    left = solve_path(pose(X, y), alphas, 1.0, settings=own)
    right = solve_path(pose(X / factors, y), alphas, 1.0, settings=other)
    expected = right.coefficients / factors[:, None]
    np.testing.assert_allclose(left.coefficients, expected, atol=1e-9)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
def test_from_0_up_is_positive(l1_ratio: float) -> None:
    """Limits of 0 and infinity are what `positive` is, and both count together."""
    problem, upper = pose(*make_rows(4, 8)), np.full(8, np.inf)
    alphas = np.array([0.2, 0.01, 0.0])
    positive = PathSettings(1e-13, 100_000, positive=True)
    limited = PathSettings(1e-13, 100_000, limits=Limits(np.zeros(8), upper))
    left = solve_path(problem, alphas, l1_ratio, settings=positive).coefficients
    right = solve_path(problem, alphas, l1_ratio, settings=limited).coefficients
    np.testing.assert_allclose(left, right, atol=1e-6)
    assert left.max() > 0.3
    both = PathSettings(
        1e-13, 100_000, positive=True, limits=Limits(np.full(8, -1.0), np.full(8, 0.3))
    )
    found = solve_path(problem, alphas, l1_ratio, settings=both).coefficients
    assert 0 == found.min()
    assert 0.3 == found.max()


@BRIEFLY
@given(SEEDS, st.sampled_from([0.3, 1.0]), st.booleans())
def test_wide_rows_are_those_of_all_columns(seed: int, l1_ratio: float, factored: bool) -> None:
    """With more columns than rows, screening changes no solution between limits."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((30, 70))
    y = X[:, :8] @ rng.uniform(-2, 2, 8) + rng.standard_normal(30)
    X, y = X - X.mean(axis=0), y - y.mean()
    problem = RowProblem(X, y, np.ones(30), np.zeros(70), np.ones(70))
    factors = np.concatenate([[0.0, 0.0], rng.uniform(0.5, 2, 68)]) if factored else None
    limits = make_limits(seed, 70)
    settings = PathSettings(1e-10, 100_000, penalty_factors=factors, limits=limits)
    alphas = alpha_grid(alpha_max(problem, l1_ratio, settings), 3e-2, 12)
    screened = solve_path(problem, alphas, l1_ratio, settings=settings)
    whole = solve_path(to_gram(problem), alphas, l1_ratio, settings=settings)
    assert screened.converged.all()
    fitted, expected = X @ screened.coefficients, X @ whole.coefficients
    np.testing.assert_allclose(fitted, expected, atol=1e-3 * np.sqrt(problem.y @ y / 30))
    assert np.all(screened.coefficients <= limits.upper[:, None])
    assert np.all(screened.coefficients >= limits.lower[:, None])


@BRIEFLY
@given(SEEDS, st.booleans(), st.booleans())
def test_alpha_max_counts_what_limits_allow(seed: int, as_rows: bool, factored: bool) -> None:
    """At alpha_max nothing that is penalised is selected, a little below it something is."""
    X, y = make_rows(seed, 6)
    problem = RowProblem(X, y, np.ones(N), np.zeros(6), np.ones(6)) if as_rows else pose(X, y)
    factors = np.array([0.0, 1, 2, 1, 1, 0.5]) if factored else np.ones(6)
    settings = PathSettings(1e-14, 1000, penalty_factors=factors, limits=make_limits(seed, 6))
    largest = alpha_max(problem, 0.5, settings)
    alphas = np.array([max(largest, 1e-9), 0.999 * largest + 1e-9])
    path = solve_path(problem, alphas, 0.5, settings=settings)
    assert np.all(np.abs(path.coefficients[factors > 0, 0]) <= 1e-9)
    assert largest == 0 or np.abs(path.coefficients[factors > 0, 1]).max() > 1e-8


@pytest.mark.parametrize("core", ["numpy"], indirect=True)
@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
def test_what_does_not_settle_is_swept(monkeypatch: pytest.MonkeyPatch, l1_ratio: float) -> None:
    """Without the active set, coordinate descent ends at the same minimum."""
    problem, limits, factors = pose(*make_rows(5, 8)), make_limits(5, 8), make_factors(5, 8)
    settings = PathSettings(1e-12, 100_000, penalty_factors=factors, limits=limits)
    alphas = np.array([0.3, 0.02])
    expected = solve_path(problem, alphas, l1_ratio, settings=settings)
    monkeypatch.setattr(bounded, "solve_near", lambda *_, **__: None)
    swept = solve_path(problem, alphas, l1_ratio, settings=settings)
    np.testing.assert_allclose(swept.coefficients, expected.coefficients, atol=1e-9)
    assert swept.converged.all()
    assert np.all(swept.iterations > expected.iterations)


def test_unpenalised_columns_that_depend_do_no_harm() -> None:
    """Without a penalty, and with limits, a repeated column shares what the other would take."""
    X, y = make_rows(6, 4)
    twice, some = np.column_stack([X, X[:, 0]]), np.array([0.5])
    factors, upper = np.array([0.0, 1, 1, 1, 0.0]), np.array([np.inf, 0.1, 0.1, 0.1, np.inf])
    limits = Limits(np.full(5, -np.inf), upper)
    double = PathSettings(1e-12, 1000, penalty_factors=factors, limits=limits)
    four = np.arange(4)
    single = double.take(four)
    found = solve_path(pose(twice, y), some, 1.0, settings=double).coefficients[:, 0]
    alone = solve_path(pose(X, y), some, 1.0, settings=single).coefficients[:, 0]
    np.testing.assert_allclose(twice @ found, X @ alone, atol=1e-9)
    assert found[4] == pytest.approx(found[0])


def test_a_column_without_penalty_may_pass_0_at_once() -> None:
    """It has no kink there: from the other side one system is enough, and the answer exact."""
    X, y = make_rows(7, 4)
    problem = pose(X, y)
    expected = np.linalg.solve(problem.gram, problem.xy)
    for lower in (None, np.full(4, -100.0)):
        found = active_set.solve_near(
            problem, np.zeros(4), np.zeros(4), -np.sign(expected), lower=lower
        )
        assert found is not None
        np.testing.assert_allclose(found[0], expected, rtol=1e-10)
        assert 1 == found[1]


@pytest.mark.parametrize(("lower", "upper"), [(0.1, 1.0), (-1.0, -0.1), (np.nan, 1.0)])
def test_limits_without_0_are_refused(lower: float, upper: float) -> None:
    """0 must be between the limits of every coefficient."""
    with pytest.raises(FitError, match="0 between"):
        Limits(np.array([lower]), np.array([upper]))
