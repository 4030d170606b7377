"""What a run with evaluation.explain says of its features, against scikit-learn's own fits."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program
    from sklearn.pipeline import Pipeline

ALPHA, RATIO = 0.05, 0.5
DATA = ("dataset=csv", "dataset.path=data.csv", "dataset.target=y")
QUIET = ("bootstrap.resamples=20", "report=none", "persistence=pickle")
DESCRIBE = ("evaluation.explain=true", "evaluation.pairs=2", "evaluation.resamples=2")
EXPLAIN = (*DESCRIBE, "evaluation.nested=false", *QUIET)
FIXED = ("search=none", f"model.alpha={ALPHA}", f"model.l1_ratio={RATIO}", "model.tol=1e-12")
TABLES = {"collinearity.csv", "importance.csv", "learning_curve.csv", "substitutes.csv"}


def make_frame(rows: int = 100) -> pd.DataFrame:
    """Columns with gaps, two of them nearly alike, and a category of three levels."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.standard_normal((rows, 4)), columns=["a", "b", "c", "d"])
    frame["twin"] = -2 * frame["a"] + 0.3 * rng.standard_normal(rows)
    frame["town"] = rng.choice(["Bonn", "Jena", "Ulm"], rows)
    y = frame["a"] - frame["b"] + (frame["town"] == "Ulm") + rng.standard_normal(rows)
    gaps = rng.random((rows, 4)) < 0.1
    frame.loc[:, ["a", "b", "c", "d"]] = frame[["a", "b", "c", "d"]].mask(gaps)
    return frame.assign(when=range(rows), y=y)


def pipeline(model: Any) -> Pipeline:  # noqa: ANN401 - any estimator
    """The preparation that a run has by default, and a model."""
    columns = make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(drop="if_binary"), make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, StandardScaler(), model)


def elastic_net() -> Pipeline:
    """The winner of `FIXED`."""
    return pipeline(ElasticNet(alpha=ALPHA, l1_ratio=RATIO, tol=1e-12, max_iter=100_000))


@dataclass(frozen=True)
class Explained:
    """A run, and the rows of its folds."""

    folder: Path
    X: pd.DataFrame
    y: pd.Series[float]

    @classmethod
    def of(cls, folder: Path, frame: pd.DataFrame) -> Explained:
        """Of a run of `frame`."""
        return cls(folder, frame.drop(columns=["when", "y"]), frame["y"])

    def table(self, name: str) -> pd.DataFrame:
        """One of its tables."""
        return pd.read_csv(self.folder / f"{name}.csv")

    @property
    def fold(self) -> pd.Series[int]:
        """Which fold validates each row that trains."""
        predictions = self.table("predictions")
        own = predictions[predictions["part"] == "oof"]
        return own.set_index("row")["fold"].sort_index()

    def sides(self, number: int) -> tuple[Any, Any]:
        """The rows that train and that validate in a fold."""
        return self.fold.index[self.fold != number], self.fold.index[self.fold == number]


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """A run of one candidate, for tests that only look."""
    from conftest import Program

    folder, frame = tmp_path_factory.mktemp("fixed"), make_frame()
    frame.to_csv(folder / "data.csv", index=False)
    made = Program(folder).run(*DATA, "dataset.drop=when", *FIXED, *EXPLAIN)
    return Explained.of(made, frame)


def test_it_is_off_by_default(program: Program) -> None:
    """Without being asked a run has none of the tables, and its record no such section."""
    make_frame().to_csv(program.folder / "data.csv", index=False)
    made = program.run(*DATA, *FIXED, *QUIET)
    assert set() == TABLES & {path.name for path in made.iterdir()}
    record = read_json(made / "run.json")
    assert set() == {"collinearity", "importance", "learning_curve"} & set(record)
    assert "describe" not in record["timings"]


def test_inflation_is_that_of_the_rows_as_the_model_sees_them(fixed: Explained) -> None:
    """The saved Pipeline's own columns of the training rows give VIF and condition number."""
    with (fixed.folder / "model.pkl").open("rb") as file:
        model = pickle.load(file)  # noqa: S301 - written by this test
    Z = model[:-1].transform(fixed.X.loc[fixed.fold.index])[:, :-1]  # without the last level
    by_hand = np.diag(np.linalg.inv(np.corrcoef(Z.T)))
    table, record = fixed.table("collinearity"), read_json(fixed.folder / "run.json")
    np.testing.assert_allclose(table["vif"][:5], by_hand[:5], rtol=1e-8)
    np.testing.assert_allclose(table["tolerance"][:5], 1 / by_hand[:5], rtol=1e-8)
    assert np.isinf(table["vif"][5:]).all()
    assert ["a", "b", "c", "d", "twin", "town", "town", "town"] == table["column"].tolist()
    assert pytest.approx(np.corrcoef(Z.T)[0, 4]) == table["correlation"][0]
    assert ("twin", "a") == (table["nearest"][0], table["nearest"][4])
    assert [1, 1] == table["group"].dropna().tolist()
    found = record["collinearity"]
    assert (8, 7, 1) == (found["features"], found["rank"], found["groups"])
    singular = np.linalg.svd(model[:-1].transform(fixed.X.loc[fixed.fold.index]), compute_uv=False)
    assert pytest.approx(singular[0] / singular[6]) == found["condition_number"]


@pytest.mark.parametrize("column", ["a", "b", "town"])
def test_leaving_a_column_out_is_to_fit_without_it(fixed: Explained, column: str) -> None:
    """The gain in each fold is that of the whole Pipeline, fitted to the other columns."""
    row = fixed.table("importance").set_index("column").loc[column]
    gains = []
    for number in range(1, 6):
        training, validation = fixed.sides(number)
        errors = []
        for X in (fixed.X, fixed.X.drop(columns=column)):
            model = elastic_net().fit(X.loc[training], fixed.y[training])
            predicted = model.predict(X.loc[validation])
            errors.append(mean_squared_error(fixed.y[validation], predicted))
        gains.append(errors[1] - errors[0])
    folds = row[[f"drop_one_fold{k}" for k in range(1, 6)]].to_numpy(dtype=float)
    np.testing.assert_allclose(folds, gains, rtol=1e-5, atol=1e-9)
    assert pytest.approx(np.mean(gains)) == row["drop_one_mean"]
    assert pytest.approx(np.std(gains, ddof=1) / np.sqrt(5)) == row["drop_one_se"]
    assert (3 if column == "town" else 1) == row["features"]


def test_permuting_a_column_is_scikit_learns(fixed: Explained) -> None:
    """permutation_importance on the Pipeline and a fold tends to the formula, levels together."""
    training, validation = fixed.sides(2)
    model = elastic_net().fit(fixed.X.loc[training], fixed.y[training])
    theirs = permutation_importance(
        model,
        fixed.X.loc[validation],
        fixed.y[validation],
        scoring="neg_mean_squared_error",
        n_repeats=40,
        random_state=0,
    )
    mine = fixed.table("importance").set_index("column")["permutation_fold2"][fixed.X.columns]
    error = theirs.importances_std / np.sqrt(40) + 1e-12
    assert np.abs((mine.to_numpy() - theirs.importances_mean) / error).max() < 4
    assert mine["a"] > 0.1


def test_what_ols_does_with_a_group(fixed: Explained) -> None:
    """Score, sum and spread over folds are those of scikit-learn's least squares."""
    table = fixed.table("substitutes").set_index("model")
    assert ["elastic_net", "lasso", "ridge", "ols"] == table.index.tolist()
    scores, sums, singles = [], [], []
    spread = SimpleImputer().fit_transform(fixed.X.loc[fixed.fold.index, ["a", "twin"]]).std(axis=0)
    for number in range(1, 6):
        training, validation = fixed.sides(number)
        model = pipeline(LinearRegression()).fit(fixed.X.loc[training], fixed.y[training])
        predicted = model.predict(fixed.X.loc[validation])
        scores.append(mean_squared_error(fixed.y[validation], predicted))
        singles.append(model[-1].coef_[[0, 4]])
        sums.append(singles[-1][0] - singles[-1][1])
    assert spread.all()
    row = table.loc["ols"]
    assert ("a; twin", 2, 2.0) == (row["features"], row["size"], row["selected"])
    assert pytest.approx(np.mean(scores)) == row["mse_mean"]
    assert pytest.approx(np.mean(sums)) == row["sum"]
    assert pytest.approx(np.std(sums, ddof=1)) == row["sum_sd"]
    assert pytest.approx(np.std(singles, axis=0, ddof=1).mean()) == row["single_sd"]


@pytest.mark.parametrize("model", ["lasso", "ridge"])
def test_another_penalty_is_tuned_as_a_run_of_it(
    fixed: Explained, program: Program, model: str
) -> None:
    """Alpha and score are those of the best candidate of a run with that model."""
    make_frame().to_csv(program.folder / "data.csv", index=False)
    made = program.run(*DATA, "dataset.drop=when", f"model={model}", "model.tol=1e-12", *QUIET)
    own = read_json(made / "run.json")
    models = read_json(fixed.folder / "run.json")["collinearity"]["models"]
    (found,) = [one for one in models if one["model"] == model]
    assert pytest.approx(own["best"]["parameters"]["model.alpha"]) == found["alpha"]
    assert pytest.approx(own["cv"]["mse"]["mean"]) == found["score"]
    assert pytest.approx(own["cv"]["mse"]["se"]) == found["se"]


def test_the_curve_ends_with_the_whole_fold(fixed: Explained) -> None:
    """With a penalty that is fixed, all training rows give the cross-validated score."""
    curve, record = fixed.table("learning_curve"), read_json(fixed.folder / "run.json")
    # each of four blocks of 16 rows is cut into parts of 3, 3, 4, 3 and 3
    assert [12, 24, 40, 52, 64] == curve["rows"].tolist()
    assert (curve["rows"] / 64).tolist() == pytest.approx(curve["share"].tolist())
    assert "fixed" == record["learning_curve"]["penalty"]
    assert pytest.approx(record["cv"]["mse"]["mean"]) == curve["mse_mean"].iloc[-1]
    assert pytest.approx(record["cv"]["mse"]["se"]) == curve["mse_se"].iloc[-1]
    assert curve["mse_mean"].iloc[0] > curve["mse_mean"].iloc[-1]
    assert curve["mse_training"].iloc[0] < curve["mse_mean"].iloc[0]


def test_in_order_of_time_the_latest_rows_train(program: Program) -> None:
    """Each size is the score of scikit-learn's fit to the last rows before the fold."""
    frame = make_frame(80)
    frame.to_csv(program.folder / "data.csv", index=False)
    time = ("dataset.time=when", "split=time", "split.folds=3", "split.test=null")
    made = program.run(*DATA, "dataset.drop=town", *time, *FIXED, *EXPLAIN)
    curve = pd.read_csv(made / "learning_curve.csv")
    X, y = frame.drop(columns=["when", "town", "y"]), frame["y"]
    for step, row in curve.iterrows():
        share, scores, training_scores = (int(str(step)) + 1) / 5, [], []
        for before in (20, 40, 60):
            rows = slice(before - round(share * before), before)
            model = elastic_net().fit(X[rows], y[rows])
            predicted = model.predict(X[before : before + 20])
            scores.append(mean_squared_error(y[before : before + 20], predicted))
            training_scores.append(mean_squared_error(y[rows], model.predict(X[rows])))
        assert pytest.approx(share * 40) == row["rows"]
        assert pytest.approx(np.mean(scores), rel=1e-5) == row["mse_mean"]
        assert pytest.approx(np.mean(training_scores), rel=1e-5) == row["mse_training"]


def test_alpha_is_tuned_within_the_rows_of_each_size(program: Program) -> None:
    """At all rows the curve is the nested score of a search along alpha alone."""
    make_frame().to_csv(program.folder / "data.csv", index=False)
    search = ("model.alpha=[0.01,0.05,0.2,0.8]", "model.l1_ratio=0.5", "model.tol=1e-12")
    made = program.run(*DATA, "dataset.drop=when", *search, *DESCRIBE, *QUIET)
    curve, record = pd.read_csv(made / "learning_curve.csv"), read_json(made / "run.json")
    assert curve["tuned"].all()
    assert "tuned" == record["learning_curve"]["penalty"]
    assert pytest.approx(record["nested"]["mse"]["mean"], rel=1e-6) == curve["mse_mean"].iloc[-1]
    assert curve["alpha"].iloc[0] >= curve["alpha"].iloc[-1]


def test_a_family_loses_what_scikit_learn_loses(program: Program) -> None:
    """Without a column the log loss of a ridge logistic regression rises as scikit-learn's does."""
    frame = make_frame(120)
    frame["y"] = (frame["y"] > 0).astype(int)
    frame.to_csv(program.folder / "data.csv", index=False)
    made = program.run(
        *(*DATA, "dataset.drop=when", "family=binomial", "model=ridge", "model.alpha=0.1"),
        *("search=none", "split.folds=2", *EXPLAIN),
    )
    run = Explained.of(made, frame)
    row = run.table("importance").set_index("column").loc["town"]
    training, validation = run.sides(1)
    X, y, losses = run.X, run.y, []
    for columns in (list(X), [name for name in X if name != "town"]):
        logistic = LogisticRegression(C=1 / (0.1 * len(training)), tol=1e-12, max_iter=10_000)
        model = pipeline(logistic).fit(X.loc[training, columns], y[training])
        chances = model.predict_proba(X.loc[validation, columns])
        losses.append(log_loss(y[validation], chances))
        if "town" in columns:
            theirs = permutation_importance(
                *(model, X.loc[validation], y[validation]),
                scoring="neg_log_loss",
                n_repeats=20,
                random_state=0,
            )
    assert pytest.approx(losses[1] - losses[0], abs=1e-6) == row["drop_one_fold1"]
    at = X.columns.get_loc("town")
    # ten permutations are what the run takes
    error = theirs.importances_std[at] * np.sqrt(1 / 10 + 1 / 20)
    assert abs(row["permutation_fold1"] - theirs.importances_mean[at]) < 4 * error


@pytest.mark.parametrize(
    "overrides",
    [
        ("imputer=knn", "split=repeated", "split.repeats=2", "split.folds=3"),
        ("imputer=linear", "imputer.multiple=2", "split.folds=2"),
        ("imputer=linear", "imputer.multiple=2", "imputer.pool=stacked", "split.folds=2"),
        ("imputer.indicator=true", "split=holdout", "split.validation=0.3"),
        ("dataset.group=group", "split=grouped", "split.folds=2", "features.scale=false"),
    ],
)
def test_every_kind_of_run_can_be_explained(program: Program, overrides: tuple[str, ...]) -> None:
    """Whatever the imputer and the split are, each table has numbers, and a row per column."""
    frame = make_frame(60).assign(group=np.arange(60) % 7)
    frame.to_csv(program.folder / "data.csv", index=False)
    drop = "dataset.drop=[when,group]" if "split=grouped" not in overrides else "dataset.drop=when"
    made = program.run(*DATA, drop, *FIXED, *EXPLAIN, *overrides)
    importance = pd.read_csv(made / "importance.csv").set_index("column")
    assert {"a", "b", "c", "d", "town", "twin"} == set(importance.index)
    assert importance[["drop_one_mean", "permutation_mean"]].notna().all(axis=None)
    assert importance["permutation_mean"]["b"] > 0.2
    curve = pd.read_csv(made / "learning_curve.csv")
    assert curve["mse_mean"].notna().all()
    assert pytest.approx(1.0) == curve["share"].iloc[-1]
    assert (pd.read_csv(made / "collinearity.csv")["vif"] >= 1).all()
