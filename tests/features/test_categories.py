"""Steps that take categories: rare levels, levels in order, and means of the target by level."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from sklearn_reference import SEED, candidate, folds_of, make_scorer, make_specs

from runner.config import validate_section
from runner.core.folds.sides import prepare_sides
from runner.dataset.table import table_of
from runner.errors import ConfigError, DataError
from runner.features.pipeline import prepare
from runner.features.steps.ordered import LevelCodes
from runner.features.steps.rare import CommonLevels
from runner.features.steps.target_encoding import CrossFittedMeans

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program
    from sklearn.base import TransformerMixin

    from runner.records import Floats, Table

SIZES = ["low", "middle", "high"]
RARE = {"kind": "rare", "columns": ["town"], "min_share": 0.08}
ORDERED = {"kind": "ordered", "columns": ["size"], "levels": SIZES}
ENCODED = {"kind": "target_encoding", "columns": ["town"]}
SMALL = pd.DataFrame(
    {"town": ["Ely", "Ely", "York", "Bath", np.nan, "Ely"], "size": [*SIZES, "low", np.nan, "low"]},
    dtype=object,
)
UNFITTED: dict[str, tuple[TransformerMixin, str]] = {
    "rare": (CommonLevels(min_share=0.3, label="other"), "town"),
    "ordered": (LevelCodes(levels=tuple(SIZES), step="sizes"), "size"),
    "target_encoding": (
        CrossFittedMeans(target_type="continuous", smooth="auto", folds=2, seed=0),
        "town",
    ),
}


def make_town_table(n: int = 150, seed: int = 4, *, gaps: bool = False) -> Table:
    """Two numbers, a town of eight of which some are rare, a size in order, and a code."""
    rng = np.random.default_rng(seed)
    share = [0.3, 0.2, 0.2, 0.1, 0.08, 0.05, 0.04, 0.03]
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x1", "x2"])
    frame["town"] = pd.Series(rng.choice(list("ABCDEFGH"), n, p=share), dtype=object)
    frame["size"] = pd.Series(rng.choice(SIZES, n), dtype=object)
    frame["code"] = pd.Series(rng.choice([1.0, 2.0, 3.0], n), dtype=object)
    y = frame["x1"] + 2.0 * (frame["town"] == "A") + frame["size"].map(SIZES.index).astype(float)
    target = y.to_numpy() + rng.normal(size=n)
    if gaps:
        hidden = pd.DataFrame(rng.random((n, 2)) < 0.2, columns=["town", "size"])
        for name in ("town", "size"):
            frame[name] = frame[name].mask(hidden[name])
    return table_of(frame, target, categorical=("town", "size", "code"))


def one_hot(**more: object) -> OneHotEncoder:
    """What encodes the columns that no step takes."""
    return OneHotEncoder(sparse_output=False, handle_unknown="ignore").set_params(**more)


EQUAL: list[tuple[dict[str, Any], list[tuple[str, Any, list[str]]]]] = [
    (
        {"towns": RARE},
        [
            ("a", one_hot(min_frequency=0.08, handle_unknown="infrequent_if_exist"), ["town"]),
            ("b", one_hot(), ["size", "code"]),
        ],
    ),
    (
        {"sizes": ORDERED},
        [("a", OrdinalEncoder(categories=[SIZES]), ["size"]), ("b", one_hot(), ["town", "code"])],
    ),
    (
        {"means": ENCODED},
        [
            (
                "a",
                TargetEncoder(target_type="continuous", cv=KFold(5, shuffle=True, random_state=0)),
                ["town"],
            ),
            ("b", one_hot(), ["size", "code"]),
        ],
    ),
]


@pytest.mark.parametrize(("steps", "parts"), EQUAL)
def test_scores_are_those_of_scikit_learn(
    steps: dict[str, Any], parts: list[tuple[str, Any, list[str]]]
) -> None:
    """A trial scores each fold as cross_validate scores scikit-learn's own Pipeline."""
    table = make_town_table()
    folds = folds_of(table)
    specs = make_specs("mean", "elastic_net", {"features.steps": steps, "features.drop": None})
    [trial] = make_scorer(folds, specs)([candidate(0.05, 0.5)])
    pipeline = Pipeline(
        [
            ("columns", ColumnTransformer([*parts, ("n", "passthrough", ["x1", "x2"])])),
            ("scaler", StandardScaler()),
            ("model", ElasticNet(alpha=0.05, l1_ratio=0.5, tol=1e-13, max_iter=1_000_000)),
        ]
    )
    scored = cross_validate(
        pipeline,
        table.features,
        table.target,
        cv=[folds.split.sides(fold) for fold in folds.split.folds],
        scoring="neg_mean_squared_error",
        error_score="raise",
    )
    assert "ok" == trial.status
    np.testing.assert_allclose(trial.scores["mse"], -scored["test_score"], rtol=1e-8)


@pytest.mark.parametrize("kind", UNFITTED)
def test_it_is_cloned_and_pickled(kind: str) -> None:
    """A clone is unfitted with the same parameters, and a pickle transforms as what was pickled."""
    unfitted, column = UNFITTED[kind]
    X, y = SMALL[[column]], np.arange(6.0)
    fitted = clone(unfitted).fit(X, y)
    assert unfitted.get_params() == clone(fitted).get_params()
    loaded = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - made here
    pd.testing.assert_frame_equal(
        pd.DataFrame(fitted.transform(X)), pd.DataFrame(loaded.transform(X))
    )
    assert [column] == list(loaded.get_feature_names_out())


@pytest.mark.parametrize("steps", [{"towns": RARE}, {"sizes": ORDERED}, {"means": ENCODED}])
def test_validation_rows_teach_nothing(steps: dict[str, Any]) -> None:
    """With other values and targets in the validation rows, the training side is the same."""
    table = make_town_table(gaps=True)
    training, validation = np.arange(100), np.arange(100, 150)
    other = table.features.copy()
    other.loc[validation, "town"] = "never seen"
    other.loc[validation, "size"] = "high"
    changed = table_of(
        other, np.where(np.arange(150) < 100, table.target, 1e6), categorical=table.categorical
    )
    specs = make_specs("mean", "elastic_net", {"features.steps": steps})
    sides = [
        prepare_sides(one, training, validation, prepare(specs, one, SEED))
        for one in (table, changed)
    ]
    np.testing.assert_array_equal(sides[0][0], sides[1][0])
    assert sides[0][2].names == sides[1][2].names


def test_rare_levels_are_one() -> None:
    """Rare and unseen levels become the label, a gap stays one, and numbers become texts."""
    common = CommonLevels(min_share=0.3, label="other").fit(SMALL[["town"]])
    rows = pd.DataFrame({"town": ["Ely", "York", "Hull", np.nan, None]}, dtype=object)
    assert ["Ely", "other", "other"] == list(common.transform(rows)["town"][:3])
    assert [True, True] == list(common.transform(rows)["town"][3:].isna())
    numbers = pd.DataFrame({"code": [5.0, 5.0, 7.0]}, dtype=object)
    coded = CommonLevels(min_share=0.5, label="other").fit(numbers)
    raw = pd.DataFrame({"code": [5, 7]})
    assert ["5.0", "other"] == list(coded.transform(raw)["code"])


def test_a_level_at_the_share_is_common() -> None:
    """Only less than the share is rare, and the share is of all rows, those with gaps too."""
    third = pd.DataFrame({"town": ["Ely", "York", np.nan]}, dtype=object)
    common = CommonLevels(min_share=1 / 3, label="other").fit(third)
    assert ["Ely", "York"] == list(common.transform(third)["town"][:2])


def test_levels_are_numbers_in_their_order() -> None:
    """The lowest is 0, and a gap is the median of the training rows."""
    codes = LevelCodes(levels=tuple(SIZES)).fit(SMALL[["size"]])
    np.testing.assert_array_equal([0, 1, 2, 0, 0, 0], codes.transform(SMALL[["size"]])[:, 0])
    high = SMALL[["size"]].replace("low", "high")
    codes = LevelCodes(levels=tuple(SIZES)).fit(high)
    np.testing.assert_array_equal([2.0], codes.transform(SMALL[["size"]])[4])


def test_numbers_are_levels_too() -> None:
    """A listed 3 is the 3.0 of a table, and the text 3."""
    for values in ([3.0, 1.0, 3.0], ["3", "1", "3"], [3, 1, 3], ["3.0", "1.0", "3.0"]):
        frame = pd.DataFrame({"grade": pd.Series(values, dtype=object)})
        codes = LevelCodes(levels=(3, 2, 1)).fit_transform(frame)
        np.testing.assert_array_equal([0.0, 2.0, 0.0], codes[:, 0])


def test_a_level_that_is_not_listed_is_refused(program: Program, town_csv: tuple[str, ...]) -> None:
    """The message names the step, the column and the level, of a run and of a saved model."""
    steps = "features.steps={sizes: {kind: ordered, columns: size, levels: [low, high]}}"
    ended = program(*town_csv, steps)
    assert 2 == ended.status
    for said in ("features.steps.sizes.levels", "'size'", "'middle'", "low, high"):
        assert said in ended.err
    codes = LevelCodes(levels=tuple(SIZES), step="sizes").fit(SMALL[["size"]])
    with pytest.raises(DataError, match=r"steps\.sizes\.levels does not list 'huge'.*'size'"):
        codes.transform(pd.DataFrame({"size": ["huge"]}, dtype=object))


@pytest.mark.parametrize("levels", [["low", "low"], [1, "1"], [1, 1.0], ["low"], []])
def test_levels_must_be_distinct(levels: list[Any]) -> None:
    """A level that is listed twice, in whatever spelling, has no place; nor has one alone."""
    with pytest.raises(ConfigError, match=r"features\.steps\.sizes"):
        features(sizes={**ORDERED, "levels": levels})


@pytest.mark.parametrize(
    ("target_type", "given", "classes"),
    [
        ("continuous", "continuous", None),
        ("binary", "binary", 2),
        ("auto", "binary", 2),
        ("multiclass", "multiclass", 3),
        ("auto", "multiclass", 3),
    ],
)
def test_means_are_those_of_scikit_learn(target_type: str, given: str, classes: int | None) -> None:
    """Of numbers and of codes of classes, both of training rows and of others."""
    table = make_town_table(gaps=True)
    y = table.target
    if classes:
        y = pd.qcut(y, classes, labels=False).astype(np.float64)
    kind = StratifiedKFold if classes else KFold
    own = CrossFittedMeans(target_type=target_type, smooth=2.0, folds=4, seed=7)  # type: ignore[arg-type]
    theirs = TargetEncoder(target_type=given, smooth=2.0, cv=kind(4, shuffle=True, random_state=7))
    X, rest = table.features[["town"]].iloc[:100], table.features[["town"]].iloc[100:]
    training = own.fit_transform(X, y[:100])
    np.testing.assert_allclose(training, theirs.fit_transform(X, y[:100]), rtol=1e-12)
    np.testing.assert_allclose(own.transform(rest), theirs.transform(rest), rtol=1e-12)
    assert not np.allclose(training, own.transform(X))
    names = ["town"] if classes != 3 else ["town_0", "town_1", "town_2"]
    assert names == list(own.get_feature_names_out(["town"]))


def test_an_unseen_level_is_the_mean_of_all() -> None:
    """Nor is a gap an error where there was none."""
    X = pd.DataFrame({"town": ["Ely", "York"] * 4}, dtype=object)
    y = np.arange(8.0)
    means = CrossFittedMeans(target_type="continuous", smooth="auto", folds=2, seed=0).fit(X, y)
    others = pd.DataFrame({"town": ["Hull", np.nan]}, dtype=object)
    np.testing.assert_allclose([3.5, 3.5], means.transform(others)[:, 0])


@pytest.mark.parametrize(
    ("family", "target_type", "said"),
    [
        ("multi_gaussian", "continuous", "family=multi_gaussian has several"),
        ("multinomial", "continuous", "target_type=multiclass"),
        ("binomial", "multiclass", "target_type=continuous"),
        ("poisson", "binary", "target_type=continuous"),
        ("binomial", "binary", None),
        ("multinomial", "auto", None),
        ("cox", "continuous", None),
    ],
)
def test_the_type_must_be_the_familys(family: str, target_type: str, said: str | None) -> None:
    """Several targets, numbers as classes and classes as numbers are refused by name."""
    step = features(means={**ENCODED, "target_type": target_type}).steps["means"]
    spec: Any = validate_section("family", {"name": family})
    if said is None:
        step.check_family("means", spec)
        return
    with pytest.raises(ConfigError, match=rf"features\.steps\.means.*{said}"):
        step.check_family("means", spec)


def test_a_feature_of_a_columns_own_name_stands_for_it() -> None:
    """And not for another column, whose name its own begins with."""
    table = make_town_table()
    frame = table.features.rename(columns={"size": "town_size"})
    table = table_of(frame, table.target, categorical=("town", "town_size", "code"))
    step = {**ENCODED, "columns": ["town", "town_size"]}
    specs = make_specs("mean", "elastic_net", {"features.steps": {"means": step}})
    rows = np.arange(table.n_rows)
    _, _, columns = prepare_sides(table, rows, rows[:0], prepare(specs, table, SEED))
    assert ("x1", "x2", "town", "town_size", "code_1.0") == columns.names[:5]
    assert ("x1", "x2", "town", "town_size", "code") == columns.sources[:5]


@pytest.mark.parametrize("options", [{"imputer.indicator": True}, {"imputer.indicator": "only"}])
def test_indicators_stand_beside_what_steps_make(options: dict[str, object]) -> None:
    """They come through by their own names, and stand for no column."""
    table = make_town_table(gaps=True)
    frame = table.features.assign(x1=table.features["x1"].mask(np.arange(150) % 5 == 0))
    table = table_of(frame, table.target, categorical=table.categorical)
    specs = make_specs("mean", "elastic_net", {"features.steps": {"means": ENCODED}, **options})
    rows = np.arange(table.n_rows)
    X, _, columns = prepare_sides(table, rows, rows[:0], prepare(specs, table, SEED))
    assert X.shape[1] == len(columns.names)
    at = columns.names.index("missingindicator_x1")
    assert "" == columns.sources[at]
    assert ("town" in columns.names) == (options["imputer.indicator"] is True)


STEPS = (
    "features.steps={towns: {kind: rare, columns: town, min_share: 0.1}, "
    "sizes: {kind: ordered, columns: size, levels: [low, middle, high]}, "
    "means: {kind: target_encoding, columns: town%s}}"
)


@pytest.mark.parametrize(
    ("family", "more"), [("gaussian", ""), ("multinomial", ", target_type: multiclass")]
)
def test_a_saved_model_predicts_raw_rows(
    program: Program, town_csv: tuple[str, ...], family: str, more: str
) -> None:
    """Given rows of the file, it says what predictions.csv says of the test rows."""
    target = {"gaussian": "y", "multinomial": "class"}
    drop = next(name for kind, name in target.items() if kind != family)
    own = (f"family={family}", f"dataset.target={target[family]}", f"dataset.drop=[{drop}]")
    made = program.run(*town_csv[:2], *QUICK, STEPS % more, *own)
    model = load(made)
    found = pd.read_csv(made / "predictions.csv").query("part == 'test'")
    rows = pd.read_csv(program.folder / "towns.csv").iloc[found["row"]]
    if family == "gaussian":
        np.testing.assert_allclose(found["y_pred"], model.predict(rows), rtol=1e-9)
    else:
        assert list(found["y_pred"]) == list(model.predict(rows))
    names = set(pd.read_csv(made / "coefficients.csv")["feature"])
    assert {"size", "town" if family == "gaussian" else "town_0"} < names


def features(**steps: object) -> Any:  # noqa: ANN401 - of pydantic
    """A section of features with these steps."""
    return validate_section("features", {"name": "main_effects", "steps": steps})


def load(made: Path) -> Any:  # noqa: ANN401 - any model
    """The saved model of a run."""
    return pickle.loads((made / "model.pkl").read_bytes())  # noqa: S301 - made here


@pytest.fixture
def town_csv(tmp_path: Path) -> tuple[str, ...]:
    """Write towns.csv to the empty folder, and give the arguments of a quick run on it."""
    table = make_town_table(gaps=True)
    y: Floats = table.target.round(3)
    label = pd.cut(y, 3, labels=["small", "medium", "large"])
    table.features.assign(y=y, **{"class": label}).to_csv(tmp_path / "towns.csv", index=False)
    own = ("dataset.target=y", "dataset.drop=[class]")
    return ("dataset=csv", "dataset.path=towns.csv", *own, *QUICK)
