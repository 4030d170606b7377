"""Very many columns are prepared some at a time, and folds made in turn, with the usual outcome."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, Program
from pandas.testing import assert_frame_equal
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler
from sklearn_reference import candidate, folds_of, make_scorer, make_specs, make_table

from runner.core.folds import Folds, FoldsInTurn, cache, prepare_rows, sides, wide_rows
from runner.core.folds.from_rows import problem_from_rows
from runner.features.pipeline import preparation_of

if TYPE_CHECKING:
    from pathlib import Path

IMPUTERS = ("mean", "median", "most_frequent", "constant", "zero", "knn")
TABLES = ("trials", "coefficients", "path", "predictions", "missingness")


@pytest.fixture
def narrow_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four columns are very many."""
    monkeypatch.setattr(wide_rows, "WIDE", 4)
    monkeypatch.setattr(wide_rows, "BLOCK", 2)
    monkeypatch.setattr(sides, "MANY_CELLS", 0)
    monkeypatch.setattr(cache, "MANY_CELLS", 0)


@pytest.mark.parametrize("imputer", IMPUTERS)
def test_both_sides_are_the_usual_ones(imputer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights, which the scaler has."""
    table = make_table(weighted=True)
    folds = folds_of(table)
    preparation = preparation_of(make_specs(imputer, "lasso"), folds, 0)
    rows = folds.split.sides(folds.split.folds[0])
    usual = prepare_rows(table, *rows, preparation)
    monkeypatch.setattr(wide_rows, "WIDE", 4)
    monkeypatch.setattr(wide_rows, "BLOCK", 2)
    assert wide_rows.suits(table, preparation)
    for own, found in zip(usual, prepare_rows(table, *rows, preparation), strict=True):
        np.testing.assert_allclose(own, found, rtol=1e-12, atol=1e-12)


def test_what_is_more_than_a_fill_is_prepared_as_usual() -> None:
    """Indicators, shifts, draws and columns that are left out."""
    folds = folds_of(make_table())
    for key, value in {"indicator": True, "delta": 0.5, "columns": {"drop": 0.2}}.items():
        specs = make_specs("mean", "lasso", {f"imputer.{key}": value})
        assert not wide_rows.suits(folds.table, preparation_of(specs, folds, 0))
    assert not wide_rows.suits(
        folds.table, preparation_of(make_specs("hot_deck", "lasso"), folds, 0)
    )


@pytest.mark.usefixtures("narrow_limits")
def test_a_fold_is_made_once_for_all_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever l1_ratio; the scores are those of folds that are there together."""
    specs = make_specs("mean", "elastic_net")
    points = [candidate(alpha, ratio) for ratio in (0.2, 0.9) for alpha in (0.5, 0.1)]
    made: list[object] = []

    def counted(*arguments: object, **keys: object) -> object:
        made.append(arguments)
        return problem_from_rows(*arguments, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "problem_from_rows", counted)
    folds = folds_of(make_table())
    in_turn = make_scorer(folds, specs)(points)
    assert len(folds.split.folds) == len(made)
    monkeypatch.setattr(cache, "MANY_CELLS", 10**9)
    together = make_scorer(Folds(folds.table, folds.split), specs)(points)
    for one, other in zip(in_turn, together, strict=True):
        np.testing.assert_allclose(one.scores["mse"], other.scores["mse"], rtol=1e-8)


@pytest.mark.usefixtures("narrow_limits")
def test_one_fold_is_there_at_a_time() -> None:
    """The last is kept until another is asked for, or let go."""
    folds = folds_of(make_table())
    preparation = preparation_of(make_specs("knn", "lasso"), folds, 0)
    problems = folds.problems(preparation, fit_intercept=True)
    assert isinstance(problems, FoldsInTurn)
    first = problems[0]
    assert problems[0] is first
    assert problems[1] is not first
    assert problems[0] is not first
    assert len(folds.split.folds) == len(list(problems))


def written(folder: Path) -> None:
    """Sixty rows of eight numbers with gaps, and a target."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60, 8))
    y = X @ np.arange(8.0) + rng.standard_normal(60)
    X[rng.random(X.shape) < 0.1] = np.nan
    frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(8)]).assign(y=y)
    frame.to_csv(folder / "a.csv", index=False)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
def test_a_run_has_the_same_results(
    imputer: str, program: Program, request: pytest.FixtureRequest
) -> None:
    """And scikit-learn's own parts in its saved model, with the same predictions."""
    written(program.folder)
    run = ("dataset=csv", "dataset.path=a.csv", "dataset.target=y", f"imputer={imputer}", *QUICK)
    few = program.run(*run, name="few")
    request.getfixturevalue("narrow_limits")
    many = program.run(*run, "reuse=false", name="many")
    for name in TABLES:
        own, found = (pd.read_csv(folder / f"{name}.csv") for folder in (few, many))
        left_out = ["seconds", "dual_gap"]
        own, found = (one.drop(columns=left_out, errors="ignore") for one in (own, found))
        assert_frame_equal(own, found, rtol=1e-6, atol=1e-8)
    rows = pd.read_csv(program.folder / "a.csv").drop(columns="y")
    files = [one / "model.pkl" for one in (many, few)]
    model, other = (pickle.loads(file.read_bytes()) for file in files)  # noqa: S301 - our own
    np.testing.assert_allclose(model.predict(rows), other.predict(rows), rtol=1e-6)
    columns, scaler = model[0], model[1]
    filler = columns.named_transformers_["numeric"]
    kind = SimpleImputer if imputer == "mean" else KNNImputer
    assert [ColumnTransformer, kind, StandardScaler] == [type(columns), type(filler), type(scaler)]
    assert list(rows) == list(columns.feature_names_in_) == list(filler.feature_names_in_)
    assert columns.get_feature_names_out().tolist() == other[0].get_feature_names_out().tolist()
