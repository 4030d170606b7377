"""Rows with many gaps: left out of training, and imputed, refused or skipped where predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from sklearn.linear_model import ElasticNet
from sklearn.preprocessing import StandardScaler
from sklearn_reference import candidate, make_scorer, make_specs, make_split, make_table

from runner.core.folds import Folds

if TYPE_CHECKING:
    from conftest import Program

SHARE = 0.25
ROWS = "imputer.rows"


def gaps(frame: pd.DataFrame) -> np.ndarray:
    """The share of features that each row misses."""
    share: np.ndarray = frame.isna().to_numpy().mean(axis=1)
    return share


def test_a_fold_trains_on_the_rows_within_the_share() -> None:
    """Scores are those of rows with few gaps in training, all rows in validation."""
    table = make_table(n=120)
    split = make_split(table, folds=3)
    rule = {ROWS: {"drop": SHARE, "predict": "impute"}}
    (trial,) = make_scorer(Folds(table, split), make_specs("median", "elastic_net", rule))(
        [candidate(0.1, 0.5)]
    )
    dense = gaps(table.features) <= SHARE
    assert 0 < dense.sum() < len(dense)
    for number, fold in enumerate(split.folds):
        training, validation = split.sides(fold)
        training = training[dense[training]]
        median = table.features.iloc[training].median()
        scaler = StandardScaler().fit(table.features.iloc[training].fillna(median))
        model = ElasticNet(alpha=0.1, l1_ratio=0.5, tol=1e-13, max_iter=1_000_000)
        model.fit(
            scaler.transform(table.features.iloc[training].fillna(median)), table.target[training]
        )
        X = scaler.transform(table.features.iloc[validation].fillna(median))
        mse = np.mean((table.target[validation] - model.predict(X)) ** 2)
        assert mse == pytest.approx(trial.scores["mse"][number], rel=1e-9)


def test_skipped_rows_have_no_prediction_and_no_score(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """With predict=skip, such rows stand in predictions.csv without a prediction."""
    run = program.run(*mixed, "imputer.rows.drop=0.2", "imputer.rows.predict=skip")
    source = pd.read_csv(program.folder / "mixed.csv")
    predictions = pd.read_csv(run / "predictions.csv")
    nested = predictions[predictions["part"] == "nested"].set_index("row")["y_pred"]
    predictions = predictions[predictions["part"] != "nested"].reset_index(drop=True)
    again = predictions.set_index("row")["y_pred"].loc[nested.index]
    np.testing.assert_array_equal(nested.notna(), again.notna())
    features = source.drop(columns="outcome").iloc[predictions["row"]]
    within = gaps(features) <= 0.2
    np.testing.assert_array_equal(within, predictions["y_pred"].notna())
    oof = predictions[(predictions["part"] == "oof") & within]
    by_fold = ((oof["y_true"] - oof["y_pred"]) ** 2).groupby(oof["fold"]).mean()
    record = read_json(run / "run.json")
    np.testing.assert_allclose(by_fold.mean(), record["cv"]["mse"]["mean"], rtol=1e-9)
    training = predictions["part"] == "oof"
    expected = {"training": int((training & ~within).sum()), "prediction": int((~within).sum())}
    assert expected == record["rows_left_out"]


def test_rows_to_predict_can_be_refused(program: Program, mixed: tuple[str, ...]) -> None:
    """With predict=refuse, a run that would have to predict such rows ends with the reason."""
    ended = program(*mixed, "imputer.rows.drop=0.2", "imputer.rows.predict=refuse")
    assert ended.status != 0
    assert "imputer.rows.predict is refuse" in ended.err
    assert "miss more than 20%" in ended.err


def test_complete_cases_alone(program: Program, mixed: tuple[str, ...]) -> None:
    """Without an imputer, complete rows alone can be trained on and scored."""
    run = program.run(*mixed, "imputer=none", "imputer.rows.drop=0", "imputer.rows.predict=skip")
    source = pd.read_csv(program.folder / "mixed.csv").dropna(subset="outcome")
    complete = source.drop(columns="outcome").notna().all(axis=1)
    left_out = read_json(run / "run.json")["rows_left_out"]
    assert int((~complete).sum()) == left_out["prediction"]


def test_no_row_left_is_an_error(program: Program, mixed: tuple[str, ...]) -> None:
    """A rule that leaves no row to train on is told with its key."""
    frame = pd.read_csv(program.folder / "mixed.csv")
    frame["age"] = np.where(frame.index == 0, 1.0, np.nan)
    frame.iloc[1:, 1] = np.nan
    frame.to_csv(program.folder / "mixed.csv", index=False)
    ended = program(*mixed, "imputer.rows.drop=0.1")
    assert ended.status != 0
    assert "imputer.rows.drop" in ended.err


def test_a_rule_can_be_searched(program: Program, mixed: tuple[str, ...]) -> None:
    """A key of a section within the imputer's is a dimension of the search like any other."""
    run = program.run(*mixed, "imputer=median", "+search.space.imputer.rows.drop=[0.2,0.9]")
    trials = pd.read_csv(run / "trials.csv")
    assert {0.2, 0.9} == set(trials["imputer.rows.drop"])
    by_rule = trials.groupby("imputer.rows.drop")["mse_mean"].min()
    assert by_rule.iloc[0] != by_rule.iloc[1]
    ended = program(*mixed, "+search.space.imputer.rows.drp=[0.2]")
    assert "search.space.imputer.rows.drp is not a key" in ended.err


def test_complete_cases_need_a_rule_for_the_others(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """Without an imputer, rows with gaps cannot be predicted, and the message says what to set."""
    ended = program(*mixed, "imputer=none", "imputer.rows.drop=0")
    assert ended.status == 2
    assert "imputer.rows.predict=skip" in ended.err


def test_refused_test_rows_are_refused_before_the_search(
    program: Program, mixed: tuple[str, ...]
) -> None:
    """Nothing is searched, and no directory made, for a run that must end with a refusal."""
    ended = program(
        *mixed, "imputer.rows.drop=0.2", "imputer.rows.predict=refuse", "hydra.run.dir=refused"
    )
    assert ended.status == 2
    assert not (program.folder / "refused").exists()


def test_a_fold_without_a_row_to_predict_says_so() -> None:
    """Where a fold's validation rows are all skipped, its candidates fail with the reason."""
    table = make_table(n=90)
    split = make_split(table, folds=3)
    validation = split.sides(split.folds[0])[1]
    features = table.features.copy()
    features.iloc[validation, 0] = np.nan
    holed = type(table)(**{**vars(table), "features": features})
    rule = {ROWS: {"drop": 0.0, "predict": "skip"}}
    (trial,) = make_scorer(Folds(holed, split), make_specs("median", "elastic_net", rule))(
        [candidate(0.1, 0.5)]
    )
    assert "every row to predict misses more than 0%" in trial.status
