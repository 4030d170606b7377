"""A fold problem from moments is the one from rows: what is solved, scored and predicted.

The one from rows fits scikit-learn's own imputer, encoder and scaler to the training side.
Tolerances are relative to the size of the columns and the target, of order 1 to 100 here.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn_reference import SEED, make_specs, make_split, make_table

from runner.core.folds.from_moments import FoldMoments
from runner.core.folds.from_rows import problem_from_rows
from runner.core.metrics import METRICS
from runner.dataset.table import table_of
from runner.features.pipeline import Specs, prepare
from runner.records import Fold, GramProblem, Split, Table

if TYPE_CHECKING:
    from runner.core.folds import FoldProblem, Preparation
    from runner.records import Floats, Integers

RTOL = 1e-9
NOTHING = 1e-18  # a column of rounding errors: its variance

SPLITS: dict[str, dict[str, Any]] = {
    "kfold": {"folds": 4},
    "repeated": {"folds": 3, "repeats": 2},
    "holdout": {"validation": 0.25},
    "time": {"folds": 3, "gap": 2},
    "grouped": {"folds": 3},
}


def with_roles(table: Table, seed: int) -> Table:
    """The same rows with times, some of them equal, and groups of unlike size."""
    rng = np.random.default_rng(seed)
    return table_of(
        table.features,
        table.target,
        categorical=table.categorical,
        time=rng.permutation(table.n_rows) // 2,
        group=rng.integers(0, 9, table.n_rows) ** 2 // 9,
        weight=table.weight,
    )


def indicator_columns(preparation: Preparation, table: Table, rows: Integers) -> list[bool]:
    """Which of the columns from rows are indicators, which come after the numeric columns."""
    columns = preparation.transformer().named_steps["columns"]
    columns.fit(table.features.iloc[rows])
    return ["missingindicator_" in name for name in columns.get_feature_names_out()]


def both(
    table: Table, split: Split, fold: Fold, specs: Specs
) -> tuple[FoldProblem, Integers, FoldProblem, Integers]:
    """The problem from moments and the one from rows, each with its columns that are not zero.

    Moments have a column for a level or an indicator that the training side lacks, which is zero,
    and have indicators after all else.
    """
    preparation = prepare(specs, table, SEED)
    intercept = specs.model.fit_intercept
    moments = FoldMoments(table, split).problem(fold, preparation, fit_intercept=intercept)
    assert not isinstance(moments, str), moments
    training, validation = split.sides(fold)
    with warnings.catch_warnings():
        # a column without any value in training is filled with 0, as the docs of sklearn say
        warnings.filterwarnings("ignore", message="Skipping features without")
        rows = problem_from_rows(table, training, validation, preparation, fit_intercept=intercept)
        indicators = np.array(indicator_columns(preparation, table, training))
    assert isinstance(moments.train, GramProblem)
    assert isinstance(rows.train, GramProblem)
    order = np.concatenate([np.flatnonzero(~indicators), np.flatnonzero(indicators)])
    kept = np.flatnonzero(np.diag(moments.train.gram) > NOTHING)
    kept_rows = order[np.diag(rows.train.gram)[order] > NOTHING]
    assert len(kept) == len(kept_rows)
    return moments, kept, rows, kept_rows


def assert_same(
    moments: FoldProblem, kept: Integers, rows: FoldProblem, kept_rows: Integers
) -> None:
    """Cross products, predictions and scores of any coefficients agree."""
    mine, other = moments.train, rows.train
    assert isinstance(mine, GramProblem)
    assert isinstance(other, GramProblem)
    near(mine.gram[np.ix_(kept, kept)], other.gram[np.ix_(kept_rows, kept_rows)])
    near(mine.xy[kept], other.xy[kept_rows])
    near(np.array([mine.yy, moments.intercept]), np.array([other.yy, rows.intercept]))
    drawn = np.random.default_rng(0).standard_normal((len(kept), 3))
    size = np.sqrt(np.diag(other.gram)[kept_rows, None])
    B, B_rows = np.zeros((len(mine.xy), 3)), np.zeros((len(other.xy), 3))
    B[kept] = B_rows[kept_rows] = drawn / np.maximum(size, 1e-3)
    near(moments.predict(B), rows.predict(B_rows))
    scores, scores_rows = moments.score(METRICS, B), rows.score(METRICS, B_rows)
    for metric in METRICS:
        near(scores[metric], scores_rows[metric])


def near(actual: Floats, expected: Floats) -> None:
    """Equal to RTOL of the largest figure."""
    scale = float(np.max(np.abs(expected), initial=1e-300))
    np.testing.assert_allclose(actual, expected, rtol=RTOL, atol=RTOL * scale)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SPLITS)
def test_every_split(name: str, *, weighted: bool) -> None:
    """Whatever the split, the sides of every fold are put together from the right blocks."""
    table = with_roles(make_table(mixed=True, weighted=weighted, n=160), 0)
    split = make_split(table, name, **SPLITS[name])
    specs = make_specs("mean", "elastic_net", {"imputer.indicator": True})
    for fold in split.folds:
        assert_same(*both(table, split, fold, specs))


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    mixed=st.booleans(),
    weighted=st.booleans(),
    imputer=st.sampled_from(["mean", "constant"]),
    options=st.fixed_dictionaries(
        {
            "imputer.indicator": st.sampled_from([False, True, "auto"]),
            "imputer.indicator_threshold": st.floats(0.05, 0.4),
            "imputer.categorical": st.sampled_from(["missing", "most_frequent"]),
            "features.scale": st.booleans(),
            "features.drop": st.sampled_from([None, "first", "if_binary"]),
            "model.fit_intercept": st.booleans(),
        }
    ),
)
def test_every_preparation(
    *, seed: int, mixed: bool, weighted: bool, imputer: str, options: dict[str, Any]
) -> None:
    """Any preparation that moments take gives the problem that its transformers give."""
    table = make_table(mixed=mixed, weighted=weighted, n=48, seed=seed)
    split = make_split(table, folds=3)
    specs = make_specs(imputer, "elastic_net", options)
    for fold in split.folds:
        assert_same(*both(table, split, fold, specs))


def spoiled(kind: str, split: Split) -> Table:  # noqa: C901 - a case per kind
    """A table with something that the training side of the first fold has nothing of."""
    table = make_table(mixed=True, weighted=True)
    frame = table.features.copy()
    training, validation = split.sides(split.folds[0])
    match kind:
        case "column all missing in training":
            frame.loc[training, "x1"] = np.nan
        case "column complete in training":
            frame.loc[training, "x2"] = frame.loc[training, "x2"].fillna(1.0)
            frame.loc[validation[:3], "x2"] = np.nan
        case "constant column":
            frame["x4"] = 0.1
        case "constant in training":
            frame.loc[training, "x4"] = 0.3
        case "constant but for gaps":
            frame["x1"] = frame["x1"].where(frame["x1"].isna(), 0.7)
        case "level absent in training":
            frame.loc[training, "colour"] = frame.loc[training, "colour"].replace("red", "blue")
        case "missing category absent in training":
            frame.loc[training, "flag"] = frame.loc[training, "flag"].fillna("no")
        case "category all missing in training":
            frame.loc[training, "flag"] = np.nan
        case "one level in training":
            frame.loc[training, "size"] = 1.0
        case "far from zero":
            frame["x4"] += 1e4
    frame["size"] = frame["size"].astype(object)
    return table_of(frame, table.target, categorical=table.categorical, weight=table.weight)


@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("categorical", ["missing", "most_frequent"])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize(
    "kind",
    [
        "column all missing in training",
        "column complete in training",
        "constant column",
        "constant in training",
        "constant but for gaps",
        "level absent in training",
        "missing category absent in training",
        "category all missing in training",
        "one level in training",
        "far from zero",
    ],
)
def test_what_a_training_side_lacks(
    kind: str, categorical: str, drop: str | None, *, scale: bool
) -> None:
    """Columns and levels without a value or without spread in training are no harm."""
    split = make_split(make_table(), folds=4)
    table = spoiled(kind, split)
    options = {
        "imputer.indicator": True,
        "imputer.categorical": categorical,
        "features.scale": scale,
        "features.drop": drop,
    }
    for fold in split.folds[:1]:
        assert_same(*both(table, split, fold, make_specs("mean", "elastic_net", options)))


def test_all_rows_are_the_whole_problem() -> None:
    """Without a fold the training side is all rows that are not test, and nothing validates."""
    table = make_table(weighted=True)
    split = make_split(table, folds=3)
    specs = make_specs("mean", "elastic_net")
    preparation = prepare(specs, table, SEED)
    moments = FoldMoments(table, split).problem(None, preparation, fit_intercept=True)
    rows = problem_from_rows(table, split.train, split.test[:0], preparation, fit_intercept=True)
    assert not isinstance(moments, str)
    assert isinstance(moments.train, GramProblem)
    assert isinstance(rows.train, GramProblem)
    near(moments.train.gram, rows.train.gram)
    near(moments.train.xy, rows.train.xy)


def test_moments_that_lost_their_digits_are_refused() -> None:
    """A column whose spread is tiny beside its distance from the other blocks is not trusted."""
    table = make_table()
    frame = table.features.copy()
    split = make_split(table, folds=2)
    training, validation = split.sides(split.folds[0])
    frame.loc[validation, "x4"] += 1e9
    table = table_of(pd.DataFrame(frame), table.target)
    preparation = prepare(make_specs("mean", "lasso"), table, SEED)
    found = FoldMoments(table, split).problem(split.folds[0], preparation, fit_intercept=True)
    assert isinstance(found, str)
    assert "variance" in found
    assert len(training)
