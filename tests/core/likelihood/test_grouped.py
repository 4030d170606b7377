"""Paths of several targets with a feature in or out for all: other solvers, and the gap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, MultiTaskElasticNet, Ridge

from runner.core.likelihood import LikelihoodProblem, likelihood_alpha_max, solve_likelihood
from runner.core.likelihood.grouped_rows import GroupedRows
from runner.core.path import PathSettings, alpha_max, solve_path
from runner.core.path.settings import Limits
from runner.errors import FitError
from runner.family.multi_gaussian import SquaredErrors
from runner.records import Observed, RowProblem

if TYPE_CHECKING:
    from runner.core.likelihood import LikelihoodPaths
    from runner.records import Floats

GOLDEN = Path(__file__).parents[2] / "golden"
DATA = pd.read_csv(GOLDEN / "glmnet_mgaussian_data.csv")
PATHS = pd.read_csv(GOLDEN / "glmnet_mgaussian.csv")
FEATURES = ["disp", "hp", "drat", "wt", "vs", "gear"]
TARGETS = ["mpg", "qsec", "carb"]
CASES = list(PATHS[["case", "l1_ratio"]].drop_duplicates().itertuples(index=False, name=None))
TIGHT = PathSettings(tol=1e-14, max_iter=10_000)
SHAPES = [(120, 8), (40, 60)]
RATIOS = np.array([0.2, 0.5, 1.0])


def draw(n: int, q: int, targets: int = 3) -> tuple[Floats, Floats, Floats]:
    """Correlated columns off their centres, targets of unlike units, weights of 0 among others."""
    rng = np.random.default_rng(n)
    X = rng.standard_normal((n, q)) + rng.standard_normal((n, 1)) + 2.0
    slopes = np.zeros((q, targets))
    slopes[:3] = rng.standard_normal((3, targets))
    units = np.linspace(1.0, 3.0, targets)
    Y = (X @ slopes + rng.standard_normal((n, targets))) * units + 5.0
    return X, Y, rng.integers(0, 3, n).astype(float)


def pose(
    X: Floats | sparse.csc_array, Y: Floats, weight: Floats, *, fit_intercept: bool = True
) -> LikelihoodProblem:
    """The problem of these rows."""
    return LikelihoodProblem(X, SquaredErrors(Observed(Y, weight)), fit_intercept)


def penalties(problem: LikelihoodProblem) -> tuple[Floats, Floats]:
    """Five falling alphas beside each of the ratios, (5, 3) both."""
    largest = [likelihood_alpha_max(problem, ratio) for ratio in RATIOS]
    alphas = np.geomspace(1.0, 1e-2, 5)[:, None] * largest
    return alphas, np.broadcast_to(RATIOS, alphas.shape)


def objective(problem: LikelihoodProblem, paths: LikelihoodPaths, *point: Floats) -> Floats:
    """What is minimised, (a, c), from the formula."""
    X = np.asarray(problem.X)
    eta = np.einsum("nq,ackq->nack", X, paths.coefficients) + paths.intercepts
    n, a, c, K = eta.shape
    value = problem.likelihood.value(eta.reshape(n, a * c, K)).reshape(a, c)
    size = np.linalg.norm(paths.coefficients, axis=2)
    alphas, ratios = point
    penalty = ratios * size.sum(axis=2) + (1 - ratios) * (size**2).sum(axis=2) / 2
    return np.asarray(value + alphas * penalty)


@pytest.mark.parametrize("shape", SHAPES)
def test_scikit_learn_finds_the_same(shape: tuple[int, int]) -> None:
    """MultiTaskElasticNet on rows that are repeated as often as their weights say."""
    X, Y, weight = draw(*shape)
    problem = pose(X, Y, weight)
    alphas, ratios = penalties(problem)
    found = solve_likelihood(problem, alphas, ratios, TIGHT)
    rows = np.repeat(np.arange(len(X)), weight.astype(int))
    assert found.converged.all()
    for at in np.ndindex(alphas.shape):
        expected = MultiTaskElasticNet(
            alpha=alphas[at], l1_ratio=ratios[at], tol=1e-13, max_iter=100_000
        ).fit(X[rows], Y[rows])
        np.testing.assert_allclose(found.coefficients[at], expected.coef_, atol=1e-9)
        np.testing.assert_allclose(found.intercepts[at], expected.intercept_, atol=1e-8)


@pytest.mark.parametrize(("case", "ratio"), CASES)
def test_coefficients_are_those_of_glmnet(case: str, ratio: float) -> None:
    """Of tests/golden/make_glmnet_mgaussian.R, to 1e-6; the null deviance too."""
    golden = PATHS.query("case == @case and l1_ratio == @ratio")
    weight = DATA["weight"].to_numpy(dtype=float) if case == "weights" else np.ones(len(DATA))
    X = DATA[FEATURES].to_numpy(dtype=float)
    X = X - weight @ X / weight.sum()
    X = X / np.sqrt(weight @ X**2 / weight.sum())
    problem = pose(X, DATA[TARGETS].to_numpy(dtype=float), weight)
    alphas = golden["alpha"].drop_duplicates().to_numpy()[:, None]
    factors = golden.groupby("feature")["factor"].first()[FEATURES].to_numpy(dtype=float)
    found = solve_likelihood(
        problem, alphas, np.full_like(alphas, ratio), replace(TIGHT, penalty_factors=factors)
    )
    assert found.converged.all()
    both = np.concatenate([found.intercepts[..., None], found.coefficients], axis=3)[:, 0]
    values = golden["coefficient"].to_numpy(copy=True)
    expected = values.reshape(len(TARGETS), len(alphas), -1).swapaxes(0, 1)
    np.testing.assert_allclose(both, expected, atol=1e-6)
    assert problem.likelihood.null_deviance == pytest.approx(golden["null_deviance"].iloc[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gap_is_no_less_than_what_is_left_to_gain(shape: tuple[int, int]) -> None:
    """Of loose solutions, whose gaps are within the tolerance and yet above rounding."""
    X, Y, weight = draw(*shape)
    problem = pose(X, Y, weight)
    point = penalties(problem)
    loose = solve_likelihood(problem, *point, PathSettings(tol=1e-3, max_iter=1000))
    least = objective(problem, solve_likelihood(problem, *point, TIGHT), *point)
    left = objective(problem, loose, *point) - least
    rounding = 1e-12 * problem.likelihood.null_deviance
    assert np.all(left >= -rounding)
    assert np.all(left <= loose.dual_gaps + rounding)
    assert loose.converged.all()
    assert 1e-7 < loose.dual_gaps.max() / problem.likelihood.null_deviance <= 1e-3


@pytest.mark.parametrize("shape", SHAPES)
def test_a_gap_of_any_coefficients_is_an_upper_bound(shape: tuple[int, int]) -> None:
    """However far they are from the solution, and more so the further they are."""
    X, Y, weight = draw(*shape)
    problem = pose(X, Y, weight)
    alphas, ratios = penalties(problem)
    point = alphas[3:4], ratios[3:4]
    # one sweep is all that is granted, from a start that is off
    off = np.random.default_rng(1).standard_normal(Y.shape[1] * X.shape[1])
    settings = PathSettings(tol=0.0, max_iter=1, start=off)
    least = objective(problem, solve_likelihood(problem, *point, TIGHT), *point)
    rough = solve_likelihood(problem, *point, settings)
    assert not rough.converged.any()
    assert np.all(objective(problem, rough, *point) - least <= rough.dual_gaps)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_one_target_is_the_path_of_squared_error(shape: tuple[int, int], ratio: float) -> None:
    """With penalty factors, 0 among them, it is what `core.path` finds."""
    X, Y, weight = draw(*shape, targets=1)
    factors = np.linspace(0.0, 2.0, X.shape[1])
    settings = replace(TIGHT, tol=1e-12, penalty_factors=factors)
    share = weight / weight.sum()
    rows = RowProblem(X, Y[:, 0] - share @ Y[:, 0], weight, share @ X, np.ones(X.shape[1]))
    largest = alpha_max(rows, ratio, settings)
    alphas = largest * np.array([1.0, 0.3, 0.1, 0.03])
    expected = solve_path(rows, alphas, ratio, settings=settings)
    problem = pose(X, Y, weight)
    found = solve_likelihood(problem, alphas[:, None], np.full((4, 1), ratio), settings)
    assert expected.converged.all()
    assert found.converged.all()
    settings = PathSettings(tol=1e-12, max_iter=1000, penalty_factors=factors)
    assert likelihood_alpha_max(problem, ratio, settings) == pytest.approx(largest, rel=1e-9)
    np.testing.assert_allclose(found.coefficients[:, 0, 0].T, expected.coefficients, atol=1e-5)


def test_a_factor_is_a_scale_of_its_column() -> None:
    """By the lasso a column of factor 2 is one that is divided by 2, all targets alike."""
    X, Y, weight = draw(*SHAPES[0])
    problem = pose(X, Y, weight)
    alphas, ratios = penalties(problem)
    factors = np.array([2.0, 1.0, 0.5, 1.0, 1.0, 3.0, 1.0, 1.0])
    found = solve_likelihood(
        problem, alphas[:, 2:], ratios[:, 2:], replace(TIGHT, penalty_factors=factors)
    )
    scaled = solve_likelihood(pose(X / factors, Y, weight), alphas[:, 2:], ratios[:, 2:], TIGHT)
    np.testing.assert_allclose(found.coefficients, scaled.coefficients / factors, atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_without_l1_each_target_is_by_itself(shape: tuple[int, int]) -> None:
    """Ridge and, where rows suffice, least squares as scikit-learn finds them."""
    X, Y, weight = draw(*shape)
    alphas, ratios = np.array([[0.5, 0.0], [0.1, 0.0]]), np.array([[0.0, 0.7], [0.0, 1.0]])
    found = solve_likelihood(pose(X, Y, weight), alphas, ratios, TIGHT)
    assert found.converged.all()
    ridge = Ridge(alpha=0.1 * weight.sum()).fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(found.coefficients[1, 0], ridge.coef_, atol=1e-8)
    np.testing.assert_allclose(found.intercepts[1, 0], ridge.intercept_, atol=1e-8)
    if len(X) > X.shape[1]:
        least = LinearRegression().fit(X, Y, sample_weight=weight)
        np.testing.assert_allclose(found.coefficients[0, 1], least.coef_, atol=1e-8)
    else:
        left = Y - X @ found.coefficients[0, 1].T - found.intercepts[0, 1]
        np.testing.assert_allclose(left[weight > 0], 0.0, atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_alpha_max_lets_nothing_in(shape: tuple[int, int]) -> None:
    """At it all coefficients are 0, a little below a feature is in, for all targets."""
    problem = pose(*draw(*shape))
    largest = likelihood_alpha_max(problem, 0.5)
    alphas = largest * np.array([[1.0], [0.999]])
    found = solve_likelihood(problem, alphas, np.full((2, 1), 0.5), TIGHT)
    assert not found.coefficients[0].any()
    assert np.count_nonzero(found.coefficients[1, 0].all(axis=0)) == 1
    assert np.count_nonzero(found.coefficients[1, 0]) == 3


@pytest.mark.parametrize("shape", SHAPES)
def test_sparse_columns_give_the_same(shape: tuple[int, int]) -> None:
    """As dense ones of the same values."""
    X, Y, weight = draw(*shape)
    X = X * (X > 2.5)
    dense = pose(X, Y, weight)
    point = penalties(dense)
    thin = pose(sparse.csc_array(X), Y, weight)
    found = solve_likelihood(thin, *point, TIGHT)
    expected = solve_likelihood(dense, *point, TIGHT)
    np.testing.assert_allclose(found.coefficients, expected.coefficients, atol=1e-8)
    assert likelihood_alpha_max(thin, 1.0) == pytest.approx(likelihood_alpha_max(dense, 1.0))


def test_without_an_intercept_nothing_is_centred() -> None:
    """As scikit-learn's fit_intercept=False."""
    X, Y, _ = draw(*SHAPES[0])
    problem = pose(X, Y, np.ones(len(X)), fit_intercept=False)
    found = solve_likelihood(problem, np.array([[0.5]]), np.array([[0.5]]), TIGHT)
    expected = MultiTaskElasticNet(
        alpha=0.5, l1_ratio=0.5, fit_intercept=False, tol=1e-13, max_iter=100_000
    ).fit(X, Y)
    np.testing.assert_allclose(found.coefficients[0, 0], expected.coef_, atol=1e-9)
    assert not found.intercepts.any()


def test_columns_that_depend_on_others_converge() -> None:
    """A column twice, a constant one and a sum of two: the objective has its minimum."""
    X, Y, weight = draw(*SHAPES[0])
    more = np.column_stack([X, X[:, 0], np.full(len(X), 7.0), X[:, 1] + X[:, 2]])
    alphas, ratios = penalties(pose(more, Y, weight))
    found = solve_likelihood(pose(more, Y, weight), alphas, ratios, replace(TIGHT, tol=1e-10))
    assert found.converged.all()
    assert not found.coefficients[..., 9].any()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_start_changes_the_way_and_not_the_end(shape: tuple[int, int]) -> None:
    """From a neighbour's solution, response by response, and from far away."""
    X, Y, weight = draw(*shape)
    problem = pose(X, Y, weight)
    alphas, ratios = (part[2:4, 1:2] for part in penalties(problem))
    both = solve_likelihood(problem, alphas, ratios, TIGHT).coefficients[:, 0]
    far = np.random.default_rng(0).standard_normal(both[0].size)
    for start in (both[0].ravel(), far):
        settings = replace(TIGHT, start=start)
        found = solve_likelihood(problem, alphas[1:], ratios[1:], settings)
        assert found.converged.all()
        np.testing.assert_allclose(found.coefficients[0, 0], both[1], atol=1e-8)


def test_correlated_columns_take_few_sweeps() -> None:
    """Newton's method ends what would take thousands of sweeps."""
    X, Y, weight = draw(300, 20)
    X = X + 10 * np.random.default_rng(0).standard_normal((300, 1))
    problem = pose(X, Y, weight)
    alphas, ratios = penalties(problem)
    found = solve_likelihood(problem, alphas * 1e-2, ratios, replace(TIGHT, tol=1e-10))
    assert found.converged.all()
    assert found.iterations.max() < 200


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (replace(TIGHT, positive=True), "model.positive=false"),
        (replace(TIGHT, limits=Limits(np.full(8, -1.0), np.full(8, 1.0))), "model.limits=null"),
    ],
)
def test_bounds_are_refused(settings: PathSettings, key: str) -> None:
    """The message names the key, and what to choose instead."""
    problem = pose(*draw(*SHAPES[0]))
    with pytest.raises(FitError, match=f"family=multi_gaussian cannot bound .* choose {key}"):
        solve_likelihood(problem, np.array([[1.0]]), np.array([[0.5]]), settings)


def test_few_rows_say_what_all_say() -> None:
    """The rows of a Gram have its cross products, also where it is singular."""
    X, Y, _ = draw(*SHAPES[0])
    for whole in (X, np.column_stack([X, X[:, 0] - X[:, 1]])):
        rows = GroupedRows.of_gram(whole.T @ whole, whole.T @ Y, float(np.vdot(Y, Y)))
        assert len(rows.A) <= whole.shape[1]
        np.testing.assert_allclose(rows.A.T @ rows.A, whole.T @ whole, rtol=1e-10)
        np.testing.assert_allclose(rows.A.T @ rows.T, whole.T @ Y, rtol=1e-9)
        assert rows.square == pytest.approx(float(np.vdot(Y, Y)))
