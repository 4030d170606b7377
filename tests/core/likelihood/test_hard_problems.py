"""Problems on which solvers run away, stall or divide by nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from squared_error import SquaredError

from runner.core.likelihood import LikelihoodProblem, solve_likelihood
from runner.core.path import PathSettings
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

if TYPE_CHECKING:
    from runner.core.likelihood import Likelihood, LikelihoodPaths
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")

RNG = np.random.default_rng(0)
N = 60
X = RNG.standard_normal((N, 5))
ETA = X[:, 0] - 0.5 * X[:, 1]
ONES = np.ones(N)
TIGHT = PathSettings(tol=1e-10, max_iter=1000)
LIKELIHOODS: dict[str, Likelihood] = {
    "gaussian": SquaredError(Observed(ETA + RNG.standard_normal(N), ONES)),
    "binomial": LogLoss(Observed((RNG.logistic(size=N) < ETA).astype(float), ONES)),
    "poisson": PoissonLoss(Observed(RNG.poisson(np.exp(ETA)).astype(float), ONES)),
    "gamma": GammaLoss(Observed(RNG.gamma(2, np.exp(ETA)), ONES)),
    "multinomial": MultinomialLoss(
        Observed(np.digitize(ETA + RNG.logistic(size=N), [-0.7, 0.7]).astype(float), ONES), 3
    ),
    "cox": CoxLoss(Observed(RNG.exponential(np.exp(-ETA)), ONES, RNG.uniform(size=N) < 0.7)),
}


def _solve(
    columns: Floats | sparse.csc_array,
    likelihood: Likelihood,
    alphas: list[float],
    ratio: float,
    settings: PathSettings = TIGHT,
) -> LikelihoodPaths:
    return solve_likelihood(
        LikelihoodProblem(columns, likelihood, fit_intercept=True),
        np.array(alphas)[:, None],
        np.array([ratio]),
        settings,
    )


def _settings(tol: float, factors: Floats | None = None) -> PathSettings:
    return PathSettings(tol=tol, max_iter=1000, penalty_factors=factors)


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("family", LIKELIHOODS)
def test_a_constant_column_gets_nothing(family: str, ratio: float) -> None:
    """A column of zeros is left out, and changes nothing for the others."""
    wider = np.column_stack([X, np.zeros(N)])
    found = _solve(wider, LIKELIHOODS[family], [0.1, 0.01], ratio)
    expected = _solve(X, LIKELIHOODS[family], [0.1, 0.01], ratio)
    assert found.converged.all()
    assert np.all(found.coefficients[..., 5] == 0)
    np.testing.assert_allclose(found.coefficients[..., :5], expected.coefficients, atol=1e-4)


@pytest.mark.parametrize("factor", [0.0, 1.0])
@pytest.mark.parametrize("family", LIKELIHOODS)
def test_duplicated_columns_share_what_one_would_have(family: str, factor: float) -> None:
    """The predictions are those with one of them, with and without a penalty on them."""
    factors = np.array([factor, 1.0, 1.0, 1.0, 1.0, factor])
    twice = _solve(
        np.column_stack([X, X[:, 0]]),
        LIKELIHOODS[family],
        [0.1, 0.01],
        1.0,
        _settings(1e-10, factors),
    )
    once = _solve(X, LIKELIHOODS[family], [0.1, 0.01], 1.0, _settings(1e-10, factors[:5]))
    assert twice.converged.all()
    assert np.abs(twice.coefficients).max() < 100
    summed = twice.coefficients[..., :5].copy()
    summed[..., 0] += twice.coefficients[..., 5]
    centred = summed - once.coefficients
    if family == "multinomial" and factor == 0:  # what all classes share is free
        centred[..., 0] -= centred[..., 0].mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(centred, 0.0, atol=1e-4)


@pytest.mark.parametrize("family", ["binomial", "multinomial"])
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_separable_classes_converge_at_a_small_alpha(family: str, ratio: float) -> None:
    """Where only the penalty keeps the coefficients finite, each solution is certified."""
    y = (X[:, 0] > 0).astype(float)
    likelihood: Likelihood = LogLoss(Observed(y, ONES))
    if family == "multinomial":
        likelihood = MultinomialLoss(Observed(y + (X[:, 0] > 1), ONES), 3)
    found = _solve(X, likelihood, list(np.geomspace(0.1, 1e-6, 20)), ratio, _settings(1e-7))
    assert found.converged.all()
    assert np.all(np.diff(np.abs(found.coefficients[:, 0, 0, 0])) > 0)


@pytest.mark.parametrize("family", LIKELIHOODS)
def test_no_penalty_finds_the_stationary_point(family: str) -> None:
    """At alpha 0 the gradient is 0."""
    likelihood = LIKELIHOODS[family]
    found = _solve(X, likelihood, [0.0], 0.5, _settings(1e-12))
    assert found.converged.all()
    eta = X @ found.coefficients[0].transpose(0, 2, 1)[0] + found.intercepts[0]
    slope = likelihood.gradient(eta[:, None])[:, 0]
    np.testing.assert_allclose(X.T @ slope, 0.0, atol=1e-5)
    assert np.abs(found.coefficients).max() > 0.3


@pytest.mark.parametrize("form", [np.asarray, sparse.csc_array])
@pytest.mark.parametrize("family", LIKELIHOODS)
def test_wide_ridge_is_that_of_all_columns(family: str, form: type) -> None:
    """With more columns than rows, factors among them of 0, the gradient balances the penalty."""
    wide = np.random.default_rng(1).standard_normal((N, 150))
    factors = np.ones(150)
    factors[:3] = [0.0, 0.5, 2.0]
    likelihood, alpha = LIKELIHOODS[family], 0.05
    found = _solve(form(wide), likelihood, [0.5, alpha], 0.0, _settings(1e-13, factors))
    assert found.converged.all()
    B = found.coefficients[1, 0]
    eta = wide @ B.T + found.intercepts[1, 0]
    slope = likelihood.gradient(eta[:, None])[:, 0]
    np.testing.assert_allclose(slope.T @ wide, -alpha * factors * B, atol=1e-6)


@pytest.mark.parametrize("family", LIKELIHOODS)
def test_more_columns_than_rows_without_a_penalty_end(family: str) -> None:
    """What can be met without error is, within the tolerance; nothing hangs or overflows."""
    wide = np.random.default_rng(1).standard_normal((N, 100))
    likelihood = LIKELIHOODS[family]
    found = _solve(wide, likelihood, [0.0], 0.5, _settings(1e-3))
    assert np.isfinite(found.coefficients).all()
    eta = wide @ found.coefficients[0, 0].T + found.intercepts[0, 0]
    null = np.broadcast_to(likelihood.null(), (N, 1, likelihood.responses))
    fallen = likelihood.value(null) - likelihood.value(eta[:, None])
    assert fallen[0] > 0.45 * likelihood.null_deviance


@pytest.mark.parametrize("size", [30.0, 300.0])
@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma", "cox"])
def test_huge_offsets_do_not_overflow(family: str, size: float) -> None:
    """Offsets over hundreds of units of the linear predictor leave finite solutions."""
    plain = LIKELIHOODS[family]
    offset = np.linspace(-size, size, N)
    event = RNG.uniform(size=N) < 0.7
    y = np.ceil(np.linspace(1, 5, N)) if isinstance(plain, CoxLoss) else plain.y  # type: ignore[attr-defined]
    likelihood = type(plain)(Observed(y, ONES, event, offset))  # type: ignore[call-arg]
    found = _solve(X, likelihood, [0.5, 0.1], 0.5, _settings(1e-7))
    assert np.isfinite(found.coefficients).all()
    assert np.isfinite(found.intercepts).all()


@pytest.mark.parametrize("family", LIKELIHOODS)
def test_rows_without_weight_say_nothing(family: str) -> None:
    """The solution is that without them, even where they are far away."""
    plain = LIKELIHOODS[family]
    rng = np.random.default_rng(0)
    y = rng.integers(1, 3, 2 * N).astype(float)
    if family == "binomial":
        y -= 1
    if family == "multinomial":
        y = rng.integers(0, 3, 2 * N).astype(float)
    event = rng.uniform(size=2 * N) < 0.7
    weight = np.concatenate([ONES, 0 * ONES])
    both = np.concatenate([X, 50 * X])

    def make(rows: int) -> Likelihood:
        observed = Observed(y[:rows], weight[:rows], event[:rows])
        if isinstance(plain, MultinomialLoss):
            return MultinomialLoss(observed, 3)
        return type(plain)(observed)  # type: ignore[call-arg]

    found = _solve(both, make(2 * N), [0.03], 0.5, _settings(1e-13))
    expected = _solve(X, make(N), [0.03], 0.5, _settings(1e-13))
    np.testing.assert_allclose(found.coefficients, expected.coefficients, atol=1e-6)


def test_what_is_not_reached_is_said() -> None:
    """A tolerance below rounding ends, and a solution with a larger gap counts as not converged."""
    found = _solve(X, LIKELIHOODS["gamma"], [0.1, 1e-3], 1.0, _settings(0.0))
    scale = LIKELIHOODS["gamma"].null_deviance
    assert np.all(found.dual_gaps < 1e-12 * scale)
    assert np.array_equal(found.converged, found.dual_gaps <= 1e-14 * scale)


@pytest.mark.parametrize("level", [3, 5, 7])
@pytest.mark.parametrize("n", [37, 51, 100])
def test_a_constant_target_leaves_nothing(level: int, n: int) -> None:
    """Counts that are all the same have a null deviance of 0, not of rounding below it."""
    likelihood = PoissonLoss(Observed(np.full(n, float(level)), np.ones(n)))
    assert likelihood.null_deviance >= 0.0
    rows = np.asfortranarray(np.random.default_rng(1).standard_normal((n, 4)))
    problem = LikelihoodProblem(rows, likelihood, fit_intercept=True)
    found = solve_likelihood(problem, np.full((1, 2), 0.1), np.array([0.5, 1.0]), TIGHT)
    np.testing.assert_allclose(found.coefficients, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.intercepts, np.log(level), atol=1e-7)
