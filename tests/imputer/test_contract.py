"""The contract of every imputer, whichever kinds the registry has."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from runner.config import validate_section
from runner.config.kinds import all_kinds
from runner.core.folds import prepare_rows
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare
from runner.imputer import Imputer

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.features import Features
    from runner.model import Model
    from runner.records import Floats, Table

SEED = 3
KINDS: dict[str, Any] = all_kinds("imputer")
FILLING = sorted(name for name, kind in KINDS.items() if kind.fills)
FEW: dict[str, Any] = {  # what keeps the slow ones quick
    "forest": {"n_estimators": 8, "max_iter": 3},
    "boosting": {"n_estimators": 8, "max_iter": 2},
    "neural": {"steps": 10, "max_iter": 2},
}
TRAINING, VALIDATION = np.arange(40), np.arange(40, 60)


def make_table(*, gaps: bool = True, hollow: bool = False) -> Table:
    """Three numeric columns and a category, and what an imputer may use beside: time and group.

    `hollow`: one column is all missing in the training rows.
    """
    rng = np.random.default_rng(0)
    X = rng.normal([5.0, -2.0, 0.5], [2.0, 1.0, 0.1], size=(60, 3))
    X[:, 2] += 0.1 * X[:, 0]
    town = rng.choice(["York", "Bath", "Ely"], 60).astype(object)
    if gaps:
        X[rng.random(X.shape) < 0.2] = np.nan
        town[rng.random(60) < 0.2] = np.nan
    if hollow:
        X[TRAINING, 1] = np.nan
        X[VALIDATION, 1] = 1.0
    features = pd.DataFrame(X, columns=["a", "b", "c"])
    features["town"] = pd.Series(town, dtype=object)
    target = rng.normal(size=60)
    beside = {"when": rng.permutation(60), "site": rng.choice(["N", "S"], 60)}
    return table_with_roles(features, target, pd.DataFrame(beside))


def table_with_roles(features: pd.DataFrame, target: Floats, beside: pd.DataFrame) -> Table:
    """Make a table of features with a category, and of a time and a group column beside them."""
    return table_of(
        features,
        target,
        categorical=("town",),
        time=np.unique(beside["when"], return_inverse=True)[1].astype(np.int64),
        group=pd.factorize(beside["site"])[0].astype(np.int64),
        roles=("when", "site"),
        role_values=beside,
    )


def make_imputer(name: str, **keys: Any) -> Imputer:  # noqa: ANN401 - any YAML value
    """Validate an imputer section, the rest of it but for `FEW` from the packaged YAML."""
    spec = validate_section("imputer", {"name": name, **FEW.get(name, {}), **keys})
    assert isinstance(spec, Imputer)
    return spec


def preparation(
    table: Table,
    name: str,
    **keys: Any,  # noqa: ANN401 - any YAML value
) -> Preparation:
    """Prepare a table's columns with an imputer, unscaled, every level of the category kept."""
    features: Features = validate_section(  # type: ignore[assignment]
        "features", {"name": "main_effects", "scale": False, "drop": None}
    )
    model: Model = validate_section("model", {"name": "ols"})  # type: ignore[assignment]
    return prepare(Specs(make_imputer(name, **keys), features, model), table, SEED)


def filled(
    table: Table,
    name: str,
    **keys: Any,  # noqa: ANN401 - any YAML value
) -> tuple[Floats, Floats]:
    """Fit to the training rows, and transform both sides."""
    return prepare_rows(table, TRAINING, VALIDATION, preparation(table, name, **keys))


def observed(table: Table) -> tuple[Floats, Floats]:
    """The numeric columns of both sides as they are."""
    X = table.features[list(table.numeric)].to_numpy(dtype=float)
    return X[TRAINING], X[VALIDATION]


@pytest.mark.parametrize("name", FILLING)
class TestImputer:
    """What holds of every imputer that fills."""

    def test_nothing_is_missing(self, name: str) -> None:
        """No missing value is left on either side."""
        sides = filled(make_table(), name)
        assert [0, 0] == [int(np.isnan(side).sum()) for side in sides]

    def test_observed_values_are_untouched(self, name: str) -> None:
        """What was not missing comes out as it went in."""
        table = make_table()
        for before, after in zip(observed(table), filled(table, name), strict=True):
            seen = ~np.isnan(before)
            np.testing.assert_array_equal(before[seen], after[:, :3][seen])

    def test_complete_data_passes(self, name: str) -> None:
        """Where nothing is missing, nothing changes."""
        table = make_table(gaps=False)
        for before, after in zip(observed(table), filled(table, name), strict=True):
            np.testing.assert_array_equal(before, after[:, :3])

    def test_learns_from_training_rows_alone(self, name: str) -> None:
        """Other validation rows change nothing on the training side, nor one another."""
        table = make_table()
        other = table.features.copy()
        other.loc[VALIDATION[1:], ["a", "b", "c"]] *= 100.0
        before = filled(table, name)
        after = filled(table_with_roles(other, table.target, table.role_values), name)
        np.testing.assert_array_equal(before[0], after[0])
        np.testing.assert_array_equal(before[1][0], after[1][0])

    def test_same_seed_same_values(self, name: str) -> None:
        """Twice with one seed gives the same, and so does transforming twice."""
        table = make_table()
        np.testing.assert_array_equal(filled(table, name)[1], filled(table, name)[1])
        pipeline = fitted(table, name)
        rows = table.frame.iloc[VALIDATION]
        np.testing.assert_array_equal(pipeline.transform(rows), pipeline.transform(rows))

    def test_input_is_not_written_to(self, name: str) -> None:
        """The table is the same after as before."""
        table = make_table()
        before = table.features.copy()
        filled(table, name)
        pd.testing.assert_frame_equal(before, table.features)

    def test_survives_clone_and_pickle(self, name: str) -> None:
        """A clone fits to the same, and a fitted one comes back from pickle the same."""
        table = make_table()
        pipeline = fitted(table, name)
        rows = table.frame.iloc[VALIDATION]
        expected = pipeline.transform(rows)
        np.testing.assert_array_equal(
            expected, clone(pipeline).fit(table.frame.iloc[TRAINING]).transform(rows)
        )
        loaded = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - made here
        np.testing.assert_array_equal(expected, loaded.transform(rows))

    def test_columns_are_found_by_name(self, name: str) -> None:
        """Columns in another order, and further ones, change nothing."""
        table = make_table()
        pipeline = fitted(table, name)
        rows = table.frame.iloc[VALIDATION]
        shuffled = rows[["site", "town", "c", "a", "when", "b"]].assign(extra=1.0)
        np.testing.assert_array_equal(pipeline.transform(rows), pipeline.transform(shuffled))

    def test_rows_of_a_plain_frame_will_do(self, name: str) -> None:
        """A frame as pandas reads it, its text in pandas' own type, is transformed the same."""
        table = make_table()
        pipeline = fitted(table, name)
        rows = table.frame.iloc[VALIDATION]
        plain = rows.astype({"town": "str"})
        np.testing.assert_array_equal(pipeline.transform(rows), pipeline.transform(plain))

    @pytest.mark.parametrize("indicator", [False, True, "auto"])
    def test_hollow_columns_are_kept(self, name: str, indicator: bool) -> None:
        """A column without any value in a fold's training rows stays: folds are of one width."""
        whole = filled(make_table(), name, indicator=indicator)
        hollow = filled(make_table(hollow=True), name, indicator=indicator)
        assert [side.shape for side in whole] == [side.shape for side in hollow]
        assert [0, 0] == [int(np.isnan(side).sum()) for side in hollow]

    def test_indicator_adds_columns(self, name: str) -> None:
        """A 0/1 column for each numeric column with gaps says where they were."""
        table = make_table()
        without, with_them = filled(table, name), filled(table, name, indicator=True)
        for before, plain, marked in zip(observed(table), without, with_them, strict=True):
            assert plain.shape[1] + 3 == marked.shape[1]
            np.testing.assert_array_equal(np.isnan(before), marked[:, 3:6])

    def test_auto_indicates_the_columns_with_many_gaps(self, name: str) -> None:
        """With indicator=auto, a column has its 0/1 column if it misses more than the share."""
        table = make_table()
        share = np.isnan(observed(table)[0]).mean(axis=0)
        threshold = float(np.sort(share)[1])  # one column is above it
        marked, _ = filled(table, name, indicator="auto", indicator_threshold=threshold)
        without, _ = filled(table, name)
        assert without.shape[1] + 1 == marked.shape[1]
        gaps = np.isnan(observed(table)[0])[:, share > threshold]
        np.testing.assert_array_equal(gaps, marked[:, 3:4])

    def test_only_indicators(self, name: str) -> None:
        """With indicator=only, the columns say where values are missing, and nothing else."""
        table = make_table()
        training, validation = filled(table, name, indicator="only")
        for side, rows in ((training, TRAINING), (validation, VALIDATION)):
            gaps = table.features.iloc[rows].isna().to_numpy()
            np.testing.assert_array_equal(gaps, side)

    def test_delta_shifts_what_is_filled(self, name: str) -> None:
        """Filled values move by delta standard deviations of the training rows' observed values."""
        table = make_table()
        spread = np.nanstd(observed(table)[0], axis=0)
        plain, shifted = filled(table, name), filled(table, name, delta=-1.5)
        for gappy, before, after in zip(observed(table), plain, shifted, strict=True):
            expected = before[:, :3] - 1.5 * spread * np.isnan(gappy)
            np.testing.assert_allclose(after[:, :3], expected, rtol=1e-12)

    def test_sparse_columns_are_left_out(self, name: str) -> None:
        """A column that misses more than the share of the training rows is gone on both sides."""
        table = make_table()
        share = table.features.iloc[TRAINING].isna().mean()
        most = float(share[["a", "b", "c"]].max())
        kept = [c for c in "abc" if share[c] < most]
        training, validation = filled(table, name, columns={"drop": most - 1e-9})
        whole, _ = filled(table, name)
        town_stays = share["town"] < most
        width = len(kept) + (whole.shape[1] - 3 if town_stays else 0)
        assert [width, width] == [training.shape[1], validation.shape[1]]

    def test_a_column_missing_only_at_prediction(self, name: str) -> None:
        """A column that had no gap in training is filled all the same."""
        table = make_table(gaps=False)
        pipeline = fitted(table, name, indicator=True)
        rows = table.frame.iloc[VALIDATION].assign(a=np.nan)
        rows.loc[VALIDATION[3], "town"] = np.nan
        found = pipeline.transform(rows)
        assert 0 == int(np.isnan(found).sum())
        assert pipeline.transform(table.frame.iloc[VALIDATION]).shape == found.shape

    def test_any_pattern_of_gaps_is_filled(self, name: str) -> None:
        """Rows that miss any of the columns, or all of them, come out complete."""
        table = make_table()
        pipeline = fitted(table, name)
        row = table.frame.iloc[VALIDATION[:1]]
        for pattern in itertools.product([False, True], repeat=4):
            hidden = row.mask(np.array([[*pattern, False, False]]))
            assert 0 == int(np.isnan(pipeline.transform(hidden)).sum())

    def test_features_have_names(self, name: str) -> None:
        """Every column has a name, each once; the numeric ones their own."""
        pipeline = fitted(make_table(), name, indicator=True)
        names = list(pipeline.get_feature_names_out())
        expected = ["a", "b", "c", *(f"missingindicator_{column}" for column in "abc")]
        assert expected == names[:6]
        assert len(names) == len(set(names))

    def test_a_missing_category_is_a_level(self, name: str) -> None:
        """With categorical=missing, gaps in a category become a column of their own."""
        table = make_table()
        training, _ = filled(table, name, categorical="missing")
        gaps = table.features["town"].isna().to_numpy()[TRAINING]
        assert 3 + 4 == training.shape[1]
        np.testing.assert_array_equal(gaps, training[:, -1])

    def test_a_missing_category_takes_the_commonest_level(self, name: str) -> None:
        """With categorical=most_frequent, gaps in a category take its commonest training level."""
        table = make_table()
        town = table.features["town"][TRAINING]
        commonest = town.mode()[0]
        training, _ = filled(table, name, categorical="most_frequent")
        levels = sorted(town.dropna().unique())
        assert 3 + len(levels) == training.shape[1]
        expected = (town.fillna(commonest) == commonest).to_numpy(dtype=float)
        np.testing.assert_array_equal(expected, training[:, 3 + levels.index(commonest)])

    def test_a_missing_category_takes_the_constant(self, name: str) -> None:
        """With categorical=constant, gaps become the level of that name."""
        table = make_table()
        town = table.features["town"][TRAINING]
        training, _ = filled(table, name, categorical="constant", categorical_value="Ely")
        expected = (town.fillna("Ely") == "Ely").to_numpy(dtype=float)
        levels = sorted(town.dropna().unique())
        np.testing.assert_array_equal(expected, training[:, 3 + levels.index("Ely")])

    def test_unseen_levels_are_tolerated(self, name: str) -> None:
        """A level that training lacks becomes zeros."""
        table = make_table()
        other = table.features.copy()
        other.loc[VALIDATION, "town"] = "Hull"
        unseen = table_with_roles(other, table.target, table.role_values)
        _, validation = filled(unseen, name, categorical="most_frequent")
        assert 0.0 == validation[:, 3:].sum()


def fitted(table: Table, name: str, **keys: Any) -> Pipeline:  # noqa: ANN401 - any YAML value
    """Fit the preparation to the training rows."""
    pipeline = preparation(table, name, **keys).transformer()
    return pipeline.fit(table.frame.iloc[TRAINING])


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_has_its_yaml(name: str) -> None:
    """Each registered kind has an option of its name, with every key and a line that explains."""
    file = Path(__file__).parents[2] / "conf" / "imputer" / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert name == make_imputer(name).name


def test_every_yaml_has_its_kind() -> None:
    """There is no option that nothing implements."""
    folder = Path(__file__).parents[2] / "conf" / "imputer"
    assert sorted(KINDS) == sorted(file.stem for file in folder.glob("*.yaml"))


def test_none_passes_complete_data() -> None:
    """Without an imputer, complete numeric columns come out as they are."""
    table = make_table(gaps=False)
    for before, after in zip(observed(table), filled(table, "none"), strict=True):
        np.testing.assert_array_equal(before, after[:, :3])


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        ("mean", {}, 4.0),
        ("median", {}, 2.0),
        ("most_frequent", {}, 1.0),
        ("constant", {"value": -9.0}, -9.0),
        ("knn", {"n_neighbors": 1}, 9.0),
    ],
)
def test_what_fills_a_gap(name: str, keys: dict[str, Any], expected: float) -> None:
    """Each of the simple kinds fills with what its name says."""
    a = np.array([1.0, 1.0, 2.0, 2.0, 5.0, 8.0, 9.0, np.nan, np.nan])
    b = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 10.0, 12.0])
    X = np.column_stack([a, b])
    found = make_imputer(name, **keys).numeric(SEED).fit_transform(X)
    assert [expected, expected] == [float(value) for value in found[-2:, 0]]


def test_iterative_finds_a_linear_relation() -> None:
    """A column that is twice another is filled with twice the other."""
    X = np.random.default_rng(0).normal(size=(50, 1)) @ np.array([[1.0, 2.0]])
    X[:5, 1] = np.nan
    found = make_imputer("iterative").numeric(SEED).fit_transform(X)
    np.testing.assert_allclose(2 * X[:5, 0], found[:5, 1], rtol=1e-3)


@pytest.mark.parametrize("categorical", ["missing", "most_frequent"])
@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_every_kind_of_missing_category_is_one(categorical: str, gap: object) -> None:
    """None, NaN and NA in a category mean the same to a fitted Pipeline, even in one row."""
    table = make_table()
    pipeline = fitted(table, "mean", categorical=categorical)
    row = table.features.iloc[VALIDATION[:1]]
    expected = pipeline.transform(row.assign(town=pd.Series([np.nan], row.index, dtype=object)))
    found = pipeline.transform(row.assign(town=pd.Series([gap], row.index, dtype=object)))
    np.testing.assert_array_equal(expected, found)
    empty = pipeline.transform(row.assign(town=pd.Series([np.nan], row.index, dtype=float)))
    np.testing.assert_array_equal(expected, empty)
