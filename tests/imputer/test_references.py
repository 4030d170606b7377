"""Imputers against scikit-learn's, against those of R's mice, and against the truth.

What mice filled in is kept in tests/golden; refresh it with the command in make_mice.R.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge

from runner.config import validate_section
from runner.core.folds import prepare_rows
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare

if TYPE_CHECKING:
    from runner.features import Features
    from runner.imputer import Imputer
    from runner.model import Model
    from runner.records import Floats

GOLDEN = Path(__file__).parents[1] / "golden"
SEED = 3
IGNORED = 100  # the rows from here on took no part in what mice learnt


def fill(
    training: pd.DataFrame,
    others: pd.DataFrame,
    name: str,
    **keys: Any,  # noqa: ANN401 - any YAML value
) -> tuple[Floats, Floats]:
    """Fit an imputer to the training rows as a fold does, and complete both sides."""
    imputer: Imputer = validate_section("imputer", {"name": name, **keys})  # type: ignore[assignment]
    features: Features = validate_section(  # type: ignore[assignment]
        "features", {"name": "main_effects", "scale": False}
    )
    model: Model = validate_section("model", {"name": "ols"})  # type: ignore[assignment]
    rows = pd.concat([training, others], ignore_index=True)
    table = table_of(rows, np.zeros(len(rows)))
    here, there = np.split(np.arange(len(rows)), [len(training)])
    return prepare_rows(table, here, there, prepare(Specs(imputer, features, model), table, SEED))


def make_frame(seed: int, n: int) -> pd.DataFrame:
    """Correlated columns in unlike units, some values missing, one column in whole numbers.

    All are multiples of 1/1024, which leaves scikit-learn's squared distances exact: rows that
    agree are at distance 0 for it, and not at one made of rounding.
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5)) + rng.standard_normal((n, 1))
    X = X * [1.0, 10.0, 0.1, 3.0, 2.0] + [0.0, 50.0, 3.0, -7.0, 4.0]
    X = np.round(X * 2**10) / 2**10
    X[:, 4] = np.round(X[:, 4])
    X[rng.uniform(size=X.shape) < 0.2] = np.nan
    return pd.DataFrame(X, columns=list("abcde"))


REFERENCES: list[tuple[str, dict[str, Any], Any]] = [
    ("mean", {}, SimpleImputer()),
    ("median", {}, SimpleImputer(strategy="median")),
    ("most_frequent", {}, SimpleImputer(strategy="most_frequent")),
    ("constant", {"value": -9.0}, SimpleImputer(strategy="constant", fill_value=-9.0)),
    ("knn", {}, KNNImputer()),
    (
        "knn",
        {"n_neighbors": 2, "weights": "distance"},
        KNNImputer(n_neighbors=2, weights="distance"),
    ),
    ("iterative", {"max_iter": 30, "tol": 1e-2}, IterativeImputer(max_iter=30, tol=1e-2)),
    (
        "linear",
        {"alpha": 2.0, "max_iter": 30, "tol": 1e-2},
        IterativeImputer(Ridge(2.0), max_iter=30, tol=1e-2),
    ),
]


@pytest.mark.parametrize(("name", "keys", "reference"), REFERENCES)
def test_folds_are_filled_as_scikit_learn_does(
    name: str,
    keys: dict[str, Any],
    reference: Any,  # noqa: ANN401 - any of scikit-learn's imputers
) -> None:
    """Both sides of a fold are what scikit-learn's imputer makes of them, fitted to the first."""
    training, validation = make_frame(0, 150), make_frame(1, 60)
    reference.fit(training.to_numpy(copy=True))
    spread = training.std().to_numpy()
    for rows, actual in zip(
        (training, validation), fill(training, validation, name, **keys), strict=True
    ):
        expected = reference.transform(rows.to_numpy(copy=True))
        np.testing.assert_allclose(actual / spread, expected / spread, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", ["one", "chain"])
def test_linear_fills_as_mice_does(case: str) -> None:
    """Unpenalised regressions fill as mice's norm.predict does, new rows among them.

    With gaps in one column there is one regression to compare, with gaps in four the point where
    rounds no longer change anything. What remains is rounding: mice solves by QR, and stops after
    400 rounds, where `linear` stops at a change of 1e-13 of the largest value.
    """
    frame = pd.read_csv(GOLDEN / "mice_data.csv").astype(float)
    golden = pd.read_csv(GOLDEN / "mice_imputed.csv").query("case == @case")
    if case == "one":
        frame = frame.drop(columns="Solar.R")
    at = golden["row"].to_numpy() - 1, frame.columns.get_indexer(pd.Index(golden["column"]))
    X = frame.to_numpy(copy=True)
    X[at] = np.nan
    assert len(golden) == int(np.isnan(X).sum())
    gappy = pd.DataFrame(X, columns=frame.columns)
    sides = fill(gappy[:IGNORED], gappy[IGNORED:], "linear", alpha=0.0, max_iter=400, tol=1e-13)
    np.testing.assert_allclose(np.vstack(sides)[at], golden["value"], rtol=1e-9)


def error_of(truth: Floats, hidden: Any, name: str) -> float:  # noqa: ANN401 - a mask
    """Root mean squared error of the hidden values, in the columns' standard deviations."""
    frame = pd.DataFrame(np.where(hidden, np.nan, truth)).rename(columns="x{}".format)
    filled, _ = fill(frame, frame[:0], name)
    return float(np.sqrt(np.mean(((filled - truth) / truth.std(axis=0))[hidden] ** 2)))


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_and_regressions_recover_what_is_hidden(seed: int) -> None:
    """In columns with correlation 0.9, linear and knn make less than half the error of the mean.

    Column j is 3 f + e_j with f and e_j standard normal. Given all five others, its variance is
    not 10 but 1 + 9 / (1 + 5 * 9): nothing is expected to err by less than 0.346 of its standard
    deviation, here less three standard errors of 600 hidden values.
    """
    rng = np.random.default_rng(seed)
    truth = 3 * rng.standard_normal((500, 1)) + rng.standard_normal((500, 6))
    hidden = rng.uniform(size=truth.shape) < 0.2
    mean, knn, linear = (error_of(truth, hidden, name) for name in ("mean", "knn", "linear"))
    least = 0.346 * (1 - 3 / np.sqrt(2 * 600))
    assert least < linear < 0.5 * mean
    assert least < knn < 0.5 * mean


@pytest.mark.parametrize("seed", range(3))
def test_blood_values_are_recovered(seed: int) -> None:
    """Of six real blood values, linear and knn make at most 0.8 of the error of the mean."""
    truth = load_diabetes(scaled=True).data[:, 4:]
    hidden = np.random.default_rng(seed).uniform(size=truth.shape) < 0.15
    mean, knn, linear = (error_of(truth, hidden, name) for name in ("mean", "knn", "linear"))
    assert linear < 0.8 * mean
    assert knn < 0.8 * mean
