"""The active set: exact from any start, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, Lasso

from runner.core.path import PathSettings, active_set, alpha_max
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
    lower = np.zeros(len(start)) if positive else None
    return active_set.solve_near(problem, l1, l2, start, lower=lower)


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
    alpha = share * alpha_max(problem, l1_ratio, PathSettings(0.0, 1, positive=positive))
    assume(alpha >= 1e-6)  # else nothing correlates with the target in the right direction
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


def lasso_objective(X: Floats, y: Floats, b: Floats, alpha: float) -> float:
    """Half the mean squared residual and alpha times the L1 norm, from the rows."""
    return float(np.mean((y - X @ b) ** 2) / 2 + alpha * np.abs(b).sum())


MIXES = [
    ([1.0, 1.0], [0.3, 0.4, 0.2]),  # the sum has the smaller norm
    ([1.0, 1.0], [-0.3, -0.4, -0.2]),
    ([0.3, 0.3], [0.3, 0.4, 0.2]),  # the parts have
    ([1.0, -1.0], [0.3, -0.4, 0.2]),
    ([1.0, -1.0], [-0.3, 0.4, 0.2]),
    ([-0.2, 0.1], [0.1, 0.2, -0.3]),
]


def mixed_rows(mix: list[float]) -> tuple[Floats, Floats]:
    """Two columns and one that is a mix of them, and a target."""
    X, y = make_rows(3, p=3)
    return np.column_stack([X[:, :2], X[:, :2] @ mix]), y


@pytest.mark.parametrize("alpha", [1e-6, 0.3])
@pytest.mark.parametrize(("mix", "old"), MIXES)
def test_dependent_columns_move_the_way_the_objective_falls(
    mix: list[float], old: list[float], alpha: float
) -> None:
    """Where one column is a mix of two, a step changes no prediction and lowers the L1 norm."""
    X, y = mixed_rows(mix)
    start = np.array(old)
    pull = alpha * np.sign(start)
    target = active_set._down_the_valley(pose(X, y), np.arange(3), pull, np.zeros(3), start)
    step = 1e-6 * (target - start)
    assert np.abs(step).max() > 1e-3
    np.testing.assert_allclose(X @ (start + step), X @ start, atol=1e-9)
    lower = lasso_objective(X, y, start + step, alpha) - lasso_objective(X, y, start, alpha)
    # along (mix, -1) the norm changes by mix'sign - sign, one way or the other
    slope = abs(np.dot(mix, np.sign(start[:2])) - np.sign(start[2]))
    share = np.abs(step[2])
    assert lower == pytest.approx(-alpha * slope * share, rel=1e-6, abs=1e-13)


@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize(("mix", "old"), MIXES)
def test_dependent_columns_end_at_the_minimum(
    mix: list[float], old: list[float], alpha: float
) -> None:
    """From a support with a column too many the objective is as low as scikit-learn's."""
    X, y = mixed_rows(mix)
    found = solve_near(pose(X, y), alpha, 1.0, np.array(old), positive=False)
    assert found is not None
    model = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=1_000_000).fit(X, y)
    best = lasso_objective(X, y, model.coef_, alpha)
    assert lasso_objective(X, y, found[0], alpha) <= best + 1e-9


def test_a_penalty_below_rounding_still_ends_at_a_zero() -> None:
    """Where the gradient is rounding, dependent columns move towards 0 and not away from it."""
    # of opposite columns both coefficients fall together; the cross products are 1e-10 amiss
    gram = np.array([[1.0, -1.0], [-1.0, 1.0]])
    for amiss in (1e-10, -1e-10):
        problem = GramProblem(gram, np.array([0.3, -0.3 + amiss]), 1.0)
        start, pull = np.array([0.5, 0.5]), np.full(2, 1e-14)
        target = active_set._down_the_valley(problem, np.arange(2), pull, np.zeros(2), start)
        assert np.all(target < 0)


@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize(("share", "depends"), [(1e-7, True), (1e-5, False)])
def test_nearly_dependent_columns_count_as_dependent(
    share: float, depends: bool, unit: float
) -> None:
    """A column of which others leave 1e-14 of its square has no minimum, one of 1e-10 has."""
    rng = np.random.default_rng(4)
    Q = np.linalg.qr(rng.standard_normal((30, 4)))[0] * np.sqrt(30)
    X = np.column_stack([Q[:, :3], Q[:, 0] + Q[:, 1] + share * Q[:, 3]])
    y = X @ [1.0, 2.0, 3.0, 0.0] + rng.standard_normal(30)
    problem = pose(unit * X, y)
    found = active_set.stationary(problem, np.arange(4), np.full(4, 0.1 * unit), np.zeros(4))
    assert depends == (found is None)
    if found is not None:
        left = problem.gram @ found - problem.xy + 0.1 * unit
        np.testing.assert_allclose(left / unit, 0, atol=1e-6)


@pytest.mark.parametrize(
    ("sign", "old", "target", "moved", "left"),
    [
        ([1, 1, 1], [2, 3, 4], [-2, -1, 5], [0, 1, 4.5], [0]),  # shares 1/2 and 3/4 of the way
        ([1, 1, 1], [2, 3, 4], [-6, -1, 5], [0, 2, 4.25], [0]),
        ([-1, 1, -1], [-2, 3, -4], [-1, -1, 4], [-1.5, 1, 0], [2]),  # 3/4 and 1/2
        ([1, 1, 1], [2, 4, 1], [-2, -4, 3], [0, 0, 2], [0, 1]),  # both at once
        ([1, 1, 1], [2, 0, 1], [3, -1, 2], [2, 0, 1], [1]),  # just entered, and the wrong way
        ([1, 1, 1], [2, 0, 1], [3, 0, 2], [2, 0, 1], [1]),  # just entered, and going nowhere
        ([1, -1, 1], [2, 0, 1], [3, -1, 2], [3, -1, 2], []),
    ],
)
def test_a_step_ends_at_the_first_zero(
    sign: list[float], old: list[float], target: list[float], moved: list[float], left: list[int]
) -> None:
    """A step is cut short where the first coefficient reaches 0, and what reaches it leaves."""
    b, signs, support = np.zeros(5), np.zeros(5), np.array([0, 2, 3])
    b[support], signs[support] = old, sign
    cut = active_set._move(b, signs, support, np.array(target, dtype=float))
    assert bool(left) == cut
    np.testing.assert_allclose(b[support], moved, atol=1e-15)
    expected = [0 if at in left else one for at, one in enumerate(sign)]
    assert expected == signs[support].tolist()
    assert [0, 0] == b[[1, 4]].tolist() == signs[[1, 4]].tolist()


def orthonormal(y_parts: list[float]) -> GramProblem:
    """Columns without correlations: the lasso's coefficients are parts less alpha, or 0."""
    xy = np.array(y_parts)
    return GramProblem(np.eye(len(xy)), xy, float(xy @ xy) + 1.0)


@pytest.mark.parametrize("positive", [False, True])
def test_solutions_of_unrelated_columns_are_soft_thresholds(positive: bool) -> None:
    """In closed form sign(x'y) (|x'y| - a)+ / (1 + c): one look at zeros, and one system."""
    problem = orthonormal([3.0, -2.0, 0.5, -0.4, 1.0])
    l1, l2 = np.full(5, 1.0), np.full(5, 0.5)
    lower = np.zeros(5) if positive else None
    found = active_set.solve_near(problem, l1, l2, np.zeros(5), lower=lower)
    assert found is not None
    expected = [2 / 1.5, 0.0 if positive else -1 / 1.5, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(found[0], expected, rtol=1e-14)
    assert 2 == found[1]
    again = active_set.solve_near(problem, l1, l2, found[0], lower=lower)
    assert again is not None
    assert 1 == again[1]  # the answer is known at once
    np.testing.assert_allclose(again[0], expected, rtol=1e-14)
    own = np.array([0.1, 5.0, 0.1, 0.0, 2.0])
    each = active_set.solve_near(problem, own, 2 * own, np.zeros(5), lower=lower)
    assert each is not None
    expected = [2.9 / 1.2, 0.0, 0.4 / 1.2, 0.0 if positive else -0.4, 0.0]
    np.testing.assert_allclose(each[0], expected, rtol=1e-14)


def test_what_enters_exceeds_the_limit_alone() -> None:
    """Columns outside the support enter with their gradient's sign."""
    gradient, limit = np.array([2.0, -2.0, 1.0, -1.0, 9.0, 1.1]), np.ones(6)
    sign = np.zeros(6)
    assert active_set._enter(sign, np.array([4]), gradient, limit)
    assert [1, -1, 0, 0, 0, 1] == sign.tolist()
    sign = np.zeros(6)
    assert not active_set._enter(sign, np.array([4]), gradient, 2 * limit)
    assert not sign.any()


@pytest.mark.parametrize(
    ("ahead", "steps"),
    [
        (None, 4),  # the third and the fourth leave one by one, then the second enters
        ([2.0, 0.0, -0.1, 0.0, 0.0, 0.0], 1),  # they go at once, with what its gradient lets in
        ([2.0, -1.0, -0.1, 0.0, 0.0, 0.0], 2),  # the second is in the guess, but enters by itself
        ([2.0, 0.0, -0.1, 0.0, 0.0, -0.7], 2),  # the last is let in wrongly, and leaves again
        ([2.0, 0.0, 0.1, 0.0, 0.0, 0.0], 2),  # the third is wrongly kept
        ([-2.0, 0.0, -0.1, 0.0, 0.0, 0.0], 1),  # the first goes, and comes back with the second
    ],
)
def test_a_guess_foretells_the_support(ahead: list[float] | None, steps: int) -> None:
    """What the guess has with another sign goes, what its gradient lets in comes, at once."""
    problem = orthonormal([3.0, -2.0, 0.5, -0.4, 1.0, 0.6])
    start = np.array([1.0, 0.0, 0.3, 0.2, 0.0, 0.0])
    guess = None if ahead is None else np.array(ahead)
    found = active_set.solve_near(problem, np.full(6, 1.0), np.zeros(6), start, ahead=guess)
    assert found is not None
    np.testing.assert_allclose(found[0], [2.0, -1.0, 0.0, 0.0, 0.0, 0.0], atol=1e-15)
    assert steps == found[1]
    assert [1.0, 0.0, 0.3, 0.2, 0.0, 0.0] == start.tolist()


def test_a_support_that_does_not_settle_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many systems there is no answer, and with one more there is."""
    problem = pose(*make_rows(1))
    alpha = 0.01 * alpha_max(problem, 1.0)
    l1, l2 = np.full(12, alpha), np.zeros(12)
    found = active_set.solve_near(problem, l1, l2, np.zeros(12))
    assert found is not None
    for steps, given_up in ((found[1], False), (found[1] - 1, True)):
        monkeypatch.setattr(active_set, "STEPS", steps)
        again = active_set.solve_near(problem, l1, l2, np.zeros(12))
        assert given_up == (again is None)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_the_way_down_a_valley_leads_past_a_zero(size: float, sign: float) -> None:
    """However large the coefficients, one that falls is beyond 0 at the end of the way."""
    X, y = mixed_rows([1.0, 1.0])
    start = sign * np.array([size, size, 1e-6])
    pull = 0.1 * np.sign(start)
    target = active_set._down_the_valley(pose(X, y), np.arange(3), pull, np.zeros(3), start)
    assert np.all(target[:2] * sign < 0)
    assert target[2] * sign > 0


def test_penalties_of_any_size_select_alike() -> None:
    """Cross products and penalties a trillion times smaller give coefficients as much smaller."""
    large, small = (
        active_set.solve_near(
            orthonormal([3.0 * by, -2.0 * by, 0.5 * by]),
            np.full(3, by),
            np.zeros(3),
            np.zeros(3),
        )
        for by in (1.0, 1e-12)
    )
    assert large is not None
    assert small is not None
    np.testing.assert_allclose(1e12 * small[0], large[0], rtol=1e-12)
    assert large[1] == small[1]


@pytest.mark.parametrize(("beyond", "enters"), [(0.5e-10, False), (1.5e-10, True)])
def test_violations_of_rounding_are_none(beyond: float, enters: bool) -> None:
    """A column enters where its gradient exceeds the penalty by 1e-11 of the largest x'y."""
    problem = orthonormal([-10.0, 1.0 + beyond])
    found = active_set.solve_near(problem, np.ones(2), np.zeros(2), np.zeros(2))
    assert found is not None
    assert enters == (found[0][1] > 0)
    assert found[0][0] == pytest.approx(-9.0, rel=1e-14)
