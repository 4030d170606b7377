"""What an imputer filled in, against scikit-learn's own imputers on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn_reference import SEED, candidate, make_specs, make_table

from runner.evaluation.filled_values import filled_values, pool_values
from runner.evaluation.multiple import refit_draws
from runner.evaluation.winner import refit
from runner.features.pipeline import prepare
from runner.statistics.value_quantiles import quantiles_of

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Floats, Table

POINT = candidate(0.1, 0.5)
GAPPY = {"x1", "x2", "x3", "x5"}
NAMES = [f"x{j}" for j in range(1, 6)]


def filled(table: Table, imputer: str, **options: Any) -> dict[str, Floats]:  # noqa: ANN401 - YAML
    """What is filled into all rows; underscores twice stand for dots."""
    own = {key.replace("__", "."): value for key, value in options.items()}
    preparation = prepare(make_specs(imputer, "lasso", own), table, SEED)
    steps, frame = preparation.transformer(), table.frame
    X = steps.fit_transform(frame, **preparation.fit_parameters(table.weight))
    return filled_values(steps, X, frame, preparation.numeric)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_values_are_those_of_the_imputer(*, scale: bool, weighted: bool) -> None:
    """In the columns' units, the rows in their order, categories and a complete column left out."""
    table = make_table(mixed=True, weighted=weighted)
    found = filled(table, "knn", features__scale=scale)
    assert GAPPY == set(found)
    expected = KNNImputer().fit_transform(table.features[NAMES])
    for name, values in found.items():
        gaps = table.features[name].isna()
        at = NAMES.index(name)
        np.testing.assert_allclose(values, expected[gaps, at], rtol=1e-12)


def test_a_shift_is_in_what_is_filled_in() -> None:
    """Two standard deviations of the observed values above their median."""
    table = make_table()
    columns = table.features[NAMES]
    median = SimpleImputer(strategy="median").fit(columns).statistics_
    for name, values in filled(table, "median", imputer__delta=2.0).items():
        expected = median[NAMES.index(name)] + 2 * columns[name].std(ddof=0)
        np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_a_column_that_is_left_out_has_no_values() -> None:
    """For having too many gaps, or as indicators stand for all of them."""
    table = make_table(n=200)
    share = table.features.isna().mean()
    found = filled(table, "mean", imputer__columns={"drop": 0.2})
    assert {name for name in GAPPY if share[name] <= 0.2} == set(found)
    for name, values in found.items():
        np.testing.assert_allclose(values, table.features[name].mean(), rtol=1e-12)
    assert {} == filled(table, "mean", imputer__indicator="only")


def test_a_refit_has_their_quantiles() -> None:
    """Of the rows that it is fitted to alone."""
    table, rows = make_table(), np.arange(0, 72, 2)
    specs = make_specs("mean", "lasso")
    found = refit(specs, POINT, prepare(specs, table, SEED), table, rows).filled
    assert GAPPY == set(found)
    for name, quantiles in found.items():
        np.testing.assert_allclose(quantiles, table.features[name].iloc[rows].mean(), rtol=1e-12)


@pytest.mark.parametrize("pool", ["predictions", "stacked"])
def test_several_imputations_are_pooled(pool: str) -> None:
    """Quantiles are of all draws' values together."""
    table, rows = make_table(), np.arange(72)
    specs = make_specs("linear", "lasso", {"imputer.multiple": 3, "imputer.pool": pool})
    preparation = prepare(specs, table, SEED)
    found = refit_draws(specs, POINT, preparation, table, rows).filled
    each = []
    for draw in preparation.drawn():
        steps = draw.transformer()
        X = steps.fit_transform(table.frame)
        each.append(filled_values(steps, X, table.frame, NAMES))
    assert not np.array_equal(each[0]["x1"], each[1]["x1"])
    pooled = pool_values(each)
    assert 3 * len(each[0]["x1"]) == len(pooled["x1"])
    for name, quantiles in quantiles_of(pooled).items():
        np.testing.assert_array_equal(quantiles, found[name])


def test_a_runs_table_has_both(program: Program, mixed: tuple[str, ...]) -> None:
    """Observed values beside the one that the mean fills in; a category has neither."""
    made = program.run(*mixed, *QUICK[3:])
    table = pd.read_csv(made / "missingness.csv").set_index("column")
    file = pd.read_csv(program.folder / "mixed.csv")
    predictions = pd.read_csv(made / "predictions.csv")
    training = file.loc[predictions.loc[predictions["part"] == "oof", "row"]]
    for name in ("age", "income"):
        expected = training[name].quantile([0.05, 0.25, 0.5, 0.75, 0.95])
        np.testing.assert_allclose(table.loc[name].filter(like="observed_").astype(float), expected)
        filled_in = table.loc[name].filter(like="filled_").astype(float)
        np.testing.assert_allclose(filled_in, training[name].mean(), rtol=1e-12)
    assert table.loc["town"].filter(regex="observed_|filled_").isna().all()
