"""Errors of filled values are those of the hidden cells, out of fold, in standard deviations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json

from runner.config import validate_section
from runner.dataset.mask import Mask
from runner.dataset.table import table_of
from runner.evaluation.imputation_error import by_column, by_fold, measure_errors, reason_for_none
from runner.features.pipeline import Specs, prepare
from runner.imputer import Imputer
from runner.split.splitters import Splitter

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.core.folds import Preparation
    from runner.features import Features
    from runner.model import Model
    from runner.records import Split, Table

FOLDS = 4
MASKED = "dataset.mask={share: 0.2, mechanism: MCAR}"


def masked_table(rows: int = 200) -> Table:
    """Three related numeric columns in different units and a category, a fifth of it hidden."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(rows, 1))
    X = (common + 0.5 * rng.normal(size=(rows, 3))) * [1.0, 50.0, 4.0] + [0.0, 300.0, 7.0]
    features = pd.DataFrame(X, columns=["a", "b", "c"])
    features["town"] = pd.Series(rng.choice(["York", "Ely"], rows), dtype=object)
    table = table_of(features, rng.normal(size=rows), categorical=("town",))
    return Mask(share=0.2, mechanism="MCAR").hide(table, 0)


def split_of(table: Table) -> Split:
    """Some test rows, and folds."""
    splitter = validate_section("split", {"name": "kfold", "folds": FOLDS})
    assert isinstance(splitter, Splitter)
    return splitter.split(table, 0)


def preparation(table: Table, name: str, **keys: Any) -> Preparation:  # noqa: ANN401 - YAML values
    """Prepare a table's columns with an imputer."""
    imputer: Imputer = validate_section("imputer", {"name": name, **keys})  # type: ignore[assignment]
    features: Features = validate_section("features", {"name": "main_effects"})  # type: ignore[assignment]
    model: Model = validate_section("model", {"name": "ols"})  # type: ignore[assignment]
    return prepare(Specs(imputer, features, model), table, 0)


def errors_of(table: Table, name: str, **keys: Any) -> pd.DataFrame:  # noqa: ANN401 - YAML values
    """Measure an imputer."""
    assert table.hidden is not None
    split = split_of(table)
    return measure_errors(table, table.hidden, split, preparation(table, name, **keys))


def test_errors_of_the_mean_are_as_by_hand() -> None:
    """With mean imputation, an error is the training mean less the value, over the deviation."""
    table = masked_table()
    split, errors = split_of(table), errors_of(table, "mean")
    for fold in split.folds:
        training, _ = split.sides(fold)
        seen = table.features.iloc[training]
        for row in errors[errors["fold"] == fold.number].itertuples():
            column = seen[row.column].dropna().to_numpy()
            expected = (np.mean(column) - row.value) / np.std(column)
            assert expected == pytest.approx(row.error, rel=1e-9)


def test_every_hidden_training_value_is_measured_once() -> None:
    """The cells are those that the mask hid, less those of test rows."""
    table = masked_table()
    assert table.hidden is not None
    found = errors_of(table, "median")
    cells = pd.DataFrame(vars(table.hidden))
    expected = cells[cells["row"].isin(split_of(table).train)]
    order = ["row", "column", "value"]
    pd.testing.assert_frame_equal(
        expected.sort_values(order).reset_index(drop=True),
        found[order].sort_values(order).reset_index(drop=True),
    )


def test_what_is_hidden_in_a_fold_teaches_nothing() -> None:
    """Other true values give the same filled values: no imputer sees what it is measured by."""
    table = masked_table()
    assert table.hidden is not None
    other = replace(table, hidden=replace(table.hidden, value=table.hidden.value + 9.0))
    for name in ("linear", "knn"):
        before, after = errors_of(table, name), errors_of(other, name)
        np.testing.assert_array_equal(before["filled"], after["filled"])


def test_sums_are_as_by_hand() -> None:
    """The normalised error is the root mean square, the bias the mean, by fold and by column."""
    errors = pd.DataFrame(
        {
            "fold": [1, 1, 1, 3],
            "row": [4, 5, 6, 7],
            "column": ["a", "a", "b", "a"],
            "error": [3.0, -4.0, np.nan, 2.0],
        }
    )
    found = by_fold(errors, 3)
    np.testing.assert_allclose([np.sqrt(12.5), np.nan, 2.0], found["nrmse"])
    np.testing.assert_allclose([-0.5, np.nan, 2.0], found["bias"])
    columns = by_column(errors).set_index("column")
    assert [3, 1] == columns["hidden"].to_list()
    np.testing.assert_allclose([np.sqrt(29 / 3), np.nan], columns["nrmse"])
    np.testing.assert_allclose([1 / 3, np.nan], columns["bias"])
    np.testing.assert_allclose([2.0, np.nan], columns["nrmse_fold3"])


def test_linear_comes_near_the_best_there_is() -> None:
    """With correlations of 0.8 the best predictions leave 0.58 deviations, the mean a whole one.

    Of three columns, a value's variance given both others is 1 - 0.8 * 1.6 / 1.8, given one
    1 - 0.8**2, given none 1; with a fifth hidden, these are 0.64, 0.32 and 0.04 of the cases.
    """
    table = masked_table(rows=4_000)
    found = {name: by_fold(errors_of(table, name), FOLDS)["nrmse"] for name in ("mean", "linear")}
    best = np.sqrt(0.64 * (1 - 0.8 * 1.6 / 1.8) + 0.32 * (1 - 0.8**2) + 0.04)
    assert 1.0 == pytest.approx(found["mean"].mean(), abs=0.05)
    assert best == pytest.approx(found["linear"].mean(), abs=0.03)


def test_a_shift_is_a_bias() -> None:
    """Shifted by delta deviations, filled values are off by as much more."""
    table = masked_table()
    plain = by_fold(errors_of(table, "mean"), FOLDS)["bias"]
    shifted = by_fold(errors_of(table, "mean", delta=1.5), FOLDS)["bias"]
    np.testing.assert_allclose(plain + 1.5, shifted, rtol=1e-9)


def test_a_column_that_is_left_out_has_no_error() -> None:
    """A column with too many gaps for the preparation is there, without an error."""
    table = masked_table()
    features = table.features.copy()
    features.loc[features.index % 3 > 0, "b"] = np.nan
    found = by_column(errors_of(replace(table, features=features), "mean", columns={"drop": 0.5}))
    assert [False, True, False] == found["nrmse"].isna().to_list()
    everything = errors_of(table, "mean", columns={"drop": 0.0})
    assert everything["error"].isna().all()


def test_a_column_without_spread_has_no_error() -> None:
    """Where the training rows' observed values are equal, there is no unit to measure in."""
    table = masked_table()
    features = table.features.assign(c=table.features["c"].where(table.features["c"].isna(), 1.0))
    found = by_column(errors_of(replace(table, features=features), "mean"))
    assert [False, False, True] == found["nrmse"].isna().to_list()


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        ("none", {}, "imputer=none fills nothing"),
        ("mean", {"indicator": "only"}, "imputer.indicator=only keeps no filled value"),
        ("mean", {"indicator": True}, None),
    ],
)
def test_nothing_filled_has_a_reason(name: str, keys: dict[str, Any], expected: str | None) -> None:
    """What fills nothing has no error, and says why."""
    imputer = validate_section("imputer", {"name": name, **keys})
    assert isinstance(imputer, Imputer)
    assert expected == reason_for_none(imputer)


def test_a_run_records_it(program: Program, mixed: tuple[str, ...]) -> None:
    """run.json has the error by fold, imputation.csv that of each numeric column."""
    folder = program.run(*mixed, MASKED)
    found = read_json(folder / "run.json")["imputation"]
    table = pd.read_csv(folder / "imputation.csv")
    assert ["age", "income"] == table["column"].to_list()
    assert 3 == len(found["nrmse"]["folds"]) == len(found["bias"]["folds"])
    assert found["nrmse"]["mean"] == pytest.approx(np.mean(found["nrmse"]["folds"]))
    assert (table["nrmse"] > 0).all()


def test_a_run_without_a_mask_records_none(finished_run: Path) -> None:
    """There is nothing to compare with."""
    assert "imputation" not in read_json(finished_run / "run.json")
    assert not (finished_run / "imputation.csv").exists()


def test_a_run_that_fills_nothing_says_so(program: Program, mixed: tuple[str, ...]) -> None:
    """The record has the reason, and there is no table."""
    folder = program.run(*mixed, MASKED, "imputer.indicator=only")
    expected = {"nrmse": None, "reason": "imputer.indicator=only keeps no filled value"}
    assert expected == read_json(folder / "run.json")["imputation"]
    assert not (folder / "imputation.csv").exists()


def test_a_run_records_the_sizes_of_its_folds(finished_run: Path) -> None:
    """Every fold's rows are those that were predicted, and the rest of the training rows."""
    folds = read_json(finished_run / "run.json")["folds"]
    predicted = pd.read_csv(finished_run / "predictions.csv").query("part == 'oof'")
    sizes = predicted.groupby("fold").size().to_list()
    assert sizes == folds["validation"]
    assert [sum(sizes) - size for size in sizes] == folds["training"]
