"""Nearest rows: scikit-learn's numbers in bounded memory, and a scikit-learn imputer to save."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from runner.config import validate_section
from runner.imputer import knn, neighbours
from runner.imputer.knn import Knn, without_copies
from runner.imputer.neighbours import NearestRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats

    Weights = Literal["uniform", "distance"]

WEIGHTS = ["uniform", "distance"]
TOLERANCE = 1e-9  # for columns of spread 1: distances are added up in another order


def make_rows(seed: int, n: int = 120, p: int = 6, share: float = 0.2) -> Floats:
    """Correlated columns, some values missing, the first in most rows.

    All are multiples of 2^-16, of which sums of squares are exact: scikit-learn, too, finds the
    distance of equal rows 0, and that of nearly equal ones to the last digit.
    """
    rng = np.random.default_rng(seed)
    X = np.round((rng.standard_normal((n, p)) + rng.standard_normal((n, 1))) * 2**16) / 2**16
    X[rng.uniform(size=X.shape) < share] = np.nan
    X[rng.uniform(size=n) < 0.8, 0] = np.nan
    return X


def make_marks(seed: int, n: int = 120, p: int = 6, share: float = 0.2) -> Floats:
    """Whole numbers, so that many rows are equally far and many are the same."""
    X = np.random.default_rng(seed).integers(0, 3, (n, p)).astype(float) + 1000.0
    X[np.isnan(make_rows(seed, n, p, share))] = np.nan
    return X


def make_thirds(seed: int, n: int = 120, p: int = 6, share: float = 0.2) -> Floats:
    """The first rows' like, with squares that are rounded."""
    return make_rows(seed, n, p, share) / 3


def reference(fit: Floats, rows: Floats, n_neighbors: int = 5, weights: str = "uniform") -> Floats:
    """What scikit-learn's imputer, fitted to `fit`, makes of `rows`."""
    imputer = KNNImputer(n_neighbors=n_neighbors, weights=weights, keep_empty_features=True)
    filled: Floats = imputer.fit(fit).transform(rows)
    return filled


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    share=st.floats(0.01, 0.9),
    shape=st.tuples(st.integers(1, 150), st.integers(1, 8)),
    n_neighbors=st.integers(1, 30),
    weights=st.sampled_from(WEIGHTS),
)
def test_the_numbers_are_scikit_learns(
    seed: int, share: float, shape: tuple[int, int], n_neighbors: int, weights: Weights
) -> None:
    """Training rows, and new rows with other gaps, are KNNImputer's, hollow columns among them."""
    X, new = make_rows(seed, *shape, share), make_rows(seed + 1, 40, shape[1], 0.4)
    new[:, np.isnan(X).all(axis=0)] = np.nan
    nearest = NearestRows(n_neighbors=n_neighbors, weights=weights).fit(X)
    for rows in (X, new):
        expected = reference(X, rows, n_neighbors, weights)
        np.testing.assert_allclose(nearest.transform(rows), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("make", [make_rows, make_marks, make_thirds])
def test_many_rows_are_filled_as_few_are(make: Callable[..., Floats], weights: Weights) -> None:
    """With more rows than candidates are looked for one by one, the numbers are scikit-learn's."""
    X = make(7, n=1_500, p=8)
    found = NearestRows(weights=weights).fit_transform(X)
    np.testing.assert_allclose(found, reference(X, X, weights=weights), rtol=0, atol=TOLERANCE)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    share=st.floats(0.01, 0.7),
    n_neighbors=st.integers(1, 12),
    weights=st.sampled_from(WEIGHTS),
)
def test_ties_and_equal_rows_are_scikit_learns(
    seed: int, share: float, n_neighbors: int, weights: Weights
) -> None:
    """Among whole numbers, where distances are exact, the same of equally far rows are taken."""
    X, new = make_marks(seed, share=share), make_marks(seed + 1, n=40, share=0.4)
    nearest = NearestRows(n_neighbors=n_neighbors, weights=weights).fit(X)
    for rows in (X, new):
        expected = reference(X, rows, n_neighbors, weights)
        np.testing.assert_allclose(nearest.transform(rows), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_large_means_lose_nothing(weights: Weights) -> None:
    """Columns shifted by a million times their spread are filled as they are without the shift."""
    X = make_rows(1, n=300)
    shift = 2.0**20 * np.arange(1, X.shape[1] + 1)
    expected = reference(X, X, weights=weights)
    found = NearestRows(weights=weights).fit_transform(X + shift) - shift
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_the_same_row_outweighs_all_others() -> None:
    """By distance, training rows that are the same fill a gap alone, whatever their units."""
    one = 100.0 + np.random.default_rng(2).standard_normal((60, 5))
    other = one + np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    rows = one.copy()
    rows[:, 0] = np.nan
    found = NearestRows(weights="distance").fit(np.vstack([one, other])).transform(rows)
    np.testing.assert_allclose(found[:, 0], one[:, 0] + 0.5, rtol=1e-15)


def test_rows_that_share_nothing_take_the_mean() -> None:
    """A gap whose row shares no coordinate with any donor becomes the column's training mean."""
    X = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 5.0], [np.nan, 7.0]])
    np.testing.assert_array_equal([[2.0, 5.0]], NearestRows().fit(X).transform(X[2:3]))
    np.testing.assert_array_equal([[2.0, 6.0]], NearestRows().fit(X).transform([[np.nan] * 2]))


@pytest.mark.parametrize("make", [make_rows, make_marks])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_chunks_change_nothing(
    make: Callable[..., Floats], weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are completed one at a time as they are all at once."""
    X = make(3)
    whole = NearestRows(weights=weights).fit_transform(X)
    monkeypatch.setattr(neighbours, "CHUNK_BYTES", 1)
    single = NearestRows(weights=weights).fit_transform(X)
    np.testing.assert_allclose(single, whole, rtol=1e-12)


@pytest.mark.parametrize("make", [make_rows, make_marks])
def test_memory_is_bounded(make: Callable[..., Floats], monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks hold to their bytes, beside copies of the rows: the distances alone would be 32 MB."""
    X = make(4, n=2_000, p=20)
    monkeypatch.setattr(neighbours, "CHUNK_BYTES", 2**21)
    nearest = NearestRows(weights="distance").fit(X)
    tracemalloc.start()
    try:
        nearest.transform(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**21 + 10 * X.nbytes


def make_spec(**keys: object) -> Knn:
    """Validate the section, the rest of it from the packaged YAML."""
    spec = validate_section("imputer", {"name": "knn", **keys})
    assert isinstance(spec, Knn)
    return spec


@pytest.mark.parametrize("weights", WEIGHTS)
def test_it_becomes_a_scikit_learn_imputer(weights: Weights) -> None:
    """The imputer that is saved is scikit-learn's own, and fills new rows alike."""
    X, new = (pd.DataFrame(make_rows(seed), columns=list("abcdef")) for seed in (5, 6))
    spec = make_spec(weights=weights, n_neighbors=3)
    fitted = spec.numeric(0).fit(X)
    plain = pickle.loads(pickle.dumps(spec.plain(fitted, X)))  # noqa: S301 - our own
    assert KNNImputer is type(plain)
    np.testing.assert_allclose(plain.transform(new), fitted.transform(new), atol=TOLERANCE)
    assert list("abcdef") == list(plain.get_feature_names_out())


def test_hollow_columns_are_saved() -> None:
    """With columns that have no value, what is saved fills alike, and names every feature."""
    X, new = (pd.DataFrame(make_rows(seed), columns=list("abcdef")) for seed in (5, 6))
    X[["b", "e"]] = np.nan
    spec = make_spec()
    fitted = spec.numeric(0).fit(X)
    saved = ColumnTransformer([("numeric", FunctionTransformer(), list(X))]).fit(X)
    plain = pickle.loads(pickle.dumps(spec.plain(fitted, X)))  # noqa: S301 - our own
    saved.transformers_ = [("numeric", plain, list(X))]
    np.testing.assert_allclose(saved.transform(new), fitted.transform(new), atol=TOLERANCE)
    assert [f"numeric__{name}" for name in X] == list(saved.get_feature_names_out())
    kept = new["b"].notna()
    np.testing.assert_array_equal(new.loc[kept, "b"], fitted.transform(new)[kept, 1])


@pytest.mark.parametrize("weights", WEIGHTS)
def test_blocks_of_columns_change_nothing(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Distances that are added up two columns at a time, one row at a time, are scikit-learn's."""
    monkeypatch.setattr(neighbours, "BLOCK", 2)
    monkeypatch.setattr(neighbours, "CHUNK_BYTES", 1)
    X = make_rows(3, n=80, p=25)
    expected = KNNImputer(n_neighbors=5, weights=weights).fit(X[:60]).transform(X)
    found = NearestRows(n_neighbors=5, weights=weights).fit(X[:60]).transform(X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_saved_model_of_many_columns_predicts_by_blocks(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its predictions are KNNImputer's, which a Pipeline keeps, and by distance uses."""
    monkeypatch.setattr(knn, "MANY", 4)
    X, new = (pd.DataFrame(make_rows(seed), columns=list("abcdef")) for seed in (5, 6))
    filler = KNNImputer(weights=weights)
    columns = ColumnTransformer([("numeric", filler, list(X))], verbose_feature_names_out=False)
    pipeline = Pipeline([("columns", columns), ("model", LinearRegression())])
    pipeline.fit(X, X.sum(axis=1))
    lighter = without_copies(pipeline)
    (used,) = [fitted for _, fitted, _ in lighter["columns"].transformers_]
    assert type(used) is (NearestRows if weights == "uniform" else KNNImputer)
    np.testing.assert_allclose(lighter.predict(new), pipeline.predict(new), rtol=0, atol=1e-12)
    ((_, kept, _),) = pipeline["columns"].transformers_
    assert type(kept) is KNNImputer
    monkeypatch.setattr(knn, "MANY", 6)
    assert without_copies(pipeline) is pipeline
