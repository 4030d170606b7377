"""A fold imputed, standardised and scored from moments equals scikit-learn's, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import metrics
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.preprocessing import StandardScaler

from runner.core.moments import (
    Filled,
    Moments,
    Standardisation,
    choose_layout,
    fill,
    gram_problem,
    observed_mean,
    transform,
    validation_side,
)

if TYPE_CHECKING:
    from runner.records import Floats, Integers

seeds = st.integers(0, 2**32 - 1)


def near(actual: Floats, expected: Floats) -> None:
    """Assert that figures of order 1 agree to 10 digits."""
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-10)


@dataclass(frozen=True)
class Rows:
    """One side of a fold, kept as rows."""

    X: Floats
    y: Floats
    weight: Floats


@dataclass(frozen=True)
class Fold:
    """Both sides of a fold as rows, and the same two sides as moments of filled rows."""

    train: Rows
    validation: Rows
    gappy: Integers
    filled: tuple[Filled, Filled]


def make_fold(seed: int, *, weighted: bool = True, p: int = 5) -> Fold:
    """Make a fold whose sides differ in location, filled with the training side's means."""
    rng = np.random.default_rng(seed)
    coefficients, n = rng.normal(size=p), (50, 30)
    holed = rng.random(p) < 0.7

    def side(n: int, drift: float) -> Rows:
        X = rng.normal(size=(n, p)) + drift
        y = X @ coefficients + rng.normal(size=n) + 3
        X[(rng.random((n, p)) < 0.25) & holed] = np.nan
        return Rows(X, y, rng.uniform(0.2, 2, n) if weighted else np.ones(n))

    return as_fold(side(n[0], 0.0), side(n[1], 0.5))


def as_fold(train: Rows, validation: Rows) -> Fold:
    """Take the moments of both sides, imputed and with indicators of the training side's gaps."""
    gappy = np.flatnonzero(np.isnan(np.vstack([train.X, validation.X])).any(axis=0))
    layout = choose_layout(train.X, train.y, gappy)
    sides = [Moments.of(side.X, side.y, side.weight, layout) for side in (train, validation)]
    values = observed_mean(sides[0])
    marked = np.flatnonzero(np.isnan(train.X).any(axis=0))
    return Fold(
        train, validation, gappy, (fill(sides[0], values, marked), fill(sides[1], values, marked))
    )


def transformed(fold: Fold, *, centre: bool = True, scale: bool = True) -> tuple[Floats, Floats]:
    """Impute and scale the rows of both sides, as scikit-learn fitted on training does."""
    imputer = SimpleImputer(add_indicator=True, keep_empty_features=True).fit(fold.train.X)
    scaler = StandardScaler(with_mean=centre, with_std=scale)
    filled = imputer.transform(fold.train.X)
    scaler.fit(filled, sample_weight=fold.train.weight)
    return scaler.transform(filled), scaler.transform(imputer.transform(fold.validation.X))


def sums_of(filled: Filled, X: Floats, rows: Rows) -> None:
    """Assert that filled moments are the sums over completed rows."""
    A = np.column_stack([np.ones(len(X)), X - filled.centre, rows.y - filled.y_centre])
    near(filled.cross, A.T @ (rows.weight[:, None] * A))
    np.testing.assert_array_equal(filled.constant, np.ptp(X, axis=0) == 0)


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_filling_learns_from_training_only(seed: int) -> None:
    """Both sides get the training side's means and indicators, as SimpleImputer gives them."""
    fold = make_fold(seed)
    imputer = SimpleImputer(add_indicator=True).fit(fold.train.X)
    for rows, filled in zip((fold.train, fold.validation), fold.filled, strict=True):
        sums_of(filled, imputer.transform(rows.X), rows)


def test_a_constant_fills_too() -> None:
    """Any value can be imputed, and a column that is not gappy has an indicator of zeros."""
    fold = make_fold(0)
    layout = choose_layout(fold.train.X, fold.train.y, fold.gappy)
    moments = Moments.of(fold.train.X, fold.train.y, fold.train.weight, layout)
    values = np.arange(5.0)
    absent = np.isnan(fold.train.X)
    asked = [4, 0, 1, 2, 3]
    X = np.column_stack([np.where(absent, values, fold.train.X), absent[:, asked]])
    sums_of(fill(moments, values, asked), X, fold.train)


@given(seed=seeds, centre=st.booleans(), scale=st.booleans(), fit_intercept=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_problem_is_that_of_the_rows(
    seed: int, centre: bool, scale: bool, fit_intercept: bool
) -> None:
    """The Gram, with or without intercept, is that of imputed and scaled rows."""
    fold = make_fold(seed)
    train, weight = fold.filled[0], fold.train.weight
    standardisation = Standardisation.of(train, centre=centre, scale=scale)
    problem = gram_problem(train, standardisation, fit_intercept=fit_intercept)
    U, y = transformed(fold, centre=centre, scale=scale)[0], fold.train.y
    if fit_intercept:
        U, y = U - np.average(U, axis=0, weights=weight), y - np.average(y, weights=weight)
    W = weight.sum()
    near(problem.gram, U.T @ (weight[:, None] * U) / W)
    near(problem.xy, U.T @ (weight * y) / W)
    assert problem.yy == pytest.approx(weight @ y**2 / W, rel=1e-10)
    np.testing.assert_array_equal(problem.gram, problem.gram.T)


@given(
    seed=seeds,
    centre=st.booleans(),
    scale=st.booleans(),
    fit_intercept=st.booleans(),
    weighted=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_scores_are_those_of_predictions(
    seed: int, centre: bool, scale: bool, fit_intercept: bool, weighted: bool
) -> None:
    """Every score of every candidate is what sklearn.metrics says of its predictions."""
    fold = make_fold(seed, weighted=weighted)
    train, validation = fold.filled
    standardisation = Standardisation.of(train, centre=centre, scale=scale)
    side = validation_side(validation, standardisation, fit_intercept=fit_intercept)
    U, V = transformed(fold, centre=centre, scale=scale)
    B = np.random.default_rng(seed).normal(size=(U.shape[1], 4))
    scores = side.score(B)
    for column in range(4):
        fitted = fold.train.y - U @ B[:, column]
        intercept = np.average(fitted, weights=fold.train.weight) if fit_intercept else 0.0
        given_rows = (fold.validation.y, V @ B[:, column] + intercept)
        weight = {"sample_weight": fold.validation.weight}
        expected = {
            "mse": metrics.mean_squared_error(*given_rows, **weight),
            "rmse": metrics.root_mean_squared_error(*given_rows, **weight),
            "r2": metrics.r2_score(*given_rows, **weight),
            "explained_variance": metrics.explained_variance_score(*given_rows, **weight),
        }
        for name, value in expected.items():
            assert value == pytest.approx(getattr(scores, name)[column], rel=1e-9, abs=1e-9)


@given(seed=seeds, fit_intercept=st.booleans(), centre=st.booleans())
@settings(max_examples=20, deadline=None)
def test_coefficients_return_to_the_columns_units(
    seed: int, fit_intercept: bool, centre: bool
) -> None:
    """Coefficients per unit and their intercepts predict what standardised ones do."""
    fold = make_fold(seed)
    standardisation = Standardisation.of(fold.filled[0], centre=centre)
    U = transformed(fold, centre=centre)[0]
    model = ElasticNet(alpha=0.1, fit_intercept=fit_intercept)
    model.fit(U, fold.train.y, sample_weight=fold.train.weight)
    per_unit, intercepts = standardisation.in_columns_units(
        model.coef_[:, None], fit_intercept=fit_intercept
    )
    X = SimpleImputer(add_indicator=True).fit_transform(fold.train.X)
    expected = model.predict(U)
    # the solver's own intercept is exact, so only rounding is between the two
    near(X @ per_unit[:, 0] + intercepts[0], expected)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_integer_weights_repeat_rows(seed: int) -> None:
    """Complete rows of weight k and k copies of them pose the same problem."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    times = rng.integers(1, 4, 20)
    weighted = Rows(X, y, times.astype(float))
    repeated = Rows(np.repeat(X, times, axis=0), np.repeat(y, times), np.ones(times.sum()))
    problems = []
    for rows in (weighted, repeated):
        train = as_fold(rows, rows).filled[0]
        problems.append(gram_problem(train, Standardisation.of(train), fit_intercept=True))
    near(problems[0].gram, problems[1].gram)
    near(problems[0].xy, problems[1].xy)
    assert problems[0].yy == pytest.approx(problems[1].yy, rel=1e-10)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_columns_are_merged_linearly(kind: str) -> None:
    """Level columns of one category are added up, and others picked or dropped."""
    rng = np.random.default_rng(0)
    level, y = rng.integers(0, 4, 50), rng.normal(size=50)
    X = np.column_stack([level[:, None] == np.arange(5), rng.normal(size=(50, 2))])
    rows = Rows(X, y, rng.uniform(1, 2, 50))
    weights = np.zeros((7, 4))
    weights[[0, 1, 2, 4, 5], [0, 1, 1, 2, 3]] = 1
    chosen = sparse.csr_array(weights) if kind == "sparse" else weights
    sums_of(transform(as_fold(rows, rows).filled[0], chosen), X @ weights, rows)


def test_constant_columns_are_exactly_zero() -> None:
    """A column with one value in training has scale 1 and no products, whatever the others say."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 5)), rng.normal(size=40)
    X[:, 1] = 0.1  # constant everywhere
    X[:, 2] = rng.random(40) < 0.5
    X[:25, 2] = 1 / 3  # constant in training only
    X[:25, 3] = np.nan  # never observed in training
    X[:25, 4] = np.where(rng.random(25) < 0.3, np.nan, 0.7)  # one value and gaps
    train, validation = Rows(X[:25], y[:25], rng.random(25)), Rows(X[25:], y[25:], np.ones(15))
    layout = choose_layout(X, y, [3, 4])
    sides = [Moments.of(side.X, side.y, side.weight, layout) for side in (train, validation)]
    values = observed_mean(sides[0])
    filled = fill(sides[0], values, [3])
    standardisation = Standardisation.of(filled)
    np.testing.assert_array_equal(standardisation.constant, [False, True, True, True, True, True])
    np.testing.assert_array_equal(standardisation.scale[1:], 1.0)
    problem = gram_problem(filled, standardisation, fit_intercept=True)
    assert not problem.gram[1:].any()
    assert not problem.gram[:, 1:].any()
    assert not problem.xy[1:].any()


@pytest.mark.parametrize("mean", [0.0, 1.0, 1e9])
@pytest.mark.parametrize("spread", [0.0, 1e-12, 1e-7, 1e-3])
def test_scale_is_that_of_the_scaler(mean: float, spread: float) -> None:
    """Columns that StandardScaler takes for constant get scale 1, the others their deviation."""
    rng = np.random.default_rng(2)
    X = mean + spread * rng.normal(size=(100, 1))
    rows = Rows(X, rng.normal(size=100), rng.uniform(1, 2, 100))
    expected = StandardScaler().fit(X, sample_weight=rows.weight)
    standardisation = Standardisation.of(as_fold(rows, rows).filled[0])
    np.testing.assert_allclose(standardisation.scale, expected.scale_, rtol=1e-7)
    np.testing.assert_allclose(standardisation.mean, expected.mean_, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("guess", "expected"), [(7.0, 1.0), (5.0, 0.0)])
def test_r2_of_a_constant_target_is_finite(guess: float, expected: float) -> None:
    """Where the validation target has one value, hitting it scores 1 and missing it 0."""
    X = np.zeros((4, 1))
    y = np.full(4, 7.0)
    fold = as_fold(Rows(X, np.full(4, guess), np.ones(4)), Rows(X, y, np.ones(4)))
    side = validation_side(fold.filled[1], Standardisation.of(fold.filled[0]), fit_intercept=True)
    scores = side.score(np.zeros((1, 2)))
    np.testing.assert_array_equal(scores.r2, [metrics.r2_score(y, np.full(4, guess))] * 2)
    np.testing.assert_array_equal(scores.r2, [expected] * 2)
    np.testing.assert_array_equal(scores.explained_variance, [1.0] * 2)


def test_r2_of_one_row_is_nan() -> None:
    """One row has no variance to explain, as r2_score warns."""
    fold = make_fold(3)
    one = Rows(fold.validation.X[:1], fold.validation.y[:1], np.ones(1))
    train, validation = as_fold(fold.train, one).filled
    side = validation_side(validation, Standardisation.of(train), fit_intercept=True)
    assert np.isnan(side.score(np.zeros((train.n_columns, 1))).r2).all()


def test_a_side_without_rows_is_an_error() -> None:
    """Neither means nor scores come from nothing."""
    fold = make_fold(4)
    nothing = Rows(fold.train.X[:0], fold.train.y[:0], np.ones(0))
    train, empty = as_fold(fold.train, nothing).filled
    with pytest.raises(ValueError, match="validation side has no row"):
        validation_side(empty, Standardisation.of(train), fit_intercept=True)
    with pytest.raises(ValueError, match="training side has no row"):
        Standardisation.of(empty)
