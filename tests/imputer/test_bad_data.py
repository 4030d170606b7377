"""Columns that imputers stumble over, through whole runs and the models that these save."""

from __future__ import annotations

import itertools
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import read_json

from runner.config import validate_section
from runner.config.kinds import all_kinds
from runner.core.folds import FoldProblem, Folds
from runner.dataset.table import make_table
from runner.features.pipeline import Specs, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.records import Split, Table

SEED = 5
KINDS: dict[str, Any] = all_kinds("imputer")
FILLING = sorted(name for name, kind in KINDS.items() if kind.fills)
TINY = {  # what keeps the slow ones quick
    "forest": {"n_estimators": 3, "max_iter": 2},
    "boosting": {"n_estimators": 3, "max_iter": 2, "min_samples_leaf": 5},
    "neural": {"hidden": 3, "steps": 5, "max_iter": 2},
}
SPLIT = {"name": "grouped", "folds": 3, "test": 0.2}
QUICK = (
    "split=grouped", "split.folds=3", "split.test=0.2", f"seed={SEED}", "model.l1_ratio=[0.5]",
    "model.alpha={eps:0.01,count:3}", "bootstrap.resamples=10", "report=none",
)  # fmt: skip
NUMERIC = ["good", "late", "flat", "once", "hollow", "tested"]
SEEN = ["York", "Bath", "Ely"]


def bad_frame() -> pd.DataFrame:
    """80 rows in 4 groups of 20, of which one is tested and each other one a fold.

    `good` has gaps, `late` none; `flat` is 3 where observed, `once` observed once; `hollow` is
    observed in one fold alone, `tested` in the test rows alone. A level of `town` is in one fold.
    """
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "good": rng.normal(5, 2, 80),
            "late": rng.normal(-1, 1, 80),
            "flat": 3.0,
            "once": np.nan,
            "hollow": np.nan,
            "tested": np.nan,
            "town": rng.choice(np.array(SEEN, dtype=object), 80),
            "group": rng.permutation(np.repeat(np.arange(4), 20)),
            "time": rng.permutation(80),
        }
    )
    frame["y"] = frame["good"] + frame["late"] + (frame["town"] == "Bath") + rng.normal(size=80)
    for name in ("good", "flat", "town"):
        frame.loc[rng.random(80) < 0.2, name] = np.nan
    split = split_of(frame)
    fold = split.sides(split.folds[0])[1]
    other = split.sides(split.folds[1])[1]
    frame.loc[other[0], "once"] = 7.0
    frame.loc[fold, "hollow"] = rng.normal(size=len(fold))
    frame.loc[split.test, "tested"] = rng.normal(size=len(split.test))
    frame.loc[fold[:4], "town"] = "Hull"
    return frame


def table_in(frame: pd.DataFrame) -> Table:
    """The frame as the run has it."""
    section = {"name": "parquet", "path": "-", "target": "y", "time": "time", "group": "group"}
    dataset: Any = validate_section("dataset", section)
    return make_table(frame, dataset)


def split_of(frame: pd.DataFrame) -> Split:
    """The split that a run makes of the frame; it depends on the groups alone."""
    splitter: Any = validate_section("split", SPLIT)
    split: Split = splitter.split(table_in(frame[["late", "group", "time", "y"]]), SEED)
    return split


def run(
    program: Program, frame: pd.DataFrame, imputer: str, *arguments: str, name: str = "made"
) -> Path:
    """Run an imputer on the frame, which must succeed."""
    frame.to_parquet(program.folder / "bad.parquet")
    data = ("dataset=parquet", "dataset.path=bad.parquet", "dataset.target=y")
    roles = ("dataset.group=group", "dataset.time=time")
    tiny = [f"imputer.{key}={value}" for key, value in TINY.get(imputer, {}).items()]
    chosen = (f"imputer={imputer}", *tiny, *arguments)
    return program.run(*data, *roles, *QUICK, *chosen, name=name)


def model_of(made: Path) -> Any:  # noqa: ANN401 - a scikit-learn Pipeline
    """The model that a run has saved."""
    with (made / "model.pkl").open("rb") as file:
        return pickle.load(file)  # noqa: S301 - made here


def predicted(model: Any, rows: pd.DataFrame) -> np.ndarray:  # noqa: ANN401
    """Predictions; that a level is unknown is no failure."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Found unknown categories")
        found: np.ndarray = model.predict(rows)
    return found


def every_pattern(row: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The row as often as there are sets of the named columns, each set missing once."""
    patterns = np.array(list(itertools.product([False, True], repeat=len(names))))
    rows = row.loc[row.index.repeat(len(patterns))].reset_index(drop=True)
    return rows.assign(**{name: rows[name].mask(patterns[:, at]) for at, name in enumerate(names)})


@pytest.mark.parametrize("indicator", ["false", "true", "auto"])
@pytest.mark.parametrize("name", FILLING)
def test_bad_columns_end_in_a_model(program: Program, name: str, indicator: str) -> None:
    """Each imputer takes all of them, and its saved model predicts whatever is missing."""
    frame = bad_frame()
    made = run(program, frame, name, f"imputer.indicator={indicator}")
    record = read_json(made / "run.json")
    assert 0 == record["search"]["failed"]
    predictions = pd.read_csv(made / "predictions.csv").query("part != 'nested'")
    assert 80 == len(predictions)
    assert np.isfinite(predictions["y_pred"]).all()
    coefficients = pd.read_csv(made / "coefficients.csv", index_col="feature")["coefficient"]
    assert np.isfinite(coefficients).all()
    assert {0.0} == set(coefficients[["tested"]])  # nothing to learn from

    model = model_of(made)
    row = frame.iloc[[int(split_of(frame).train[0])]].assign(
        good=4.0, late=0.0, flat=3.0, once=7.0, hollow=0.5, tested=1.0, town="Ely"
    )
    rows = every_pattern(row, [*NUMERIC, "town"])
    found = predicted(model, rows)
    assert 2**7 == len(found)
    assert np.isfinite(found).all()
    alone = [predicted(model, rows.iloc[[at]])[0] for at in (0, 1, 77, 127)]
    np.testing.assert_allclose(found[[0, 1, 77, 127]], alone, rtol=1e-12)
    unseen = predicted(model, row.assign(town="Hove"))
    assert np.isfinite(unseen).all()


@pytest.mark.parametrize("name", FILLING)
def test_new_rows_of_other_types(program: Program, name: str) -> None:
    """The saved model predicts the same from the types that pandas and Arrow have for gaps."""
    frame = bad_frame()
    model = model_of(run(program, frame, name, "imputer.indicator=true"))
    row = frame.iloc[[int(split_of(frame).train[0])]].assign(good=4.0, late=0.0, town="Ely")
    rows = every_pattern(row, ["good", "late", "flat", "town"])
    expected = predicted(model, rows)
    for backend in ("numpy_nullable", "pyarrow"):
        other = rows.convert_dtypes(dtype_backend=backend)
        np.testing.assert_allclose(predicted(model, other), expected, rtol=1e-12)


def test_types_are_settled(program: Program) -> None:
    """Integers, truth values and texts of every type give the same model, bit by bit."""
    rng = np.random.default_rng(1)
    frame = bad_frame()[["good", "town", "group", "time", "y"]]
    frame["whole"] = rng.integers(0, 9, 80).astype(float)
    frame["truth"] = rng.integers(0, 2, 80).astype(float)
    frame.loc[rng.random(80) < 0.2, "whole"] = np.nan
    frame.loc[rng.random(80) < 0.2, "truth"] = np.nan
    frame["full"] = rng.integers(0, 2, 80).astype(float)
    types: dict[str, dict[str, Any]] = {
        "nullable": {"good": "Float64", "whole": "Int64", "truth": "boolean", "full": "bool"},
        "arrow": {
            "good": pd.ArrowDtype(pa.float64()),
            "whole": pd.ArrowDtype(pa.int16()),
            "truth": pd.ArrowDtype(pa.bool_()),
            "full": pd.ArrowDtype(pa.uint8()),
        },
    }
    text: dict[str, Any] = {"nullable": "string", "arrow": pd.ArrowDtype(pa.string())}
    expected = pd.read_csv(run(program, frame, "linear", name="plain") / "coefficients.csv")
    for kind, wanted in types.items():
        typed = frame.astype({**wanted, "town": text[kind]})
        made = run(program, typed, "linear", name=kind)
        pd.testing.assert_frame_equal(expected, pd.read_csv(made / "coefficients.csv"))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (np.full(80, np.nan), "the column 'bad' has no value at all: add it to dataset.drop"),
        (pd.date_range("2020-01-01", periods=80), "the column 'bad' holds dates"),
        (np.where(np.arange(80) % 9, 1.0, np.inf), "the column 'bad' has 9 infinite values"),
        (np.where(np.arange(80) % 9, 1.0, -1e300), "has 9 values above 1e+150 in size, too large"),
    ],
)
def test_columns_that_are_refused(program: Program, column: Any, said: str) -> None:  # noqa: ANN401
    """A column that nothing can be made of is an error that names it."""
    bad_frame().assign(bad=column).to_parquet(program.folder / "bad.parquet")
    data = ("dataset=parquet", "dataset.path=bad.parquet", "dataset.target=y")
    ended = program(*data, *QUICK, "dataset.group=group", "dataset.time=time")
    assert 2 == ended.status
    assert said in ended.err


@pytest.mark.parametrize("indicator", [False, True, "only"])
@pytest.mark.parametrize("name", FILLING)
def test_folds_are_of_one_width(name: str, indicator: Any) -> None:  # noqa: ANN401 - YAML value
    """Each fold and the whole have as many features, whatever their training rows lack."""
    frame = bad_frame()
    frame["town"] = frame["town"].replace("Hull", "York")  # levels are those of the training side
    table = table_in(frame)
    folds = Folds(table, split_of(frame))
    folds.distrust_moments("rows are what is looked at")
    section = {"name": name, **TINY.get(name, {}), "indicator": indicator}
    parts: Any = [
        validate_section("imputer", section),
        validate_section("features", {"name": "main_effects"}),
        validate_section("model", {"name": "ols"}),
    ]
    preparation = prepare(Specs(*parts), table, SEED, folds.gappy)
    problems = folds.problems(preparation, fit_intercept=True)
    widths = {problem.side.X.shape[1] for problem in problems if isinstance(problem, FoldProblem)}
    marked = 0 if indicator is False else 5
    expected = marked + 1 if indicator == "only" else 6 + marked + 4
    assert {expected} == widths
