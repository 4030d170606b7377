"""Badly scaled data is answered rightly from moments, or doubted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from runner.core.moments import (
    Filled,
    Moments,
    Standardisation,
    choose_layout,
    condition,
    doubt,
    fill,
    gram_problem,
    merge,
    moments_by_block,
    observed_mean,
    validation_side,
)

if TYPE_CHECKING:
    from runner.records import Floats


def filled(X: Floats, y: Floats, *, first: int | None = None) -> Filled:
    """Fill rows with their means, about a shift that the first rows chose (all, if None)."""
    gappy = np.flatnonzero(np.isnan(X).any(axis=0))
    layout = choose_layout(X[:first], y[:first], gappy)
    moments = Moments.of(X, y, None, layout)
    return fill(moments, observed_mean(moments))


def errors(train: Filled, X: Floats, y: Floats) -> Floats:
    """Return how far the Gram and X'y are from those of the rows, standardised in two passes."""
    problem = gram_problem(train, Standardisation.of(train), fit_intercept=True)
    X = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    Z = X - X.mean(axis=0)
    Z -= Z.mean(axis=0)
    Z /= Z.std(axis=0)
    gram = Z.T @ Z / len(y)
    xy = Z.T @ (y - y.mean()) / len(y) / y.std()
    return np.append(problem.gram - gram, problem.xy / y.std() - xy)


def rows(seed: int = 0, n: int = 2000, p: int = 4) -> tuple[Floats, Floats]:
    """Make well-scaled rows with 10 % missing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    y = X @ rng.normal(size=p) + rng.normal(size=n)
    X[rng.random((n, p)) < 0.1] = np.nan
    return X, y


def test_far_means_are_shifted_away() -> None:
    """Means of 1e6 with unit spread cost nothing, as the shift takes them out first."""
    X, y = rows()
    X, y = X + 1e6, y - 1e6
    train = filled(X, y)
    assert doubt(train, Standardisation.of(train)) is None
    assert np.abs(errors(train, X, y)).max() < 1e-9


def test_scales_do_not_matter() -> None:
    """Features over 12 orders of magnitude are as exact as those of one."""
    X, y = rows()
    X *= 10.0 ** np.array([-6, -2, 2, 6])
    train = filled(X, y)
    assert doubt(train, Standardisation.of(train)) is None
    assert np.abs(errors(train, X, y)).max() < 1e-12


def loss_of(values: Floats, shift: float) -> float:
    """Mean square about the shift over variance, from the rows in two passes, gaps at the mean."""
    filled = np.where(np.isnan(values), np.nanmean(values), values)
    return float(np.mean((filled - shift) ** 2) / np.var(filled))


# a column and the target each by itself: where both drift, one of them covers for the other
@pytest.mark.parametrize("drifting", ["column 1", "the target"])
@given(
    seed=st.integers(0, 2**32 - 1),
    drift=st.floats(2.5, 4) | st.floats(0, 14),  # about the limit, and anywhere
    scale=st.floats(-8, 8),
)
@settings(max_examples=60, deadline=None)
def test_drift_is_right_or_doubted(drifting: str, seed: int, drift: float, scale: float) -> None:
    """Rows far from the shift that they are summed about are right, or doubted by name.

    The limit is documented: a mean square about the shift of 1e6 times the variance.
    """
    X, y = rows(seed, n=500)
    if drifting == "column 1":
        X[250:, 1] += 10.0**drift
    else:
        y[250:] += 10.0**drift
    X *= 10.0**scale
    layout = choose_layout(X[:100], y[:100], np.arange(4))
    X, y = X[250:], y[250:]
    values = X[:, 1] if drifting == "column 1" else y
    first = layout.shift[1] if drifting == "column 1" else layout.y_shift
    loss = loss_of(values, float(first))
    assume(abs(loss / 1e6 - 1) > 1e-3)
    moments = Moments.of(X, y, None, layout)
    train = fill(moments, observed_mean(moments))
    reason = doubt(train, Standardisation.of(train))
    if loss > 1e6:
        assert reason is not None
        assert reason.startswith(f"{drifting} has a mean square")
    else:
        assert reason is None
        # 1e-16 times the limit, and times what sums over the rows add
        assert np.abs(errors(train, X, y)).max() < 1e-9


def test_sorted_rows_are_shifted_by_all_of_them() -> None:
    """The layout samples evenly, so rows in order of time are not shifted by their beginning."""
    X, y = rows(n=20_000)
    X += np.linspace(0, 1e7, 20_000)[:, None]
    layout = choose_layout(X, y, np.arange(4))
    np.testing.assert_allclose(layout.shift, 5e6, rtol=1e-2)


def test_an_outlier_that_hides_a_column_is_doubted() -> None:
    """A huge value elsewhere moves the shift so far that a fold's spread is lost, which is said."""
    X, y = rows(n=1000)
    layout_rows = X.copy()
    layout_rows[0, 2] = 1e14
    layout = choose_layout(layout_rows, y, np.arange(4))
    moments = Moments.of(X[1:], y[1:], None, layout)
    train = fill(moments, observed_mean(moments))
    reason = doubt(train, Standardisation.of(train))
    assert reason is not None
    assert "column 2" in reason


def test_a_target_far_from_its_shift_is_doubted() -> None:
    """The target is held to the same rule as the columns."""
    X, y = rows()
    y[1000:] += 1e8
    layout = choose_layout(X[:1000], y[:1000], np.arange(4))
    moments = Moments.of(X[1000:], y[1000:], None, layout)
    train = fill(moments, observed_mean(moments))
    assert "the target" in str(doubt(train, Standardisation.of(train)))


def test_constant_columns_and_targets_are_not_doubted() -> None:
    """A single value is known as such, however far it is from the shift."""
    X, y = rows()
    X[1000:, 1] = 5e8
    y[1000:] = 3e8
    layout = choose_layout(X[:1000], y[:1000], np.arange(4))
    moments = Moments.of(X[1000:], y[1000:], None, layout)
    train = fill(moments, observed_mean(moments))
    standardisation = Standardisation.of(train)
    assert doubt(train, standardisation) is None
    problem = gram_problem(train, standardisation, fit_intercept=True)
    assert not problem.gram[1].any()
    assert not problem.xy.any()
    assert problem.yy == 0


def test_a_block_without_observations_is_no_trouble() -> None:
    """A column that one block never shows is taken from the other blocks."""
    X, y = rows(n=300)
    block = np.arange(300) % 3
    X[block == 1, 2] = np.nan
    parts = moments_by_block(X, y, None, block, 3, choose_layout(X, y, np.arange(4)))
    moments = merge([parts[0], parts[1]])
    train = fill(moments, observed_mean(moments))
    assert doubt(train, Standardisation.of(train)) is None
    kept = block < 2
    assert np.abs(errors(train, X[kept], y[kept])).max() < 1e-12


def test_condition_is_asked_for_by_models_without_a_penalty() -> None:
    """Nearly equal columns are doubted where asked, and are harmless where not."""
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    X[:, 2] = X[:, 1] + 1e-7 * rng.normal(size=200)
    train = filled(X, y)
    standardisation = Standardisation.of(train)
    assert doubt(train, standardisation) is None
    assert "condition number" in str(doubt(train, standardisation, condition_limit=1e10))
    fine = filled(X[:, :2] * [1e-6, 1e6], y)
    assert doubt(fine, Standardisation.of(fine), condition_limit=1e10) is None


def test_condition_passes_over_constants() -> None:
    """Only columns that vary have correlations."""
    X = np.column_stack([np.ones(50), np.random.default_rng(6).normal(size=50)])
    train = filled(X, X[:, 1])
    assert condition(train, Standardisation.of(train)) == pytest.approx(1.0)
    lone = filled(X[:, :1], X[:, 1])
    assert condition(lone, Standardisation.of(lone)) == 1.0
    twice = filled(np.column_stack([X, X[:, 1]]), X[:, 1])
    assert condition(twice, Standardisation.of(twice)) > 1e14


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(-8, 0), spread=st.floats(-7, 0))
@settings(max_examples=40, deadline=None)
def test_rounding_bounds_the_error_of_scores(seed: int, noise: float, spread: float) -> None:
    """Scores that cancel, of near-perfect fits or huge coefficients, own up to their error."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 3))
    X[:, 2] = X[:, 1] + 10.0**spread * rng.normal(size=400)
    y = X @ np.array([1.0, -1.0, 2.0]) + 10.0**noise * rng.normal(size=400)
    side = filled(X, y)
    standardisation = Standardisation.of(side)
    Z = (X - standardisation.mean) / standardisation.scale
    model = LinearRegression().fit(Z, y)
    scores = validation_side(side, standardisation, fit_intercept=True).score(model.coef_[:, None])
    residual = (y - y.mean()) - (Z - Z.mean(axis=0)) @ model.coef_
    expected = np.mean(residual**2)
    assert abs(scores.mse[0] - expected) <= 8 * scores.rounding[0] + 1e-9 * expected
