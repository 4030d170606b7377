"""The columns that a model sees, by name, source and scale, whatever prepares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.config import validate_section
from runner.core.folds import ModelColumns
from runner.core.folds.model_columns import NO_SOURCE
from runner.core.folds.sides import prepare_sides
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, make_plain, prepare

if TYPE_CHECKING:
    from runner.core.folds import Preparation
    from runner.records import Table

N = 60


def make_table(*, colliding: bool = False) -> Table:
    """Numeric columns, one mostly missing, two categories, and columns with a role."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "rare"])
    frame.loc[::7, "a"] = np.nan
    frame.loc[5:, "rare"] = np.nan
    town = rng.choice(["York", "Bath", "Ely"], N).astype(object)
    town[::9] = np.nan
    frame["town"], frame["code"] = town, rng.choice([1.0, 2.0], N)
    if colliding:
        frame.insert(0, "town_York", rng.normal(size=N))
    beside = pd.DataFrame({"when": rng.permutation(N), "site": rng.choice(["N", "S"], N)})
    return table_of(
        frame,
        rng.normal(size=N),
        categorical=("town", "code"),
        time=beside["when"].to_numpy(),
        group=pd.factorize(beside["site"])[0],
        roles=("when", "site"),
        role_values=beside,
    )


def make_preparation(
    table: Table, imputer: dict[str, Any], features: dict[str, Any] | None = None
) -> Preparation:
    """A preparation with the packaged values where nothing is said."""
    sections = {
        "imputer": imputer,
        "features": {"name": "main_effects", **(features or {})},
        "model": {"name": "ols"},
    }
    specs = Specs(**{key: validate_section(key, raw) for key, raw in sections.items()})  # type: ignore[arg-type]
    return prepare(specs, table, 0, ("a", "rare"))


CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(({"name": name}, {}) for name in ("mean", "median", "knn", "linear", "hot_deck")),
    ({"name": "interpolate"}, {}),
    ({"name": "iterative", "max_iter": 3, "tol": 10.0}, {}),
    ({"name": "mean", "delta": 0.5}, {}),
    ({"name": "mean", "indicator": True}, {"drop": "first"}),
    ({"name": "knn", "indicator": "auto"}, {"drop": "if_binary"}),
    ({"name": "mean", "indicator": "only"}, {"scale": False}),
    ({"name": "mean", "categorical": "most_frequent", "columns": {"drop": 0.5}}, {"scale": False}),
]


@pytest.mark.parametrize(("imputer", "features"), CASES)
@pytest.mark.parametrize("colliding", [False, True])
def test_names_are_those_of_the_saved_model(
    imputer: dict[str, Any], features: dict[str, Any], colliding: bool
) -> None:
    """In order, with the prefix that tells a numeric town_York from the level York of a town."""
    table, every = make_table(colliding=colliding), np.arange(N)
    preparation = make_preparation(table, imputer, features)
    X, _, columns = prepare_sides(table, every, every[:0], preparation)
    saved = preparation.transformer().fit(table.frame)
    scale = saved.named_steps["scaler"].scale_ if "scaler" in saved.named_steps else 1.0
    make_plain(saved, preparation, table.frame)
    assert list(saved.get_feature_names_out()) == list(columns.names)
    assert X.shape[1] == len(columns.names) == len(columns.sources)
    np.testing.assert_allclose(columns.scale, scale * np.ones(X.shape[1]), rtol=1e-12)


def test_sources_are_the_datasets_columns() -> None:
    """A level stands for its category, also where one was left out; an indicator for nothing."""
    table, every = make_table(colliding=True), np.arange(N)
    preparation = make_preparation(table, {"name": "mean", "indicator": True}, {"drop": "first"})
    columns = prepare_sides(table, every, every[:0], preparation)[2]
    assert {
        "numeric__town_York": "town_York",
        "numeric__a": "a",
        "numeric__b": "b",
        "numeric__rare": "rare",
        "indicator__missingindicator_a": "",
        "indicator__missingindicator_rare": "",
        "categorical__town_Ely": "town",
        "categorical__town_York": "town",
        "categorical__town_nan": "town",
        "categorical__code_2.0": "code",
    } == dict(zip(columns.names, columns.sources, strict=True))


def test_pooled_problems_have_a_scale_each() -> None:
    """Several draws share their names, and have their scales one after the other."""
    each = [ModelColumns(("a", "b"), ("a", ""), np.array([1.0, two])) for two in (2.0, 3.0)]
    columns = ModelColumns.pooled(each)
    assert ("a", "b") == columns.names
    assert [1, 2, 1, 3] == columns.scale.tolist()
    assert 2 == columns.parts
    assert 1 == each[0].parts


def test_columns_are_gathered_by_their_source() -> None:
    """Levels and what says that a column is missing stand with it, prefix or not."""
    columns = ModelColumns(
        ("age", "town_Ulm", "town_Bonn", "missingindicator_age", "indicator__missingindicator_x"),
        ("age", "town", "town", NO_SOURCE, NO_SOURCE),
        np.arange(5.0),
    )
    found = {name: own.tolist() for name, own in columns.of_each_source().items()}
    assert {"age": [0, 3], "town": [1, 2], "x": [4]} == found


def test_some_columns_are_taken_of_every_part() -> None:
    """A pooled problem's scales are those of the columns in each part."""
    pooled = ModelColumns(("a", "b", "c"), ("a", "b", "c"), np.arange(6.0))
    some = pooled.take(np.array([2, 0]))
    assert (("c", "a"), ("c", "a"), [2.0, 0.0, 5.0, 3.0]) == (
        some.names,
        some.sources,
        some.scale.tolist(),
    )
