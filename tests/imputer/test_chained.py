"""Chained ridge regressions: scikit-learn's numbers, and a scikit-learn imputer to save."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
from sklearn.impute import IterativeImputer
from sklearn.linear_model import Ridge

from runner.imputer.chained import ChainedRidge

if TYPE_CHECKING:
    from runner.records import Floats

RTOL = 1e-8  # of a column's standard deviation


def make_rows(seed: int, n: int = 150, p: int = 6, share: float = 0.2) -> Floats:
    """Correlated columns of unlike units, some values missing."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + rng.standard_normal((n, 1))
    X = X * 10.0 ** rng.uniform(-2, 2, p) + rng.normal(0, 5, p)
    X[rng.uniform(size=X.shape) < share] = np.nan
    return X


def reference(X: Floats, **parameters: object) -> IterativeImputer:
    """scikit-learn's imputer with the same settings, fitted."""
    imputer = IterativeImputer(Ridge(), keep_empty_features=True, **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return imputer.fit(X.copy())


def assert_close(expected: Floats, actual: Floats, X: Floats) -> None:
    """Equal to RTOL of each column's spread."""
    spread = np.nanstd(X, axis=0)
    indicators = np.ones(expected.shape[1] - X.shape[1])
    spread = np.concatenate([np.where(spread > 0, spread, 1), indicators])
    np.testing.assert_allclose(actual / spread, expected / spread, rtol=RTOL, atol=RTOL)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    share=st.floats(0.01, 0.6),
    max_iter=st.integers(1, 12),
)
def test_the_numbers_are_scikit_learns(seed: int, share: float, max_iter: int) -> None:
    """Training rows, and new rows with other gaps, are IterativeImputer(Ridge())."""
    X, new = make_rows(seed, share=share), make_rows(seed, n=40, share=0.4)
    chained = ChainedRidge(max_iter=max_iter)
    filled = chained.fit_transform(X)
    other = reference(X, max_iter=max_iter)
    assert_close(other.transform(X.copy()), filled, X)
    assert_close(other.transform(new.copy()), chained.transform(new), X)
    assert other.n_iter_ == chained.n_iter_


def test_it_becomes_a_scikit_learn_imputer() -> None:
    """The imputer that is saved is scikit-learn's own, and transforms new rows alike."""
    X, new = make_rows(1), make_rows(1, n=40, share=0.5)
    chained = ChainedRidge().fit(X)
    plain = pickle.loads(pickle.dumps(chained.as_iterative_imputer(X)))  # noqa: S301 - our own
    assert IterativeImputer is type(plain)
    assert_close(chained.transform(new), plain.transform(new.copy()), X)


def test_rows_without_gaps_are_left_alone() -> None:
    """Complete data is learnt from too, so that later rows with gaps can be filled."""
    X, new = make_rows(2, share=0.0), make_rows(2, n=40, share=0.3)
    chained = ChainedRidge().fit(X)
    np.testing.assert_array_equal(X, chained.transform(X))
    assert not np.isnan(chained.transform(new)).any()


@pytest.mark.parametrize("hollow", [0, 5])
def test_an_empty_column_is_filled_with_zeros(hollow: int) -> None:
    """A column that is all missing stays, as zeros, and changes nothing else."""
    X = make_rows(3)
    X[:, hollow] = np.nan
    filled = ChainedRidge().fit_transform(X)
    np.testing.assert_array_equal(np.zeros(len(X)), filled[:, hollow])
    others = [j for j in range(X.shape[1]) if j != hollow]
    assert_close(ChainedRidge().fit_transform(X[:, others]), filled[:, others], X[:, others])


def test_regressions_recover_more_than_means_do() -> None:
    """On columns with correlation 0.9, the error of hidden values is less than half the mean's."""
    rng = np.random.default_rng(4)
    truth = 3 * rng.standard_normal((400, 1)) + rng.standard_normal((400, 6))
    hidden = rng.uniform(size=truth.shape) < 0.2
    X = np.where(hidden, np.nan, truth)
    filled = ChainedRidge().fit_transform(X)
    by_mean = np.broadcast_to(np.nanmean(X, axis=0), X.shape)
    errors = [np.sqrt(np.mean((v[hidden] - truth[hidden]) ** 2)) for v in (filled, by_mean)]
    assert errors[0] < 0.5 * errors[1]


def test_names_are_the_columns() -> None:
    """Features keep their names."""
    frame = pd.DataFrame(make_rows(5, p=3), columns=["a", "b", "c"])
    frame["b"] = 1.0
    names = ChainedRidge().fit(frame).get_feature_names_out()
    assert ["a", "b", "c"] == list(names)


@pytest.mark.parametrize("tol", [0.3, 1e-2, 1e-4])
@pytest.mark.parametrize("max_iter", [1, 3, 40])
def test_converged_is_what_scikit_learn_does_not_warn_of(max_iter: int, tol: float) -> None:
    """Rounds that met the tolerance converged, those that ran out of rounds did not."""
    X = make_rows(6)
    chained = ChainedRidge(max_iter=max_iter, tol=tol).fit(X)
    imputer = IterativeImputer(Ridge(), max_iter=max_iter, tol=tol, keep_empty_features=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        imputer.fit(X.copy())
    expected = not any(issubclass(one.category, ConvergenceWarning) for one in caught)
    assert (imputer.n_iter_, expected) == (chained.n_iter_, chained.converged_)


def test_converged_both_ways() -> None:
    """Of the same rows a loose tolerance converges in the rounds in which a tight one does not."""
    X = make_rows(6)
    found = [ChainedRidge(max_iter=3, tol=tol).fit(X).converged_ for tol in (0.3, 1e-4)]
    assert [True, False] == found


def test_draws_end_after_all_rounds() -> None:
    """Draws have no tolerance to meet: they take every round, and that is their convergence."""
    chained = ChainedRidge(max_iter=4, tol=1e6, draw_seed=0).fit(make_rows(7))
    assert (4, True) == (chained.n_iter_, chained.converged_)


@pytest.mark.parametrize("X", [make_rows(8, share=0.0), make_rows(8, p=1)])
def test_without_regressions_there_is_nothing_to_converge(X: Floats) -> None:
    """Complete rows, and a single column, take no round, which is no failure."""
    chained = ChainedRidge(tol=0.0).fit(X)
    assert (0, True) == (chained.n_iter_, chained.converged_)
    assert not chained.regressions_
