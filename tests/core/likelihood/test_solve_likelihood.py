"""Paths of penalised likelihoods: their gaps, their steps, and what other solvers find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from squared_error import SquaredError

from runner.core.likelihood import LikelihoodProblem, solve_likelihood
from runner.core.likelihood.solve_likelihood import _Solver
from runner.core.path import PathSettings, solve_path
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed, RowProblem

if TYPE_CHECKING:
    from runner.core.likelihood import Likelihood, LikelihoodPaths
    from runner.core.likelihood.problem import Penalty
    from runner.core.likelihood.quadratic import Step
    from runner.records import Floats, Integers

pytestmark = pytest.mark.usefixtures("core")

FAMILIES = ("gaussian", "binomial", "poisson", "gamma", "multinomial", "cox")
RATIOS = np.array([0.0, 0.5, 1.0])


def _problem(family: str, n: int = 120, q: int = 8, *, seed: int = 0) -> LikelihoodProblem:
    """Correlated standardised columns, of which two matter, with weights and an offset."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, q)) + rng.standard_normal((n, 1))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    weight = rng.integers(0, 3, n).astype(float)
    offset = 0.3 * rng.standard_normal(n)
    eta = 0.7 * X[:, 0] - 0.5 * X[:, 1] + offset
    return LikelihoodProblem(X, _draw(family, eta, weight, offset, rng), fit_intercept=True)


def _draw(
    family: str, eta: Floats, weight: Floats, offset: Floats, rng: np.random.Generator
) -> Likelihood:
    """A likelihood of targets with these linear predictors."""
    n = len(eta)
    match family:
        case "gaussian":
            return SquaredError(Observed(eta + rng.standard_normal(n), weight, None, offset))
        case "binomial":
            y = (rng.uniform(size=n) < 1 / (1 + np.exp(-eta))).astype(float)
            return LogLoss(Observed(y, weight, None, offset))
        case "poisson":
            return PoissonLoss(
                Observed(rng.poisson(np.exp(eta)).astype(float), weight, None, offset)
            )
        case "gamma":
            return GammaLoss(Observed(rng.gamma(2, np.exp(eta)), weight, None, offset))
        case "multinomial":
            y = np.digitize(eta + rng.logistic(size=n), [-0.7, 0.7]).astype(float)
            return MultinomialLoss(Observed(y, weight), 3)
        case _:
            time = np.ceil(3 * rng.exponential(np.exp(-eta)))
            return CoxLoss(Observed(time, weight, rng.uniform(size=n) < 0.7, offset))


def _largest(problem: LikelihoodProblem) -> float:
    """The least alpha of the lasso at which all coefficients are 0."""
    likelihood = problem.likelihood
    eta = np.broadcast_to(likelihood.null(), (problem.X.shape[0], 1, likelihood.responses))
    return float(np.abs(problem.X.T @ likelihood.gradient(eta)[:, 0]).max())


def _alphas(problem: LikelihoodProblem, count: int = 6, least: float = 1e-3) -> Floats:
    return np.geomspace(1.0, least, count)[:, None] * _largest(problem) / np.ones(len(RATIOS))


def _solve(problem: LikelihoodProblem, tol: float) -> LikelihoodPaths:
    return solve_likelihood(problem, _alphas(problem), RATIOS, PathSettings(tol=tol, max_iter=1000))


def _objective(problem: LikelihoodProblem, found: LikelihoodPaths) -> Floats:
    """From its definition, (a, c)."""
    B = found.coefficients
    a, c, K, q = B.shape
    n = problem.X.shape[0]
    eta = (problem.X @ B.reshape(-1, q).T).reshape(n, a, c, K) + found.intercepts
    value = problem.likelihood.value(eta.reshape(n, a * c, K)).reshape(a, c)
    l1, l2 = np.abs(B).sum(axis=(2, 3)), (B**2).sum(axis=(2, 3)) / 2
    return np.asarray(value + _alphas(problem) * (RATIOS * l1 + (1 - RATIOS) * l2))


@pytest.mark.parametrize("shape", [(120, 8), (40, 200)])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_gap_bounds_what_is_left(family: str, shape: tuple[int, int]) -> None:
    """At a loose tolerance no objective is further above the tight one than its gap says."""
    problem = _problem(family, *shape)
    loose, tight = _solve(problem, 1e-3), _solve(problem, 1e-12)
    assert tight.converged.all()
    assert loose.converged.all()
    excess = _objective(problem, loose) - _objective(problem, tight)
    scale = problem.likelihood.null_deviance
    assert np.all(excess <= loose.dual_gaps + 1e-11 * scale)
    assert np.all(excess >= -1e-11 * scale)
    assert excess.max() > 1e-7 * scale
    assert np.all(tight.dual_gaps <= 1.1e-12 * scale)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_objective_never_rises(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step ends no higher than it began, for every alpha and model."""
    seen = []
    move = _Solver._move

    def objective(solver: _Solver, penalty: Penalty, models: Integers) -> Floats:
        state = solver.state
        return np.asarray(state.value[models] + penalty.value(models, state.parameters[models]))

    def watched(self: _Solver, penalty: Penalty, models: Integers, steps: list[Step]) -> None:
        before = objective(self, penalty, models)
        move(self, penalty, models, steps)
        seen.append((objective(self, penalty, models) - before).max())

    monkeypatch.setattr(_Solver, "_move", watched)
    _solve(_problem(family), 1e-9)
    assert len(seen) > 5
    assert max(seen) <= 1e-14
    assert min(seen) < -1e-3


def test_squared_error_is_the_least_squares_engine() -> None:
    """Both engines find the same path."""
    problem = _problem("gaussian")
    likelihood = problem.likelihood
    assert isinstance(likelihood, SquaredError)
    bare = SquaredError(Observed(likelihood.y, likelihood.share))
    problem = LikelihoodProblem(problem.X, bare, fit_intercept=True)
    found = _solve(problem, 1e-14)
    mean = bare.share @ problem.X
    y = bare.y - bare.share @ bare.y
    rows = RowProblem(problem.X, y, bare.share, mean, np.ones_like(mean))
    for model, ratio in enumerate(RATIOS):
        settings = PathSettings(tol=1e-14, max_iter=10000)
        path = solve_path(rows, _alphas(problem)[:, model], float(ratio), settings=settings)
        np.testing.assert_allclose(found.coefficients[:, model, 0], path.coefficients.T, atol=1e-7)


def test_relabelled_classes_are_permuted() -> None:
    """Coefficients go with their class."""
    problem = _problem("multinomial")
    likelihood = problem.likelihood
    assert isinstance(likelihood, MultinomialLoss)
    order = np.array([2, 0, 1])
    other = MultinomialLoss(Observed(order[likelihood.code].astype(float), likelihood.share), 3)
    found = _solve(problem, 1e-13)
    moved = _solve(LikelihoodProblem(problem.X, other, fit_intercept=True), 1e-13)
    np.testing.assert_allclose(moved.coefficients[:, :, order], found.coefficients, atol=1e-6)


@pytest.mark.parametrize("family", ["poisson", "gamma"])
def test_a_rescaled_exposure_shifts_the_intercept(family: str) -> None:
    """Twice the exposure everywhere takes log 2 off the intercept and leaves the rest."""
    problem = _problem(family)
    likelihood: Any = problem.likelihood
    doubled = type(likelihood)(
        Observed(likelihood.y, likelihood.share, None, likelihood.offset + np.log(2))
    )
    found = _solve(problem, 1e-13)
    moved = _solve(LikelihoodProblem(problem.X, doubled, fit_intercept=True), 1e-13)
    np.testing.assert_allclose(moved.coefficients, found.coefficients, atol=1e-6)
    np.testing.assert_allclose(moved.intercepts, found.intercepts - np.log(2), atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_sparse_columns_give_the_same(family: str) -> None:
    """A sparse matrix is solved as the dense one is."""
    problem = _problem(family)
    X = np.array(problem.X)
    X[np.abs(X) < 1] = 0.0
    dense = LikelihoodProblem(X, problem.likelihood, fit_intercept=True)
    thin = LikelihoodProblem(sparse.csc_array(X), problem.likelihood, fit_intercept=True)
    np.testing.assert_allclose(
        _solve(thin, 1e-13).coefficients, _solve(dense, 1e-13).coefficients, atol=1e-6
    )


@pytest.mark.parametrize("family", ["binomial", "multinomial", "poisson", "gamma"])
def test_ridge_agrees_with_scikit_learn(family: str) -> None:
    """L2 alone: LogisticRegression's C is 1 / (alpha W), the others' alpha is ours."""
    from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor

    problem = _problem(family)
    likelihood: Any = problem.likelihood
    y = likelihood.code if family == "multinomial" else likelihood.y
    weight = likelihood.share
    bare = (
        MultinomialLoss(Observed(y, weight), 3)
        if family == "multinomial"
        else type(likelihood)(Observed(y, weight))
    )
    alpha = 0.03
    found = solve_likelihood(
        LikelihoodProblem(problem.X, bare, fit_intercept=True),
        np.full((1, 1), alpha),
        np.zeros(1),
        PathSettings(tol=1e-14, max_iter=1000),
    )
    settings = {"tol": 1e-10, "solver": "newton-cholesky"}
    if family in ("binomial", "multinomial"):
        # weights that add up to 1 make C = 1 / alpha
        peer = LogisticRegression(C=1 / alpha, max_iter=1000, **settings)
    else:
        kind = PoissonRegressor if family == "poisson" else GammaRegressor
        peer = kind(alpha=alpha, max_iter=1000, **settings)
    peer.fit(problem.X, y, weight)
    expected = np.atleast_2d(peer.coef_)
    np.testing.assert_allclose(found.coefficients[0, 0], expected, atol=1e-6)
    shift = found.intercepts[0, 0] - np.atleast_1d(peer.intercept_)
    np.testing.assert_allclose(shift - shift.mean() * (family == "multinomial"), 0.0, atol=1e-6)
