"""Nested cross-validation, as a run records it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program
    from sklearn.pipeline import Pipeline

    from runner.records import Integers

ALPHAS, RATIOS = [0.02, 0.1, 0.3, 0.8], [0.5, 1.0]
QUIET = ("bootstrap.resamples=20", "report=none")
SEARCH = (
    "dataset=csv",
    "dataset.path=data.csv",
    "dataset.target=y",
    f"model.alpha={ALPHAS}",
    f"model.l1_ratio={RATIOS}",
    *QUIET,
)
MORE = ("evaluation.nested=true",)


def write_data(folder: Path, rows: int = 80, *, classes: bool = False) -> pd.DataFrame:
    """Write columns with gaps and a weak signal, and return them."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((rows, 12))
    y = X[:, 0] - 0.5 * X[:, 1] + 2 * rng.standard_normal(rows)
    X[rng.random(X.shape) < 0.15] = np.nan
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(12)]).assign(when=range(rows))
    frame["y"] = (y > 0).astype(int) if classes else y
    frame.to_csv(folder / "data.csv", index=False)
    return frame


def folds_of(folder: Path, rows: int) -> Integers:
    """The fold (n,) that validates a row, 0 for a test row, as predictions.csv says."""
    predictions = pd.read_csv(folder / "predictions.csv")
    out_of_fold = predictions[predictions["part"] == "oof"]
    fold = np.zeros(rows, dtype=np.int64)
    fold[out_of_fold["row"]] = out_of_fold["fold"]
    return fold


def nested_by_hand(
    frame: pd.DataFrame,
    fold: Integers,
    pipeline: Pipeline,
    grid: dict[str, Any],
    scoring: str,
) -> list[float]:
    """GridSearchCV over the Pipeline inside each fold's training rows, scored on the fold."""
    X, y = frame.drop(columns=["y", "when"]).to_numpy(), frame["y"].to_numpy()
    scores = []
    for outer in np.unique(fold[fold > 0]):
        training = (fold > 0) & (fold != outer)
        search = GridSearchCV(
            pipeline, grid, cv=PredefinedSplit(fold[training]), scoring=scoring
        ).fit(X[training], y[training])
        scores.append(search.score(X[fold == outer], y[fold == outer]))
    return scores


@pytest.mark.parametrize(
    ("imputer", "filler"), [("mean", SimpleImputer()), ("knn", KNNImputer(n_neighbors=5))]
)
def test_scores_are_those_of_a_grid_search_inside_each_fold(
    program: Program,
    imputer: str,
    filler: Any,  # noqa: ANN401 - any transformer
) -> None:
    """Every outer fold's score is that of scikit-learn's search over the whole Pipeline."""
    frame = write_data(program.folder)
    made = program.run(*SEARCH, *MORE, f"imputer={imputer}", "dataset.drop=when", "model.tol=1e-12")
    pipeline = make_pipeline(filler, StandardScaler(), ElasticNet(tol=1e-12, max_iter=100_000))
    grid = {"elasticnet__alpha": ALPHAS, "elasticnet__l1_ratio": RATIOS}
    by_hand = nested_by_hand(
        frame, folds_of(made, len(frame)), pipeline, grid, "neg_mean_squared_error"
    )
    nested = read_json(made / "run.json")["nested"]["mse"]
    np.testing.assert_allclose(nested["folds"], -np.array(by_hand), rtol=1e-6)
    assert pytest.approx(-np.mean(by_hand)) == nested["mean"]


class RidgeLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # untyped there
    """Minimise the mean log loss + alpha |b|^2 / 2, by scikit-learn."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def fit(self, X: Any, y: Any) -> RidgeLogistic:  # noqa: ANN401 - arrays
        """Set the C that has the same minimum with these rows."""
        self.model_ = LogisticRegression(C=1 / (self.alpha * len(y)), tol=1e-10, max_iter=10_000)
        self.classes_ = self.model_.fit(X, y).classes_
        return self

    def predict_proba(self, X: Any) -> Any:  # noqa: ANN401 - arrays
        """Probabilities (n, 2)."""
        return self.model_.predict_proba(X)


def test_a_family_is_nested_on_request(program: Program) -> None:
    """The log loss of each outer fold is that of scikit-learn's search over the Pipeline."""
    frame = write_data(program.folder, classes=True)
    made = program.run(
        *("dataset=csv", "dataset.path=data.csv", "dataset.target=y", "dataset.drop=when"),
        *("family=binomial", "model=ridge", f"model.alpha={ALPHAS}", "model.tol=1e-12"),
        *MORE,
        *QUIET,
    )
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), RidgeLogistic())
    grid = {"ridgelogistic__alpha": ALPHAS}
    by_hand = nested_by_hand(frame, folds_of(made, len(frame)), pipeline, grid, "neg_log_loss")
    nested = read_json(made / "run.json")["nested"]["log_loss"]
    np.testing.assert_allclose(nested["folds"], -np.array(by_hand), rtol=1e-6)


def test_nothing_of_a_fold_reaches_what_is_chosen_without_it(program: Program) -> None:
    """Other targets in one fold's rows leave the nested predictions of that fold as they were."""
    frame = write_data(program.folder)
    before = program.run(*SEARCH, "dataset.drop=when", name="before")
    fold = folds_of(before, len(frame))
    frame.loc[fold == 2, "y"] = frame.loc[fold == 2, "y"].to_numpy()[::-1] + 5.0
    frame.to_csv(program.folder / "data.csv", index=False)
    after = program.run(*SEARCH, "dataset.drop=when", name="after")
    mine, theirs = (pd.read_csv(made / "predictions.csv") for made in (before, after))
    changed = {}
    for number in range(1, 6):
        one, other = (
            table.loc[(table["part"] == "nested") & (table["fold"] == number), "y_pred"]
            for table in (mine, theirs)
        )
        changed[number] = not np.allclose(one, other, rtol=1e-9, atol=1e-9)
    assert {1: True, 2: False, 3: True, 4: True, 5: True} == changed


def test_in_order_of_time_the_first_fold_has_none(program: Program) -> None:
    """Folds 2 to 4 have folds before them, and what was chosen there is scored on them."""
    write_data(program.folder)
    made = program.run(*SEARCH, "dataset.time=when", "split=time", "split.folds=4")
    predictions = pd.read_csv(made / "predictions.csv")
    nested = predictions[predictions["part"] == "nested"]
    assert [2, 3, 4] == sorted(nested["fold"].unique())
    assert 3 == len(read_json(made / "run.json")["nested"]["mse"]["folds"])


def test_what_is_expected_is_the_mean_of_the_outer_folds(program: Program) -> None:
    """run.json and predictions.csv agree, and the words have both scores."""
    write_data(program.folder)
    made = program.run(*SEARCH, "dataset.drop=when")
    record = read_json(made / "run.json")
    predictions = pd.read_csv(made / "predictions.csv")
    nested = predictions[predictions["part"] == "nested"]
    errors = (nested["y_true"] - nested["y_pred"]) ** 2
    by_fold = errors.groupby(nested["fold"]).mean()
    expected = record["expected"]["mse"]
    assert pytest.approx(by_fold.mean()) == expected["score"]
    assert expected["low"] < expected["score"] < expected["high"]
    assert expected["score"] >= record["cv"]["mse"]["mean"]
    said = re.fullmatch(
        r"mse: (.*) selected on; (.*) expected on new rows \((.*) to (.*)\)", record["words"]
    )
    assert said is not None
    stated = [record["cv"]["mse"]["mean"], *(expected[key] for key in ("score", "low", "high"))]
    np.testing.assert_allclose([float(text) for text in said.groups()], stated, rtol=0.02)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["split=holdout"], "split=holdout leaves no folds within a fold"),
        (["evaluation.nested=false"], "evaluation.nested is false"),
        (["imputer=knn"], "its folds are made from rows: set evaluation.nested=true for it"),
        (
            ["search=optuna", "search.n_trials=3"],
            "search=optuna takes as long again in each fold: set evaluation.nested=true for it",
        ),
    ],
)
def test_why_there_is_none_is_said(program: Program, overrides: list[str], reason: str) -> None:
    """The record and the words say why nothing is expected."""
    write_data(program.folder)
    made = program.run(*SEARCH, "dataset.drop=when", *overrides)
    record = read_json(made / "run.json")
    assert (None, None, reason) == tuple(
        record[key] for key in ("nested", "expected", "expected_reason")
    )
    assert record["words"].endswith(f"what to expect on new rows is not known: {reason}")


def test_an_adaptive_search_is_made_in_each_fold(program: Program) -> None:
    """Optuna's nested scores come with the trials of the whole search left as they are."""
    write_data(program.folder)
    search = (*SEARCH, "dataset.drop=when", "search=optuna", "search.n_trials=4")
    plain = program.run(*search, name="plain")
    nested = program.run(*search, *MORE, name="nested")
    assert 5 == len(read_json(nested / "run.json")["nested"]["mse"]["folds"])
    mine, theirs = (
        pd.read_csv(made / "trials.csv").drop(columns="seconds") for made in (plain, nested)
    )
    pd.testing.assert_frame_equal(mine, theirs)
