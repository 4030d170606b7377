"""Screened paths of row problems, dense and sparse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import ElasticNet

from runner.core.path import PathSettings, alpha_grid, alpha_max, solve_path, uncentred
from runner.core.path.centred_columns import to_columns, to_gram
from runner.core.path.strong_rules import BATCH, STEEPEST, fill_in, next_batch
from runner.records import RowProblem

if TYPE_CHECKING:
    from runner.records import Floats

pytestmark = pytest.mark.usefixtures("core")
BRIEFLY = hypothesis_settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
RATIOS = st.floats(0.05, 1)


def make_problem(
    seed: int = 0, n: int = 30, p: int = 70, *, as_sparse: bool = False, weighted: bool = False
) -> RowProblem:
    """Columns with means, a third of them noise, most entries 0, as counts have."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(0.4, (n, p)) * rng.uniform(0.5, 2, p)
    X[0] += 1  # so that no column is constant
    weight = rng.integers(0, 4, n).astype(float) if weighted else np.ones(n)
    weight[:3] = 1
    b = rng.standard_normal(p) * (rng.random(p) < 0.2)
    y = X @ b + rng.standard_normal(n)
    centre = np.average(X, axis=0, weights=weight)
    scale = np.sqrt(np.average((X - centre) ** 2, axis=0, weights=weight))
    scale[scale == 0] = 1
    stored = sparse.csc_array(X) if as_sparse else X
    return RowProblem(stored, y - np.average(y, weights=weight), weight, centre, scale)


def make_alphas(problem: RowProblem, l1_ratio: float, settings: PathSettings) -> Floats:
    """A short grid that lets most rows' worth of columns in."""
    return alpha_grid(alpha_max(problem, l1_ratio, settings), 3e-2, 12)


@BRIEFLY
@given(SEEDS, RATIOS, st.booleans(), st.booleans(), st.sampled_from([None, 0, 2]), st.booleans())
def test_screened_path_equals_that_of_all_columns(  # noqa: PLR0913, PLR0917 - what Hypothesis varies
    seed: int,
    l1_ratio: float,
    as_sparse: bool,
    weighted: bool,
    unpenalised: int | None,
    positive: bool,
) -> None:
    """Screening changes no solution: objective and fit are those of the whole Gram."""
    problem = make_problem(seed, as_sparse=as_sparse, weighted=weighted)
    factors = None
    if unpenalised is not None:
        factors = np.random.default_rng(seed).uniform(0.5, 2, 70)
        factors[:unpenalised] = 0
    settings = PathSettings(1e-9, 100_000, positive=positive, penalty_factors=factors)
    alphas = make_alphas(problem, l1_ratio, settings)
    screened = solve_path(problem, alphas, l1_ratio, settings=settings)
    whole = solve_path(to_gram(problem), alphas, l1_ratio, settings=settings)
    columns, every = to_columns(problem), np.arange(70)
    assert screened.converged.all()
    assert columns.fitted(screened.coefficients, every) == pytest.approx(
        columns.fitted(whole.coefficients, every), abs=1e-3 * np.sqrt(columns.yy)
    )


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
def test_equals_scikit_learn(as_sparse: bool, l1_ratio: float) -> None:
    """Coefficients are those of ElasticNet on the standardised columns."""
    problem = make_problem(1, as_sparse=as_sparse)
    settings = PathSettings(1e-13, 100_000)
    alphas = make_alphas(problem, l1_ratio, settings)
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    Z = (make_problem(1).X - problem.centre) / problem.scale
    for i in (3, 7, 11):
        model = ElasticNet(
            alpha=alphas[i], l1_ratio=l1_ratio, tol=1e-12, max_iter=1_000_000, fit_intercept=False
        )
        expected = model.fit(Z, problem.y).coef_
        assert path.coefficients[:, i] == pytest.approx(expected, abs=2e-5)


@BRIEFLY
@given(SEEDS, RATIOS, st.booleans(), st.booleans())
def test_offset_search_equals_centring(
    seed: int, l1_ratio: float, weighted: bool, positive: bool
) -> None:
    """Sparse columns solved without centring, but with an offset, give the centred answer."""
    problem = make_problem(seed, as_sparse=True, weighted=weighted)
    settings = PathSettings(1e-9, 100_000, positive=positive)
    alphas = make_alphas(problem, l1_ratio, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncentred, "FEWEST_COLUMNS", 3)
        path = solve_path(problem, alphas, l1_ratio, settings=settings)
    whole = solve_path(to_gram(problem), alphas, l1_ratio, settings=settings)
    columns, every = to_columns(problem), np.arange(70)
    assert path.converged.all()
    assert columns.fitted(path.coefficients, every) == pytest.approx(
        columns.fitted(whole.coefficients, every), abs=1e-3 * np.sqrt(columns.yy)
    )


def test_large_sparse_working_set_is_solved_uncentred(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond some columns the sparse rows themselves are used, and the answer is the same."""
    problem = make_problem(2, as_sparse=True)
    settings = PathSettings(1e-10, 100_000)
    alphas = make_alphas(problem, 0.8, settings)
    by_gram = solve_path(problem, alphas, 0.8, settings=settings)
    monkeypatch.setattr(uncentred, "FEWEST_COLUMNS", 3)
    by_rows = solve_path(problem, alphas, 0.8, settings=settings)
    assert by_rows.converged.all()
    assert by_rows.coefficients == pytest.approx(by_gram.coefficients, abs=1e-3)


def test_centre_other_than_the_mean_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where centring is not the same as fitting an offset, the offset is not used."""
    monkeypatch.setattr(uncentred, "FEWEST_COLUMNS", 3)
    problem = make_problem(3, as_sparse=True)
    shifted = replace(problem, centre=problem.centre + 0.5)
    settings = PathSettings(1e-10, 100_000)
    alphas = make_alphas(shifted, 0.8, settings)
    path = solve_path(shifted, alphas, 0.8, settings=settings)
    whole = solve_path(to_gram(shifted), alphas, 0.8, settings=settings)
    assert path.coefficients == pytest.approx(whole.coefficients, abs=1e-3)


@pytest.mark.parametrize("as_sparse", [False, True])
def test_gap_is_over_all_columns(as_sparse: bool) -> None:
    """The reported gaps are those of the Gram of all columns, not of the screened ones."""
    from runner.core.path.gap import gram_gaps

    problem = make_problem(4, as_sparse=as_sparse)
    settings = PathSettings(1e-3, 1000)
    alphas = make_alphas(problem, 0.7, settings)
    path = solve_path(problem, alphas, 0.7, settings=settings)
    expected = gram_gaps(to_gram(problem), path.coefficients, alphas, 0.7, settings)
    assert path.dual_gaps == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert np.all(path.dual_gaps <= 1e-3 * to_columns(problem).yy)


def test_single_small_alpha_is_reached() -> None:
    """One alpha far below alpha_max gives what the end of a path gives."""
    problem = make_problem(5)
    settings = PathSettings(1e-12, 100_000)
    alphas = make_alphas(problem, 1.0, settings)
    whole = solve_path(problem, alphas, 1.0, settings=settings)
    alone = solve_path(problem, alphas[-1:], 1.0, settings=settings)
    assert alone.coefficients[:, 0] == pytest.approx(whole.coefficients[:, -1], abs=1e-4)
    assert alone.coefficients.shape == (70, 1)


@pytest.mark.parametrize("as_sparse", [False, True])
def test_warm_start_gives_the_same_answer(as_sparse: bool) -> None:
    """Any start leads to the same minimum."""
    problem = make_problem(6, as_sparse=as_sparse)
    settings = PathSettings(1e-12, 100_000)
    alphas = make_alphas(problem, 0.9, settings)[4:8]
    cold = solve_path(problem, alphas, 0.9, settings=settings)
    start = np.random.default_rng(6).standard_normal(70) * (np.arange(70) < 9)
    warm = solve_path(problem, alphas, 0.9, settings=replace(settings, start=start))
    assert warm.coefficients == pytest.approx(cold.coefficients, abs=1e-4)


def test_stopped_solution_is_marked_and_does_not_warn() -> None:
    """Too few sweeps for the tolerance end in a marked solution, not in a warning or a loop."""
    problem = make_problem(7)
    settings = PathSettings(1e-13, 1)
    path = solve_path(problem, make_alphas(problem, 1.0, settings), 1.0, settings=settings)
    assert not path.converged.all()
    assert np.all(np.isfinite(path.dual_gaps))


def test_wide_and_tall_shapes_agree_with_their_gram() -> None:
    """Few columns go through the Gram, with the same result."""
    problem = make_problem(8, 80, 20)
    settings = PathSettings(1e-12, 100_000)
    alphas = make_alphas(problem, 0.5, settings)
    rows = solve_path(problem, alphas, 0.5, settings=settings)
    gram = solve_path(to_gram(problem), alphas, 0.5, settings=settings)
    assert rows.coefficients == pytest.approx(gram.coefficients, abs=1e-6)


@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=8, unique=True), st.floats(0.5, 2))
def test_stepping_stones_keep_the_given_alphas(alphas: list[float], largest: float) -> None:
    """Stones never let a path fall too steeply, and the given alphas stay in their order."""
    falling = np.sort(alphas)[::-1]
    filled, places = fill_in(falling, largest)
    steps = np.append(largest, filled)
    assert np.array_equal(falling, filled[places])
    assert np.all(steps[1:] >= np.minimum.accumulate(steps)[:-1] * STEEPEST * (1 - 1e-9))
    assert 1 <= len(next_batch(filled, BATCH)) <= BATCH
