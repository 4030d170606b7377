"""Elastic-net paths of Gram problems."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression

from runner.core.path import PathSettings, alpha_grid, alpha_max, solve_path
from runner.core.path.native.library import library
from runner.errors import FitError
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")
TIGHT = PathSettings(tol=1e-14, max_iter=100_000)
SEEDS = st.integers(0, 2**32 - 1)
RATIOS = st.floats(0.01, 1)
BRIEFLY = hypothesis_settings(max_examples=30, deadline=None)


def make_rows(seed: int = 0, n: int = 60, p: int = 8) -> tuple[Floats, Floats]:
    """Correlated standardised columns, (n, p), and a centred target, (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + rng.standard_normal((n, 1))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = X @ (rng.standard_normal(p) * (rng.random(p) < 0.6)) + rng.standard_normal(n)
    return X, y - y.mean()


def to_gram(X: Floats, y: Floats, weight: Floats | None = None) -> GramProblem:
    """Cross products of rows that are used as they come."""
    w = np.ones(len(y)) if weight is None else weight
    w = w / w.sum()
    return GramProblem((X.T * w) @ X, (X.T * w) @ y, float(w @ y**2))


def objective(
    problem: GramProblem, b: Floats, alpha: float, l1_ratio: float, factors: Floats | float = 1.0
) -> float:
    """The objective of `GramProblem`."""
    penalty = l1_ratio * np.abs(b) + (1 - l1_ratio) * b**2 / 2
    fit = b @ problem.gram @ b / 2 - b @ problem.xy + problem.yy / 2
    return float(fit + alpha * np.sum(factors * penalty))


@BRIEFLY
@given(SEEDS, RATIOS, st.booleans(), st.sampled_from([None, 0, 2]))
def test_kkt_conditions_hold(
    seed: int, l1_ratio: float, positive: bool, unpenalised: int | None
) -> None:
    """Gradients are at most the penalty where a coefficient is 0, and equal to it elsewhere."""
    problem = to_gram(*make_rows(seed))
    factors = None
    if unpenalised is not None:
        factors = np.random.default_rng(seed).uniform(0.2, 3, 8)
        factors[:unpenalised] = 0
    f = np.ones(8) if factors is None else factors
    settings = PathSettings(1e-14, 100_000, positive=positive, penalty_factors=factors)
    alphas = alpha_grid(alpha_max(problem, l1_ratio, settings), 1e-2, 5)
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    gradient = problem.xy[:, None] - problem.gram @ path.coefficients
    slack = gradient - alphas * (1 - l1_ratio) * f[:, None] * path.coefficients
    bound = alphas * l1_ratio * f[:, None] * np.ones_like(slack)
    active = path.coefficients != 0
    room = 1e-5 * np.sqrt(problem.yy)
    assert path.converged.all()
    assert np.all((slack if positive else np.abs(slack)) <= bound + room)
    assert np.all(np.abs(slack - np.sign(path.coefficients) * bound)[active] <= room)
    assert not positive or np.all(path.coefficients >= 0)


@pytest.mark.parametrize("l1_ratio", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("positive", [False, True])
def test_equals_scikit_learn_on_rows(l1_ratio: float, positive: bool) -> None:
    """Coefficients and gaps are ElasticNet's, fitted to the rows at a tight tolerance."""
    X, y = make_rows()
    alphas = np.array([0.5, 0.01, 0.1])
    settings = PathSettings(1e-13, 100_000, positive=positive)
    path = solve_path(to_gram(X, y), alphas, l1_ratio, settings=settings)
    for i, alpha in enumerate(alphas):
        model = ElasticNet(
            alpha=alpha, l1_ratio=l1_ratio, tol=1e-13, max_iter=100_000, positive=positive
        )
        assert path.coefficients[:, i] == pytest.approx(model.fit(X, y).coef_, abs=1e-6)
    assert np.array_equal(alphas, path.alphas)


def test_positive_lasso_equals_scikit_learn() -> None:
    """With l1_ratio 1 and positive coefficients the answer is that of Lasso(positive=True)."""
    X, y = make_rows(3)
    settings = PathSettings(1e-14, 100_000, positive=True)
    path = solve_path(to_gram(X, y), np.array([0.05]), 1.0, settings=settings)
    model = Lasso(alpha=0.05, positive=True, tol=1e-14, max_iter=100_000).fit(X, y)
    assert path.coefficients[:, 0] == pytest.approx(model.coef_, abs=1e-7)


def test_reported_gap_is_that_of_scikit_learn() -> None:
    """After a single sweep, far from the minimum, both report the same dual gap."""
    X, y = make_rows(1)
    path = solve_path(to_gram(X, y), np.array([0.05]), 0.5, settings=PathSettings(1e-14, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ElasticNet(
            alpha=0.05, l1_ratio=0.5, tol=1e-14, max_iter=1, precompute=True, fit_intercept=False
        )
        model.fit(X, y)
    assert path.coefficients[:, 0] == pytest.approx(model.coef_, rel=1e-10)
    assert path.dual_gaps[0] == pytest.approx(model.dual_gap_, rel=1e-8)


def test_stopped_solution_is_marked_and_does_not_warn() -> None:
    """A solution that ran out of sweeps is marked, and no warning leaves the solver."""
    path = solve_path(to_gram(*make_rows()), np.array([1e-3]), 0.5, settings=PathSettings(1e-12, 1))
    assert [False] == path.converged.tolist()
    assert [1] == path.iterations.tolist()


@BRIEFLY
@given(SEEDS, RATIOS)
def test_objective_never_rises_with_more_sweeps(seed: int, l1_ratio: float) -> None:
    """One more sweep or system never raises the objective; the library's may on the way down."""
    problem = to_gram(*make_rows(seed))
    values = []
    for sweeps in (1, 2, 3, 5, 10, 40, 100):
        settings = PathSettings(1e-15, sweeps)
        path = solve_path(problem, np.array([0.01]), l1_ratio, settings=settings)
        values.append(objective(problem, path.coefficients[:, 0], 0.01, l1_ratio))
    room = 1e-12 * problem.yy
    assert min(values) >= values[-1] - room
    assert library() is not None or np.all(np.diff(values) <= room)


@BRIEFLY
@given(SEEDS, RATIOS)
def test_gap_bounds_the_distance_to_the_minimum(seed: int, l1_ratio: float) -> None:
    """No solution is further above the minimum than its dual gap says."""
    problem = to_gram(*make_rows(seed))
    alphas = np.array([0.1, 0.02])
    rough = solve_path(problem, alphas, l1_ratio, settings=PathSettings(1e-2, 100))
    exact = solve_path(problem, alphas, l1_ratio, settings=TIGHT)
    for i, alpha in enumerate(alphas):
        above = objective(problem, rough.coefficients[:, i], alpha, l1_ratio) - objective(
            problem, exact.coefficients[:, i], alpha, l1_ratio
        )
        assert above <= rough.dual_gaps[i] + 1e-12 * problem.yy


@BRIEFLY
@given(SEEDS, RATIOS)
def test_lasso_penalty_factors_scale_columns(seed: int, alpha: float) -> None:
    """A lasso with factors f is a lasso on columns over f, its coefficients over f."""
    X, y = make_rows(seed)
    factors = np.random.default_rng(seed).uniform(0.3, 3, 8)
    settings = PathSettings(1e-14, 100_000, penalty_factors=factors)
    path = solve_path(to_gram(X, y), np.array([alpha]), 1.0, settings=settings)
    plain = solve_path(to_gram(X / factors, y), np.array([alpha]), 1.0, settings=TIGHT)
    expected = plain.coefficients / factors[:, None]
    assert path.coefficients == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("positive", [False, True])
def test_equal_factors_multiply_alpha(l1_ratio: float, positive: bool) -> None:
    """Factors that are all 2 are the same as twice the alpha."""
    problem = to_gram(*make_rows(2))
    doubled = PathSettings(1e-14, 100_000, positive=positive, penalty_factors=np.full(8, 2.0))
    single = PathSettings(1e-14, 100_000, positive=positive)
    left = solve_path(problem, np.array([0.1, 0.02]), l1_ratio, settings=doubled)
    right = solve_path(problem, np.array([0.2, 0.04]), l1_ratio, settings=single)
    assert left.coefficients == pytest.approx(right.coefficients, abs=1e-7)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("positive", [False, True])
def test_unpenalised_columns_are_not_shrunk(l1_ratio: float, positive: bool) -> None:
    """With an overwhelming alpha, columns with factor 0 get their least-squares coefficients."""
    X, _ = make_rows(4)
    y = X[:, :2] @ [1.0, 2.0]
    factors = np.array([0.0, 0.0, 1, 1, 1, 1, 1, 1])
    settings = PathSettings(1e-12, 10_000, positive=positive, penalty_factors=factors)
    path = solve_path(to_gram(X, y), np.array([1e9]), l1_ratio, settings=settings)
    expected = np.zeros(8)
    expected[:2] = LinearRegression(fit_intercept=False).fit(X[:, :2], y).coef_
    assert path.coefficients[:, 0] == pytest.approx(expected, abs=1e-6)
    assert path.converged.all()


@BRIEFLY
@given(SEEDS, RATIOS)
def test_integer_weights_equal_repeated_rows(seed: int, l1_ratio: float) -> None:
    """A row of weight 3 counts as three rows."""
    X, y = make_rows(seed)
    repeats = np.random.default_rng(seed).integers(0, 4, len(y))
    alphas = np.array([0.1])
    left = solve_path(to_gram(X, y, repeats.astype(float)), alphas, l1_ratio, settings=TIGHT)
    repeated = to_gram(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    right = solve_path(repeated, alphas, l1_ratio, settings=TIGHT)
    assert left.coefficients == pytest.approx(right.coefficients, abs=1e-6)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("alpha", [0.0, 0.05])
def test_collinear_and_constant_columns_survive(l1_ratio: float, alpha: float) -> None:
    """A repeated column and one of zeros leave fitted values finite, minimal and converged."""
    X, y = make_rows(5)
    wide = np.column_stack([X, X[:, 0], np.zeros(len(y))])
    problem = to_gram(wide, y)
    path = solve_path(problem, np.array([alpha]), l1_ratio, settings=PathSettings(1e-13, 100_000))
    b = path.coefficients[:, 0]
    best = solve_path(to_gram(X, y), np.array([alpha]), l1_ratio, settings=TIGHT).coefficients[:, 0]
    padded = np.concatenate([best, [0.0, 0.0]])
    assert b[-1] == 0
    assert path.converged.all()
    assert objective(problem, b, alpha, l1_ratio) <= (
        objective(problem, padded, alpha, l1_ratio) + 1e-11
    )


@BRIEFLY
@given(SEEDS, RATIOS)
def test_warm_start_gives_the_same_answer(seed: int, l1_ratio: float) -> None:
    """Any start leads to the same minimum, and is itself left as it was."""
    problem = to_gram(*make_rows(seed))
    start = np.random.default_rng(seed).standard_normal(8)
    copied = start.copy()
    alphas = np.array([0.2, 0.05])
    cold = solve_path(problem, alphas, l1_ratio, settings=TIGHT)
    warm = solve_path(problem, alphas, l1_ratio, settings=PathSettings(1e-14, 100_000, start=start))
    assert warm.coefficients == pytest.approx(cold.coefficients, abs=1e-6)
    assert np.array_equal(copied, start)


def test_a_constant_column_without_a_penalty_is_left_out() -> None:
    """Its square, which is 0 but for rounding, may be negative."""
    problem = to_gram(*make_rows())
    gram = np.pad(problem.gram, (0, 1))
    gram[-1, -1] = -1e-17
    wide = GramProblem(gram, np.append(problem.xy, 0.0), problem.yy)
    settings = PathSettings(1e-12, 10_000, penalty_factors=np.append(np.ones(8), 0.0))
    found = solve_path(wide, np.array([0.1]), 0.5, settings=settings).coefficients
    alone = solve_path(problem, np.array([0.1]), 0.5, settings=TIGHT).coefficients
    assert found[-1, 0] == 0
    assert found[:-1] == pytest.approx(alone, abs=1e-6)


def test_order_of_alphas_is_kept() -> None:
    """Solutions come in the order of the alphas given, zeros and repeats among them."""
    problem = to_gram(*make_rows())
    alphas = np.array([0.01, 0.0, 1.0, 0.1, 0.0, 0.1])
    path = solve_path(problem, alphas, 0.5, settings=TIGHT)
    assert np.array_equal(alphas, path.alphas)
    for i, alpha in enumerate(alphas):
        alone = solve_path(problem, np.array([alpha]), 0.5, settings=TIGHT)
        assert path.coefficients[:, i] == pytest.approx(alone.coefficients[:, 0], abs=1e-6)


def test_global_random_state_is_left_alone() -> None:
    """Solving draws nothing from numpy's global generator."""
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    solve_path(to_gram(*make_rows()), np.array([0.1]), 0.5, settings=TIGHT)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]  # noqa: NPY002


def test_no_alphas_give_an_empty_path() -> None:
    """A path along no alphas has no columns."""
    path = solve_path(to_gram(*make_rows()), np.zeros(0), 0.5, settings=TIGHT)
    assert path.coefficients.shape == (8, 0)


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(-1.0, 0.5), (np.nan, 0.5), (1.0, 1.5)])
def test_impossible_penalty_is_refused(alpha: float, l1_ratio: float) -> None:
    """Negative or undefined alphas and an l1_ratio beyond 1 are errors."""
    with pytest.raises(FitError, match="must be"):
        solve_path(to_gram(*make_rows()), np.array([alpha]), l1_ratio, settings=TIGHT)


@pytest.mark.parametrize(
    "settings",
    [{"tol": -1.0}, {"max_iter": 0}, {"penalty_factors": np.array([1.0, -1.0])}],
)
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    """A negative tolerance or factor, and no sweeps at all, are errors."""
    with pytest.raises(FitError, match="must be"):
        PathSettings(**{"tol": 1e-4, "max_iter": 10, **settings})  # type: ignore[arg-type]
