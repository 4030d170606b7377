"""The compiled solvers against numpy's, scikit-learn's and the active set, on hard problems."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import enet_path

from runner.core.path import PathSettings
from runner.core.path.active_set import solve_near
from runner.core.path.centred_columns import to_columns, to_gram
from runner.core.path.gap import gram_gaps
from runner.core.path.gram import solve_gram
from runner.core.path.native import follow_gram as by_gram
from runner.core.path.native import follow_rows as by_rows
from runner.core.path.native import library
from runner.core.path.native.follow_gram import follow
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.row_problems import solve_rows
from runner.core.path.screened_rows import ScreenedPath
from runner.core.path.settings import Limits
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.records import Booleans, Floats, Path

KINDS = ("random", "collinear", "duplicates", "constant", "scaled", "dependent")
OFTEN = settings(max_examples=80)
ROUNDING = 1e-12  # of yy, to which an objective is known


@pytest.fixture(autouse=True, scope="module")
def compiled() -> Iterator[None]:
    """There is a library, which is asked for in this module whatever came before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(library.CHOICE, raising=False)
        library.library.cache_clear()
        assert library.library() is not None
        yield
    library.library.cache_clear()


@contextlib.contextmanager
def by_numpy() -> Iterator[None]:
    """No library within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (by_gram, by_rows):
            patch.setattr(module, "library", lambda: None)
        yield


def columns_of(rng: np.random.Generator, kind: str, n: int, p: int) -> Floats:
    """Columns, (n, p), of a kind."""
    X = rng.standard_normal((n, p))
    if kind == "collinear":
        X = 0.05 * X + rng.standard_normal((n, 1))
    if kind == "duplicates":
        X[:, 1::2] = X[:, : p - p % 2 : 2]
    if kind == "constant":
        X[:, ::3] = 2.5
    if kind == "scaled":
        X *= 10.0 ** (np.arange(p) % 5 - 2)
    if kind == "dependent":
        X[:, 2::3] = X[:, 0 : p - 2 : 3] + X[:, 1 : p - 1 : 3]
    return X


@dataclass(frozen=True)
class Case:
    """A problem by rows, and how to solve it."""

    rows: RowProblem
    alphas: Floats
    l1_ratio: float
    how: PathSettings
    kind: str


@st.composite
def cases(draw: st.DrawFn, *, wide: bool, hard: bool = True) -> Case:
    """Any penalty and any start, of few columns or of more columns than rows."""
    kind = draw(st.sampled_from(KINDS if hard else ("random", "scaled")))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(4, 20)) if wide else draw(st.integers(2 if hard else 36, 40))
    p = n + draw(st.integers(1, 40)) if wide else draw(st.integers(1, 12))
    X = columns_of(rng, kind, n, p)
    sparsely = draw(st.booleans())
    if sparsely:
        X = X * (rng.random((n, p)) < 0.4)
    y = X[:, :3].sum(axis=1) / max(1.0, np.abs(X[:, :3]).max()) + rng.standard_normal(n)
    weight = rng.uniform(0.1, 3.0, n) if draw(st.booleans()) else np.ones(n)
    centre = np.average(X, axis=0, weights=weight)
    scale = np.sqrt(np.average((X - centre) ** 2, axis=0, weights=weight))
    varies = scale > 1e-9
    scale = np.where(varies & draw(st.booleans()), scale, 1.0)
    matrix = sparse.csc_array(X) if sparsely else np.asfortranarray(X)
    rows = RowProblem(matrix, y - np.average(y, weights=weight), weight, centre, scale)
    l1_ratio = draw(st.sampled_from([1.0, 0.9, 0.5, 0.05]))
    largest = np.abs(to_columns(rows).gradient(to_columns(rows).target)).max() / l1_ratio
    steps = draw(st.lists(st.sampled_from([1.0, 1.0 - 1e-15, 0.95, 0.7, 0.1]), max_size=6))
    top = (float(largest) or 1.0) * draw(st.sampled_from([1.2, 0.9, 0.3]))
    alphas = np.asarray(np.cumprod([top, *steps]), dtype=np.float64)
    return Case(rows, alphas, l1_ratio, how_to(draw, rng, varies & hard), kind)


def how_to(draw: st.DrawFn, rng: np.random.Generator, may_be_free: Booleans) -> PathSettings:
    """Bounds, factors and a start, or not; the penalty may be without some columns, (p,)."""
    p = len(may_be_free)
    factors = rng.uniform(0.3, 3.0, p) if draw(st.booleans()) else None
    if factors is not None and draw(st.booleans()):
        factors[may_be_free & (rng.random(p) < 0.2)] = 0.0
    limits = None
    if draw(st.booleans()):
        lower = np.where(rng.random(p) < 0.5, -np.inf, -rng.uniform(0, 1, p))
        upper = np.where(rng.random(p) < 0.5, np.inf, rng.uniform(0, 1, p))
        limits = Limits(lower, np.where(rng.random(p) < 0.1, 0.0, upper))
    start = rng.standard_normal(p) * (rng.random(p) < 0.5) if draw(st.booleans()) else None
    if start is not None and limits is not None:
        start = np.clip(start, limits.lower, limits.upper)
    positive = draw(st.booleans())
    if start is not None and positive:
        start = np.maximum(start, 0.0)
    tol = draw(st.sampled_from([1e-4, 1e-8, 1e-11]))
    return PathSettings(
        tol, 20_000, positive=positive, penalty_factors=factors, limits=limits, start=start
    )


def objectives(case: Case, path: Path) -> Floats:
    """The objective of each solution, (a,)."""
    b, factors = path.coefficients, case.how.factors(len(path.coefficients))
    penalty = case.l1_ratio * np.abs(b) + (1 - case.l1_ratio) * b**2 / 2
    columns = to_columns(case.rows)
    left = columns.target[:, None] - columns.fitted(b, np.arange(len(b)))
    return np.asarray(np.sum(left**2, axis=0) / 2 + case.alphas * (factors @ penalty))


def assert_both_right(case: Case, ours: Path, theirs: Path) -> None:
    """Neither is further above the other than its own gap says, and ours are as good."""
    yy = to_columns(case.rows).yy
    room = ROUNDING * yy
    difference = objectives(case, ours) - objectives(case, theirs)
    assert ours.converged[theirs.converged].all()
    assert (difference <= ours.dual_gaps + room).all()
    assert (-difference <= theirs.dual_gaps + room).all()
    limits = case.how.bounds(len(ours.coefficients))
    if limits is not None:
        b = ours.coefficients
        assert ((b >= limits.lower[:, None]) & (b <= limits.upper[:, None])).all()


@OFTEN
@given(cases(wide=False))
def test_a_gram_is_solved_as_by_numpy(case: Case) -> None:
    """Objectives are no further apart than the gaps allow, and the gaps are what they say."""
    problem = to_gram(case.rows)
    ours = solve_gram(problem, case.alphas, case.l1_ratio, case.how)
    with by_numpy():
        theirs = solve_gram(problem, case.alphas, case.l1_ratio, case.how)
    assert_both_right(case, ours, theirs)
    if case.how.factors(len(problem.xy)).all():
        gaps = gram_gaps(problem, ours.coefficients, case.alphas, case.l1_ratio, case.how)
        assert ours.dual_gaps == pytest.approx(gaps, abs=ROUNDING * problem.yy)


@OFTEN
@given(cases(wide=True))
def test_rows_are_solved_as_by_numpy(case: Case) -> None:
    """The same of more columns than rows."""
    ours = solve_rows(case.rows, case.alphas, case.l1_ratio, case.how)
    with by_numpy():
        screened = ScreenedPath(to_columns(case.rows), case.l1_ratio, case.how)
        theirs = screened.solve(case.alphas)
    assert_both_right(case, ours, theirs)


@OFTEN
@given(cases(wide=False, hard=False), st.booleans())
def test_coefficients_are_those_of_numpy(case: Case, by_its_rows: bool) -> None:
    """Where there is one solution, both come as near as their gaps allow, or 1e-9."""
    problem = to_gram(case.rows)
    least = np.linalg.eigvalsh(problem.gram)[0]
    assume(least > 1e-3)
    how = replace(case.how, tol=1e-14, max_iter=100_000)
    if by_its_rows:
        ours = by_rows_alone(case, how)
    else:
        ours = solve_gram(problem, case.alphas, case.l1_ratio, how)
    with by_numpy():
        theirs = solve_gram(problem, case.alphas, case.l1_ratio, how)
    gaps = np.maximum(ours.dual_gaps, 0) + np.maximum(theirs.dual_gaps, 0) + 1e-17 * problem.yy
    distance = np.sqrt(np.sum((ours.coefficients - theirs.coefficients) ** 2, axis=0))
    assert (distance <= 2 * np.sqrt(2 * gaps / least) + 1e-9).all()


def by_rows_alone(case: Case, how: PathSettings) -> Path:
    """The compiled solver of rows, which is asked for wide problems only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.core.path.row_problems.FEW_COLUMNS", 0)
        return solve_rows(case.rows, case.alphas, case.l1_ratio, how)


@OFTEN
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.sampled_from([1.0, 0.5]), st.booleans()
)
def test_paths_are_those_of_scikit_learn(
    seed: int, kind: str, l1_ratio: float, positive: bool
) -> None:
    """Predictions of a whole path are enet_path's, of few columns and of many."""
    rng = np.random.default_rng(seed)
    for n, p in ((40, 8), (20, 30)):
        X = columns_of(rng, kind, n, p)
        X -= X.mean(axis=0)
        y = rng.standard_normal(n) + X[:, 0]
        y -= y.mean()
        alphas = np.abs(X.T @ y).max() / n / l1_ratio * np.geomspace(1, 0.05, 6)
        how = PathSettings(1e-10, 100_000, positive=positive)
        rows = RowProblem(np.asfortranarray(X), y, np.ones(n), np.zeros(p), np.ones(p))
        found = solve_rows(rows, alphas, l1_ratio, how)
        _, expected, _ = enet_path(
            X, y, l1_ratio=l1_ratio, alphas=alphas, tol=1e-10, max_iter=100_000, positive=positive
        )
        assert found.converged.all()
        # two solutions within a gap g of the minimum differ by sqrt(2 n g) in their predictions
        allowed = 2 * np.sqrt(2 * n * 1e-10 * (y @ y) / n)
        assert np.abs(X @ (found.coefficients - expected)).max() <= allowed


@OFTEN
@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.booleans(), st.booleans())
def test_quadratics_of_likelihoods_are_those_of_the_active_set(
    seed: int, kind: str, bounded: bool, ridged: bool
) -> None:
    """Exact minima, dependent columns and such without a penalty included."""
    rng = np.random.default_rng(seed)
    n, p = 30, int(rng.integers(1, 12))
    X = columns_of(rng, kind, n, p)
    curvature = rng.uniform(0.05, 0.25, n)
    y = X[:, 0] / np.abs(X[:, 0]).max() + rng.standard_normal(n)
    problem = GramProblem((X.T * curvature) @ X / n, X.T @ (curvature * y) / n, 1.0)
    l1 = np.abs(problem.xy).max() * 10.0 ** rng.uniform(-3, 0) * rng.uniform(0.5, 2, p)
    l1[rng.random(p) < 0.15] = 0.0
    l2 = rng.uniform(0.01, 1, p) * problem.gram.diagonal() if ridged else np.zeros(p)
    lower = np.where(rng.random(p) < 0.5, -np.inf, -rng.uniform(0, 1, p)) if bounded else None
    upper = np.where(rng.random(p) < 0.5, np.inf, rng.uniform(0, 1, p)) if bounded else None
    start = rng.standard_normal(p) * (rng.random(p) < 0.5)
    found = follow(
        problem,
        PathPenalty(np.ones(1), np.ones(1), l1, l2, lower, upper),
        tol=1e-11,
        most=200,
        start=start,
        exact=True,
    )
    assert found is not None
    b = found.coefficients[:, 0]
    if lower is not None and upper is not None:
        assert ((b >= lower) & (b <= upper)).all()
        start = np.clip(start, lower, upper)
    expected = solve_near(problem, l1, l2, start, lower=lower, upper=upper)

    def value(b: Floats) -> float:
        smooth = b @ problem.gram @ b / 2 - problem.xy @ b
        return float(smooth + l1 @ np.abs(b) + l2 @ b**2 / 2)

    if found.sweeps[0] >= 200:  # it has not settled, and says so: then the active set is asked
        assert kind in {"duplicates", "constant", "dependent"}
        assert expected is not None
        return
    scale = abs(value(b)) + float(curvature @ y**2) / n
    # no other point near it is lower, nor is the active set's, where it settles
    for _ in range(20):
        other = b + 10.0 ** rng.uniform(-6, 0) * rng.standard_normal(p) * (np.abs(b) + 0.01)
        other = other if lower is None else np.clip(other, lower, upper)
        assert value(b) <= value(other) + 1e-11 * scale
    if expected is not None:  # which may end above the minimum where free columns are dependent
        assert value(b) <= value(expected[0]) + 1e-10 * scale
