"""Many sparse columns: what is found by rows is what cross products, and glmnet, find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from runner.core.likelihood import LikelihoodProblem, descended_rows, solve_likelihood
from runner.core.likelihood.by_rows import follow_by_rows, suits_rows
from runner.core.path import Limits, PathSettings
from runner.core.path.native.follow_losses import follow_losses
from runner.core.path.native.library import library
from runner.family.binomial import LogLoss
from runner.family.cox import CoxLoss
from runner.family.gamma import GammaLoss
from runner.family.multinomial import MultinomialLoss
from runner.family.poisson import PoissonLoss
from runner.records import Observed

if TYPE_CHECKING:
    from runner.core.likelihood import Likelihood
    from runner.core.path.native.follow_losses import FollowedLosses
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")

N, Q = 150, 300
SETTINGS = PathSettings(tol=1e-10, max_iter=100_000)
SHARES = np.array([0.7, 0.3, 0.1])  # of the largest alpha


def make_rows() -> Floats:
    """Rows (n, q) of which 2 % are not 0, in columns of one scale."""
    rng = np.random.default_rng(3)
    X = rng.uniform(0.5, 1.5, (N, Q)) * (rng.uniform(size=(N, Q)) < 0.02)
    X[:, :4] = rng.uniform(0.5, 1.5, (N, 4)) * (rng.uniform(size=(N, 4)) < 0.3)
    return X


def make_likelihood(family: str, X: Floats) -> Likelihood:
    """Targets of a family, of which four columns tell, with weights and offsets."""
    rng = np.random.default_rng(4)
    weight = rng.integers(1, 3, N).astype(float)
    offset = 0.2 * rng.standard_normal(N)
    eta = X[:, :4] @ [1.5, -1.5, 1.0, -1.0] + offset
    match family:
        case "binomial":
            y = (rng.uniform(size=N) < 1 / (1 + np.exp(-eta))).astype(float)
            return LogLoss(Observed(y, weight, None, offset))
        case "poisson":
            y = rng.poisson(np.exp(eta)).astype(float)
            return PoissonLoss(Observed(y, weight, None, offset))
        case "gamma":
            return GammaLoss(Observed(rng.gamma(2, np.exp(eta)), weight, None, offset))
        case "multinomial":
            y = np.digitize(eta + rng.logistic(size=N), [-0.7, 0.7]).astype(float)
            return MultinomialLoss(Observed(y, weight), 3)
        case _:
            time = np.ceil(3 * rng.exponential(np.exp(-eta)))
            return CoxLoss(Observed(time, weight, rng.uniform(size=N) < 0.7, offset))


def largest(likelihood: Likelihood, X: Floats) -> float:
    """The least alpha of the lasso at which all coefficients are 0."""
    eta = np.broadcast_to(likelihood.null(), (N, 1, likelihood.responses))
    return float(np.abs(X.T @ likelihood.gradient(eta)[:, 0]).max())


@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma", "multinomial", "cox"])
def test_rows_and_cross_products_have_one_minimum(family: str) -> None:
    """Coefficients, intercepts and gaps are those that dense columns give, for three l1_ratios."""
    X = make_rows()
    likelihood = make_likelihood(family, X)
    ratios = np.array([1.0, 0.5, 0.1])
    alphas = largest(likelihood, X) * SHARES[:, None] / ratios
    dense = solve_likelihood(LikelihoodProblem(X, likelihood, True), alphas, ratios, SETTINGS)
    problem = LikelihoodProblem(sparse.csc_array(X), likelihood, fit_intercept=True)
    found = follow_by_rows(problem, alphas, np.broadcast_to(ratios, (3, 3)), SETTINGS)
    assert found.converged.all()
    np.testing.assert_allclose(found.coefficients, dense.coefficients, atol=2e-4)
    # those of several classes are free up to a constant
    several = likelihood.responses > 1
    left, right = (
        i - several * i.mean(axis=2, keepdims=True) for i in (found.intercepts, dense.intercepts)
    )
    np.testing.assert_allclose(left, right, atol=2e-4)
    assert found.dual_gaps.max() <= 1.01e-10 * likelihood.null_deviance


def test_a_small_alpha_alone_is_the_end_of_a_path() -> None:
    """A penalty that is asked for by itself has the solution that a path to it has."""
    X = make_rows()
    problem = LikelihoodProblem(sparse.csc_array(X), make_likelihood("binomial", X), True)
    alphas = largest(problem.likelihood, X) * np.geomspace(1.0, 0.05, 30)[:, None]
    ratio = np.ones((1, 1))
    path = follow_by_rows(problem, alphas, np.ones((30, 1)), SETTINGS)
    alone = follow_by_rows(problem, alphas[-1:], ratio, SETTINGS)
    np.testing.assert_allclose(alone.coefficients[0], path.coefficients[-1], atol=2e-4)


def test_without_an_intercept_none_is_fitted() -> None:
    """The gradient of a column in the model is alpha, with the intercept held at 0."""
    X = make_rows()
    problem = LikelihoodProblem(sparse.csc_array(X), make_likelihood("binomial", X), False)
    alpha = 0.3 * largest(problem.likelihood, X)
    found = follow_by_rows(problem, np.array([[alpha]]), np.ones((1, 1)), SETTINGS)
    b = found.coefficients[0, 0, 0]
    slope = problem.likelihood.gradient((X @ b)[:, None, None])[:, 0, 0]
    assert found.intercepts[0, 0, 0] == 0
    assert (b != 0).sum() > 3
    np.testing.assert_allclose(np.abs(X.T @ slope)[b != 0], alpha, rtol=1e-3)


def test_what_rows_cannot_do_is_left_to_cross_products() -> None:
    """Few or dense columns, factors and limits have the general solver."""
    few = make_rows()
    X = np.tile(few, 4)
    likelihood = make_likelihood("binomial", X)
    wide = LikelihoodProblem(sparse.csc_array(X), likelihood, True)
    limits = Limits(np.full(4 * Q, -1.0), np.full(4 * Q, 1.0))
    assert suits_rows(wide, SETTINGS)
    assert not suits_rows(LikelihoodProblem(X, likelihood, True), SETTINGS)
    assert not suits_rows(LikelihoodProblem(sparse.csc_array(few), likelihood, True), SETTINGS)
    for kept in ({"penalty_factors": np.ones(4 * Q)}, {"limits": limits}, {"positive": True}):
        assert not suits_rows(wide, PathSettings(tol=1e-7, max_iter=10, **kept))


def binomial_path(steps: int = 20) -> tuple[LikelihoodProblem, Floats]:
    """A problem of sparse columns and falling alphas, (a, 1)."""
    X = make_rows()
    problem = LikelihoodProblem(sparse.csc_array(X), make_likelihood("binomial", X), True)
    return problem, largest(problem.likelihood, X) * np.geomspace(0.9, 0.1, steps)[:, None]


@pytest.mark.parametrize("patience", [0, 1, 5, 20])
def test_what_is_slow_is_solved_otherwise(monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
    """A path that compiled descent leaves, at its first alpha or a later one, is gone on with."""
    problem, alphas = binomial_path()
    whole = follow_by_rows(problem, alphas, np.ones(alphas.shape), SETTINGS)
    monkeypatch.setattr(descended_rows, "PATIENCE", patience)
    left = follow_by_rows(problem, alphas, np.ones(alphas.shape), SETTINGS)
    assert left.converged.all()
    np.testing.assert_allclose(left.coefficients, whole.coefficients, atol=2e-4)
    np.testing.assert_allclose(left.intercepts, whole.intercepts, atol=2e-4)


def test_a_word_that_is_not_kept_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the solver's last gap is not that of its coefficients, nothing of its is taken."""
    problem, alphas = binomial_path()
    whole = follow_by_rows(problem, alphas, np.ones(alphas.shape), SETTINGS)
    true, asked = follow_losses, []

    def false(*args: Any, **kwargs: Any) -> FollowedLosses | None:  # noqa: ANN401 - passed on
        found = true(*args, **kwargs)
        asked.append(found)
        if found is not None:
            found.coefficients[-1] *= 1.1
        return found

    monkeypatch.setattr(descended_rows, "follow_losses", false)
    mended = follow_by_rows(problem, alphas, np.ones(alphas.shape), SETTINGS)
    assert (library() is not None) == bool(asked)
    assert mended.converged.all()
    np.testing.assert_allclose(mended.coefficients, whole.coefficients, atol=2e-4)


def test_a_start_is_gone_on_from() -> None:
    """From the coefficients of an alpha to the next, as from nothing."""
    problem, alphas = binomial_path()
    whole = follow_by_rows(problem, alphas, np.ones(alphas.shape), SETTINGS)
    start = whole.coefficients[9, 0, 0]
    further = follow_by_rows(problem, alphas[10:], np.ones((10, 1)), replace(SETTINGS, start=start))
    np.testing.assert_allclose(further.coefficients, whole.coefficients[10:], atol=2e-4)


def test_a_start_may_have_what_says_nothing() -> None:
    """A coefficient of a column without entries, or of the same entry everywhere, becomes 0."""
    X = make_rows()
    X[:, 10] = 0.0
    X[:, 11] = 1.0
    problem = LikelihoodProblem(sparse.csc_array(X), make_likelihood("binomial", X), True)
    alphas = largest(problem.likelihood, X) * SHARES[:, None]
    whole = follow_by_rows(problem, alphas, np.ones((3, 1)), SETTINGS)
    start = whole.coefficients[0, 0, 0].copy()
    start[10], start[11] = 0.5, -0.5
    found = follow_by_rows(problem, alphas, np.ones((3, 1)), replace(SETTINGS, start=start))
    assert found.converged.all()
    assert not found.coefficients[..., 10:12].any()
    np.testing.assert_allclose(found.coefficients, whole.coefficients, atol=2e-4)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("family", ["binomial", "poisson", "gamma"])
def test_a_saved_model_has_many_digits(family: str, count: int) -> None:
    """At the tolerance of a refit each gradient is that of its penalty to nine digits."""
    X = make_rows()
    likelihood = make_likelihood(family, X)
    alphas = largest(likelihood, X) * np.geomspace(0.5, 0.2, count)[:, None]
    problem = LikelihoodProblem(sparse.csc_array(X), likelihood, True)
    tight = PathSettings(tol=1e-12, max_iter=1000)
    found = follow_by_rows(problem, alphas, np.full((count, 1), 0.5), tight)
    for alpha, b, b0 in zip(alphas, found.coefficients, found.intercepts, strict=True):
        own = b[0, 0]
        slope = likelihood.gradient((X @ own + b0[0, 0])[:, None, None])[:, 0, 0]
        left = X.T @ slope + 0.5 * alpha[0] * (np.sign(own) + own)
        assert (own != 0).sum() > 2
        np.testing.assert_allclose(left[own != 0], 0.0, atol=1e-9)
        assert (np.abs(left[own == 0]) <= 0.5 * alpha[0] * (1 + 1e-9)).all()
        assert slope.sum() == pytest.approx(0.0, abs=1e-12)


def test_each_step_is_counted() -> None:
    """One where nothing is to be gained, and some where something is."""
    problem, alphas = binomial_path()
    beyond = np.concatenate([2 * alphas[:1], alphas[10:]])
    found = follow_by_rows(problem, beyond, np.ones(beyond.shape), SETTINGS)
    assert found.iterations[0] == 1
    assert (found.iterations[1:] > 1).any()


def test_formulas_of_a_derived_class_are_its_own() -> None:
    """What changes a loss is not solved by the compiled one."""

    class Doubled(LogLoss):
        def loss(self, y: Floats, eta: Floats) -> Floats:
            return 2 * super().loss(y, eta)

    observed = Observed(np.array([0.0, 1.0, 1.0]), np.ones(3))
    assert (LogLoss(observed).outcome is None) == (library() is None)
    assert Doubled(observed).outcome is None
