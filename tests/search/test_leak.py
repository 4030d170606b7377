"""An imputer or scaler that has seen the validation rows changes the scores that are pinned here.

Scores are pinned as figures. They come from scikit-learn's SimpleImputer, StandardScaler and
ElasticNet, called by hand on each training side, and are printed by `leak_free()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.preprocessing import StandardScaler
from sklearn_reference import candidate, folds_of, make_scorer, make_specs

from runner.dataset.table import table_of

if TYPE_CHECKING:
    from sklearn.base import TransformerMixin

    from runner.records import Floats, Split, Table

RTOL = 1e-8
ALPHA, L1_RATIO = 0.3, 0.5
# mean squared errors of the three folds
PINNED = {
    "mean": [2.27246024821, 3.21710518411, 4.65722125549],
    "median": [2.21439783979, 3.04881184276, 4.83440442651],
    "knn": [2.05683610558, 3.2309350781, 4.88252622102],
}
IMPUTERS: dict[str, TransformerMixin] = {
    "mean": SimpleImputer(),
    "median": SimpleImputer(strategy="median"),
    "knn": KNNImputer(n_neighbors=5),
}


def make_gappy() -> Table:
    """A few rows with skewed columns, a third of their values missing."""
    rng = np.random.default_rng(11)
    Z = rng.standard_normal((45, 4))
    y = Z @ [2.0, -1.0, 1.0, 0.5] + rng.standard_normal(45)
    X = np.exp(Z)
    X[rng.random(X.shape) < 0.33] = np.nan
    return table_of(pd.DataFrame(X, columns=list("abcd")), y)


def split_of(table: Table) -> Split:
    """Three folds of all rows."""
    return folds_of(table, folds=3, test=None).split


def errors(imputer: TransformerMixin, leaked: str = "") -> Floats:
    """Mean squared error of each fold, with the named step fitted to all rows."""
    table = make_gappy()
    X, y = table.features.to_numpy(), table.target
    split = split_of(table)
    found = []
    for fold in split.folds:
        training, validation = split.sides(fold)
        imputer.fit(X if leaked == "imputer" else X[training])
        filled = imputer.transform(X)
        scaler = StandardScaler().fit(filled if leaked == "scaler" else filled[training])
        Z = scaler.transform(filled)
        model = ElasticNet(alpha=ALPHA, l1_ratio=L1_RATIO, tol=1e-12, max_iter=100_000)
        model.fit(Z[training], y[training])
        found.append(np.mean((y[validation] - model.predict(Z[validation])) ** 2))
    return np.array(found)


def leak_free() -> dict[str, list[float]]:
    """What is to be pinned."""
    return {name: errors(imputer).tolist() for name, imputer in IMPUTERS.items()}


def runner_errors(table: Table, imputer: str) -> Floats:
    """Mean squared error of each fold, as a search scores it."""
    folds = folds_of(table, folds=3, test=None)
    scorer = make_scorer(folds, make_specs(imputer, "elastic_net"))
    (trial,) = scorer([candidate(ALPHA, L1_RATIO)])
    return trial.scores["mse"]


def assert_leaks(pinned: list[float], actual: Floats) -> None:
    """Every fold's error is off by more than a thousand times the tolerance."""
    assert (np.abs(actual / np.array(pinned) - 1) > 1000 * RTOL).all()


@pytest.mark.parametrize("imputer", PINNED)
def test_scores_are_those_without_a_leak(imputer: str) -> None:
    """The search scores what scikit-learn gives where each step saw training rows alone."""
    np.testing.assert_allclose(errors(IMPUTERS[imputer]), PINNED[imputer], rtol=RTOL)
    np.testing.assert_allclose(runner_errors(make_gappy(), imputer), PINNED[imputer], rtol=RTOL)


@pytest.mark.parametrize("leaked", ["imputer", "scaler"])
@pytest.mark.parametrize("imputer", PINNED)
def test_a_leak_would_show(imputer: str, leaked: str) -> None:
    """With either step fitted to all rows, scikit-learn's errors are not the pinned ones."""
    assert_leaks(PINNED[imputer], errors(IMPUTERS[imputer], leaked))


@pytest.mark.parametrize("imputer", PINNED)
def test_a_leak_before_the_search_would_show(imputer: str) -> None:
    """A table that was imputed as a whole has other scores, which the pinned figures reveal."""
    table = make_gappy()
    filled = IMPUTERS[imputer].fit_transform(table.features.to_numpy())
    leaked = table_of(pd.DataFrame(filled, columns=list("abcd")), table.target)
    assert_leaks(PINNED[imputer], runner_errors(leaked, "none"))
