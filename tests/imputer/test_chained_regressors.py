"""Chained regressors: scikit-learn's numbers, missForest's rule, and what is saved."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
from sklearn.impute import IterativeImputer
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from threadpoolctl import threadpool_limits

from runner.config import validate_section
from runner.imputer import Imputer
from runner.imputer.chained_regressors import ChainedRegressors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import RegressorMixin

    from runner.records import Floats

KINDS = ("forest", "boosting", "neural")
SEED = 7
# none of them uses chance, so that scikit-learn's imputer can be asked for the same
BOOSTED = HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=5)
NEAREST = KNeighborsRegressor(n_neighbors=3)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """scikit-learn's boosted trees wait for each other where cores are shared."""
    with threadpool_limits(1):
        yield


def make_imputer(name: str, **keys: object) -> Imputer:
    """Validate an imputer section, the rest of it from the packaged YAML."""
    spec = validate_section("imputer", {"name": name, **keys})
    assert isinstance(spec, Imputer)
    return spec


def make_rows(seed: int, n: int = 120, share: float = 0.2) -> Floats:
    """Columns of unlike units, related by curves; the last but one is complete."""
    rng = np.random.default_rng(seed)
    t, u = rng.uniform(-2, 2, n), rng.standard_normal(n)
    X = np.column_stack([t, 10 + 5 * t**2, np.sin(2 * t) + 0.1 * u, u, 0.01 * u * t])
    X[rng.uniform(size=X.shape) < share] = np.nan
    X[:, 3] = u
    return X


def reference(X: Floats, regressor: RegressorMixin, **parameters: object) -> IterativeImputer:
    """scikit-learn's imputer with the same regressor, order and means, fitted."""
    imputer = IterativeImputer(
        clone(regressor), skip_complete=True, keep_empty_features=True, **parameters
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return imputer.fit(X.copy())


@pytest.mark.parametrize("regressor", [BOOSTED, NEAREST, Ridge()])
@pytest.mark.parametrize("rounds", [1, 3])
def test_rounds_are_scikit_learns(regressor: RegressorMixin, rounds: int) -> None:
    """After the same number of rounds, training rows and new rows are IterativeImputer's."""
    X, new = make_rows(0), make_rows(1, n=30, share=0.4)
    chained = ChainedRegressors(regressor, max_iter=rounds, tol=0.0)
    filled = chained.fit_transform(X)
    other = reference(X, regressor, max_iter=rounds, tol=0.0)
    np.testing.assert_allclose(filled, other.transform(X.copy()), rtol=1e-12)
    np.testing.assert_allclose(chained.transform(new), other.transform(new.copy()), rtol=1e-12)
    assert (rounds, False) == (chained.n_iter_, chained.converged_)


@pytest.mark.parametrize("tol", [0.3, 0.05, 1e-3])
def test_the_tolerance_is_scikit_learns(tol: float) -> None:
    """Rounds end where IterativeImputer ends them."""
    X = make_rows(2)
    chained = ChainedRegressors(Ridge(), max_iter=50, tol=tol).fit(X)
    assert chained.n_iter_ == reference(X, Ridge(), max_iter=50, tol=tol).n_iter_
    assert chained.converged_
    assert chained.n_iter_ < 50


def rounds_by_the_paper(X: Floats, regressor: RegressorMixin, most: int) -> tuple[int, Floats]:
    """The rule of missForest, round for round from scikit-learn's imputer: rounds, and the values.

    Algorithm 1 of Stekhoven & Buehlmann (2012): while the criterion is not met, store the previous
    matrix and impute again; return the previous one. The difference is that of their equation for
    continuous variables.
    """
    matrices = [np.where(np.isnan(X), np.nanmean(X, axis=0), X)]
    differences = [np.inf]
    for k in range(1, most + 1):
        new = reference(X, regressor, max_iter=k, tol=0.0).transform(X.copy())
        differences.append(((new - matrices[-1]) ** 2).sum() / (new**2).sum())
        matrices.append(new)
        if differences[k] >= differences[k - 1]:
            return k - 1, matrices[k - 1]
    return most, matrices[most]


def test_forests_stop_by_the_papers_rule() -> None:
    """The round before the first whose difference rises counts, at whatever round that is."""
    stopped = set()
    for seed in range(8):
        X = make_rows(seed, share=0.4)
        chained = ChainedRegressors(NEAREST, stop="increase", max_iter=6)
        filled = chained.fit_transform(X)
        rounds, expected = rounds_by_the_paper(X, NEAREST, 6)
        assert rounds == chained.n_iter_
        assert (rounds < 6) == chained.converged_
        assert rounds * 4 == len(chained.regressions_)
        np.testing.assert_allclose(filled, expected, rtol=1e-12)
        np.testing.assert_allclose(chained.transform(X), expected, rtol=1e-12)
        stopped.add(rounds)
    assert len(stopped) >= 3  # early, late and not at all


@pytest.mark.parametrize("name", KINDS)
def test_what_is_saved_is_scikit_learns(name: str) -> None:
    """The saved Pipeline needs nothing of this package, and transforms any rows alike."""
    columns = list("abcdef")
    X = pd.DataFrame(np.column_stack([make_rows(3), np.full(120, np.nan)]), columns=columns)
    new = pd.DataFrame(np.column_stack([make_rows(4, share=0.5), np.ones(120)]), columns=columns)
    new.iloc[:9, 3] = np.nan  # was complete
    new.iloc[0] = np.nan
    spec = make_imputer(name)
    fitted = spec.numeric(SEED).fit(X)
    saved = pickle.dumps(spec.plain(fitted, X))
    assert b"runner" not in saved
    found = pickle.loads(saved).transform(new)  # noqa: S301 - made here
    np.testing.assert_allclose(found, fitted.transform(new), rtol=1e-12)
    assert columns == list(fitted.get_feature_names_out())


@pytest.mark.parametrize("name", KINDS)
def test_complete_rows_make_an_imputer_too(name: str) -> None:
    """Learnt from rows without gaps, a gap is filled with the mean, in what is saved as well."""
    X = pd.DataFrame(np.random.default_rng(0).standard_normal((40, 3)), columns=list("abc"))
    new = X.iloc[:5].assign(b=np.nan)
    spec = make_imputer(name)
    fitted = spec.numeric(SEED).fit(X)
    expected = X.iloc[:5].assign(b=X["b"].mean()).to_numpy()
    np.testing.assert_allclose(fitted.transform(new), expected, rtol=1e-12)
    np.testing.assert_allclose(spec.plain(fitted, X).transform(new), expected, rtol=1e-12)
    assert (0, True) == (fitted.n_iter_, fitted.converged_)


@pytest.mark.parametrize("name", KINDS)
def test_hidden_squares_are_found(name: str) -> None:
    """Where a column is another's square, the error is below 0.3 of the mean's and of linear's."""
    rng = np.random.default_rng(5)
    t = rng.uniform(-2, 2, 400)
    truth = np.column_stack([t, t**2 + rng.normal(0, 0.05, 400), rng.standard_normal(400)])
    hidden = np.zeros(truth.shape, dtype=bool)
    hidden[:, 1] = rng.uniform(size=400) < 0.25
    X = np.where(hidden, np.nan, truth)

    def error(kind: str) -> float:
        filled = make_imputer(kind).numeric(SEED).fit_transform(X)
        return float(np.sqrt(np.mean((filled[hidden] - truth[hidden]) ** 2)))

    assert error(name) < 0.3 * min(error("mean"), error("linear"))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("observed", [1, 2, 3])
def test_few_values_will_do(name: str, observed: int) -> None:
    """A column with one value is filled with it, and with a few, within reach of them."""
    X = np.random.default_rng(6).standard_normal((30, 3))
    X[observed:, 1] = np.nan
    filled = make_imputer(name).numeric(SEED).fit_transform(X)
    assert not np.isnan(filled).any()
    if observed == 1:
        np.testing.assert_allclose(filled[:, 1], X[0, 1], rtol=1e-12)
    assert np.abs(filled[:, 1]).max() < 10


def test_constant_columns_are_filled_with_their_value() -> None:
    """A column that is constant where observed needs no regressor."""
    X = make_rows(8)
    X[:, 1] = np.where(np.isnan(X[:, 1]), np.nan, 3.0)
    chained = ChainedRegressors(NEAREST, max_iter=1)
    np.testing.assert_array_equal(np.full(len(X), 3.0), chained.fit_transform(X)[:, 1])
    assert {0, 2, 4} == {regression.target for regression in chained.regressions_}


def test_every_regressor_has_its_own_seed() -> None:
    """Rounds and columns have seeds of their own, which other columns' gaps do not change."""

    def seeds(X: Floats) -> dict[tuple[int, int], int]:
        chained = ChainedRegressors(RandomForestRegressor(1), max_iter=2, tol=0.0).fit(X)
        width = len(chained.order_)
        return {
            (at // width, one.target): one.regressor.random_state
            for at, one in enumerate(chained.regressions_)
        }

    X = make_rows(9)
    found = seeds(X)
    assert 8 == len(set(found.values()))
    X[np.isnan(X[:, 0]), 0] = 0.0
    assert {at: seed for at, seed in found.items() if at[1] != 0} == seeds(X)


def test_threads_change_no_number() -> None:
    """Forests fitted by two threads are the same to the last digit."""
    X = make_rows(10)
    forest = RandomForestRegressor(20, max_features="sqrt")
    by_one, by_two = (
        ChainedRegressors(forest, max_iter=2, n_jobs=threads).fit_transform(X) for threads in (1, 2)
    )
    np.testing.assert_array_equal(by_one, by_two)


@pytest.mark.parametrize(("steps", "converged"), [(1, False), (10_000, True)])
def test_an_unfinished_network_is_no_convergence(steps: int, converged: bool) -> None:
    """A network that ran out of steps warns nobody, and shows in `converged_`."""
    imputer = make_imputer("neural", steps=steps, hidden=2, max_iter=1, tol=1e6)
    assert converged == imputer.numeric(SEED).fit(make_rows(11)).converged_


def test_penalties_grow_with_rows() -> None:
    """What is given for one row is multiplied by the rows that a column is observed in."""
    X = make_rows(13)
    chained = ChainedRegressors(Ridge(), max_iter=1, per_row={"alpha": 0.5}).fit(X)
    expected = {j: 0.5 * np.isfinite(X[:, j]).sum() for j in (0, 1, 2, 4)}
    assert expected == {one.target: one.regressor.alpha for one in chained.regressions_}


def test_other_warnings_pass() -> None:
    """What a regressor has to say but that it did not converge is not swallowed."""
    with pytest.warns(UserWarning, match="alpha=0"):
        ChainedRegressors(Lasso(alpha=0.0), max_iter=1).fit(make_rows(12))


def test_a_single_column_gets_its_mean() -> None:
    """Without other columns there is nothing to regress on."""
    chained = ChainedRegressors(LinearRegression())
    filled = chained.fit_transform([[1.0], [3.0], [np.nan]])
    assert [1.0, 3.0, 2.0] == filled[:, 0].tolist()
    assert (0, True) == (chained.n_iter_, chained.converged_)
