"""On complete data the search chooses what ElasticNetCV chooses, from the same alphas.

ElasticNetCV knows no Pipeline: what scales columns must come before it, and so sees all rows. To
compare the same thing, columns are standardised beforehand here too, and `features.scale` is off.
Both then centre each training side, solve it for the alphas that all rows give, and average the
mean squared errors of the folds with equal weights. Both descend to 1e-12 of the target's sum of
squares, so that errors must agree to 1e-9 of their size, and the choice exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, ElasticNetCV, LassoCV
from sklearn.linear_model._coordinate_descent import _alpha_grid
from sklearn.preprocessing import StandardScaler
from sklearn_reference import SEED, folds_of, make_scorer, make_specs

from runner.config import validate_section
from runner.dataset.table import table_of
from runner.search import Resolver, Search, SearchSpace
from runner.search.rule import choose_best

if TYPE_CHECKING:
    from pathlib import Path

    from runner.features.pipeline import Specs
    from runner.records import Floats, Table, Trial

TOL = 1e-13
RTOL = 1e-9
RATIOS = [0.1, 0.5, 0.9, 1.0]
EPS, COUNT = 1e-3, 30


def make_rows(seed: int) -> tuple[Floats, Floats]:
    """Standardised columns (80, 8) that correlate, and a target of three of them."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((80, 8)) @ (np.eye(8) + 0.5 * rng.standard_normal((8, 8)))
    y = 5 + X[:, :3] @ [1.0, -2.0, 0.5] + 3 * rng.standard_normal(80)
    return StandardScaler().fit_transform(X), y


def as_table(X: Floats, y: Floats) -> Table:
    """The rows as a table."""
    return table_of(pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]), y)


def specs_of(model: str, **options: object) -> Specs:
    """A model with an automatic range of alphas, of columns that are not scaled again."""
    values: dict[str, Any] = {"model.alpha": {"eps": EPS, "count": COUNT}, "model.tol": TOL}
    if model == "elastic_net":
        values["model.l1_ratio"] = RATIOS
    more = {f"model.{key}": value for key, value in options.items()}
    return make_specs("none", model, values | more | {"features.scale": False})


def search_grid(specs: Specs, table: Table, folder: Path) -> tuple[list[Trial], list[Any]]:
    """The trials of the automatic grid, and the folds as pairs of row positions."""
    folds = folds_of(table, folds=4, test=None)
    scorer = make_scorer(folds, specs)
    search = validate_section("search", {"name": "grid"})
    assert isinstance(search, Search)
    resolver = Resolver(SearchSpace.of(specs.model.penalty(), {}), scorer.alpha_max)
    trials = search.run(resolver, scorer, seed=SEED, folder=folder)
    return trials, [folds.split.sides(fold) for fold in folds.split.folds]


@pytest.mark.parametrize("options", [{}, {"positive": True}, {"fit_intercept": False}])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_elastic_net_cv(seed: int, options: dict[str, bool], tmp_path: Path) -> None:
    """Alphas, every fold's error along them, and the chosen alpha and l1_ratio are the same."""
    X, y = make_rows(seed)
    trials, cv = search_grid(specs_of("elastic_net", **options), as_table(X, y), tmp_path)
    peer = ElasticNetCV(
        l1_ratio=RATIOS, eps=EPS, alphas=COUNT, cv=cv, tol=TOL, max_iter=100_000, **options
    ).fit(X, y)
    best = choose_best(trials)
    assert best.candidate.l1_ratio == peer.l1_ratio_
    assert best.candidate.alpha == pytest.approx(peer.alpha_, rel=RTOL)
    alphas = np.reshape([trial.candidate.alpha for trial in trials], (len(RATIOS), COUNT))
    np.testing.assert_allclose(alphas, peer.alphas_, rtol=RTOL)
    errors = np.reshape([trial.scores["mse"] for trial in trials], (len(RATIOS), COUNT, len(cv)))
    np.testing.assert_allclose(errors, peer.mse_path_, rtol=RTOL)


@pytest.mark.parametrize("seed", [3, 4])
def test_lasso_cv(seed: int, tmp_path: Path) -> None:
    """The lasso's alpha is LassoCV's."""
    X, y = make_rows(seed)
    trials, cv = search_grid(specs_of("lasso"), as_table(X, y), tmp_path)
    peer = LassoCV(eps=EPS, alphas=COUNT, cv=cv, tol=TOL, max_iter=100_000).fit(X, y)
    assert choose_best(trials).candidate.alpha == pytest.approx(peer.alpha_, rel=RTOL)
    errors = np.array([trial.scores["mse"] for trial in trials])
    np.testing.assert_allclose(errors, peer.mse_path_, rtol=RTOL)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("l1_ratio", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_alpha_range_is_sklearns(
    *, weighted: bool, l1_ratio: float, fit_intercept: bool, positive: bool
) -> None:
    """The automatic range ends where scikit-learn's does, whatever is fitted and weighted."""
    X, y = make_rows(5)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else None
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    table = table_of(frame, y, weight=weight)
    folds = folds_of(table, folds=4)
    specs = specs_of("elastic_net", fit_intercept=fit_intercept, positive=positive)
    scorer = make_scorer(folds, specs)
    resolver = Resolver(SearchSpace.of(specs.model.penalty(), {}), scorer.alpha_max)
    found = [
        resolver.candidate({"model.alpha": share, "model.l1_ratio": l1_ratio}).alpha
        for share in (1.0, EPS)
    ]
    train = folds.split.train
    grid = _alpha_grid(
        X[train],
        y[train],
        l1_ratio=l1_ratio,
        fit_intercept=fit_intercept,
        eps=EPS,
        n_alphas=2,
        sample_weight=None if weight is None else weight[train],
        positive=positive,
    )
    np.testing.assert_allclose(found, grid, rtol=1e-12)


@pytest.mark.parametrize("l1_ratio", [0.2, 1.0])
def test_alpha_max_is_the_least_that_selects_nothing(l1_ratio: float) -> None:
    """scikit-learn's ElasticNet on the training rows selects nothing there, and something below."""
    X, y = make_rows(6)
    folds = folds_of(as_table(X, y), folds=4)
    top = make_scorer(folds, specs_of("elastic_net")).alpha_max({"model.l1_ratio": l1_ratio})
    train = folds.split.train
    counts = [
        np.count_nonzero(
            ElasticNet(alpha=share * top, l1_ratio=l1_ratio, tol=TOL).fit(X[train], y[train]).coef_
        )
        for share in (1.0, 0.999)
    ]
    assert [0, 1] == counts
