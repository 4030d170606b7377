"""The contract of every family in whole runs: what is searched, scored, saved and shown agrees."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import Program, read_json
from jsonschema import Draft202012Validator
from scipy.special import expit, softmax
from sklearn import metrics as sklearn_metrics
from sklearn.linear_model import LogisticRegression

from runner.config.kinds import all_kinds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.records import Booleans, Floats

SCHEMA = json.loads((files("runner.store") / "schemas" / "run.schema.json").read_text("utf-8"))
ROWS = 150
FEATURES = ["a", "b", "c", "town"]
QUICK = ("split.folds=3", "bootstrap.resamples=10")
GRID = ("model.alpha={eps:0.02,count:5}",)
RATIOS = ("model.l1_ratio=[0.5,1.0]",)

VARIATIONS = {
    "grid": (*GRID, *RATIOS, "imputer=mean"),
    "grid, indicators": (*GRID, *RATIOS, "imputer=mean", "imputer.indicator=true"),
    "random, ridge, knn": ("search=random", "search.n_trials=4", "model=ridge", "imputer=knn"),
    "optuna, lasso": ("search=optuna", "search.n_trials=5", "model=lasso", "imputer=median"),
    "pooled": (*GRID, "model=lasso", "imputer=linear", "imputer.multiple=3"),
    "stacked": (*GRID, *RATIOS, "imputer=linear", "imputer.multiple=3", "imputer.pool=stacked"),
    "complete, unscaled": (*GRID, *RATIOS, "imputer=none", "features.scale=false"),
    "no penalty": ("model=ols", "imputer=mean"),
}  # fmt: skip


def make_frame(rows: int = ROWS, seed: int = 0, *, gaps: bool = True) -> pd.DataFrame:
    """Numbers and a category with gaps, weights, and a target for every family."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal([5.0, -2.0, 0.0], [2.0, 1.0, 0.5], (rows, 3)), columns=[*"abc"])
    frame["town"] = rng.choice(["York", "Bath", "Ely"], rows)
    eta = 0.4 * (frame["a"] - 5) - 0.5 * (frame["b"] + 2) + 0.4 * (frame["town"] == "Bath")
    if gaps:
        frame = frame.mask(rng.random(frame.shape) < 0.1)
    frame["weight"] = rng.uniform(0.5, 2.0, rows).round(3)
    frame["site"] = rng.integers(0, 30, rows)
    frame["years"] = rng.uniform(0.5, 3.0, rows).round(3)
    frame["churn"] = np.where(rng.random(rows) < expit(eta - 0.5), "yes", "no")
    chance = softmax(np.column_stack([eta, -eta, 0.3 * eta]), axis=1)
    draw = rng.random(rows)[:, None] > chance.cumsum(axis=1)
    frame["kind"] = np.array(["red", "blue", "green"])[draw.sum(axis=1)]
    frame["count"] = rng.poisson(frame["years"] * np.exp(eta))
    frame["amount"] = (rng.gamma(2.0, np.exp(eta) / 2) + 0.001).round(4)
    time, censored = rng.exponential(np.exp(-eta)), rng.exponential(2.0, rows)
    frame["time"] = np.minimum(time, censored).round(3) + 0.001
    frame["event"] = (time <= censored).astype(int)
    return frame


@dataclass(frozen=True)
class Case:
    """A family, and how what it leaves is read by hand."""

    target: str
    score: Callable[[pd.DataFrame, Floats], float]  # of predictions.csv's rows and their weights
    predict: Callable[[Any, pd.DataFrame], pd.DataFrame]  # by a saved model: columns of the table
    mean: Callable[[Floats], Floats]  # what (n, K) linear predictors give
    shown: tuple[str, ...]  # the columns that hold it
    own: tuple[str, ...] = ()
    responses: list[str] = field(default_factory=lambda: [""])


def two_classes(model: Any, rows: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
    """Labels, and the probability of the rarer one."""
    positive = list(model.classes_).index("yes")
    chance = model.predict_proba(rows)[:, positive]
    return pd.DataFrame({"y_pred": model.predict(rows), "probability": chance})


def classes(model: Any, rows: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
    """Labels, and the probability of each."""
    names = [f"probability_{name}" for name in model.classes_]
    return pd.DataFrame(model.predict_proba(rows), columns=names).assign(y_pred=model.predict(rows))


def means(model: Any, rows: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
    """Numbers."""
    return pd.DataFrame({"y_pred": model.predict(rows)})


def survival(model: Any, rows: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
    """The risk, and the survival up to two times."""
    chance = model.predict_survival(rows, [0.5, 2.0])
    return pd.DataFrame(
        {"risk": model.predict(rows), "survival_0.5": chance[:, 0], "survival_2": chance[:, 1]}
    )


def concordance(rows: pd.DataFrame, weight: Floats) -> float:
    """Harrell's C by all pairs: an event before another row's time, whose risk is larger.

    A row that is censored at the time of an event outlives it.
    """
    time, risk = rows["y_true"].to_numpy(), rows["risk"].to_numpy()
    event = rows["event"].to_numpy().astype(bool)
    outlived = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    first = event[:, None] & outlived
    pairs = weight[:, None] * weight * first
    won = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    return float((pairs * won).sum() / pairs.sum())


CASES = {
    "binomial": Case(
        "churn",
        lambda rows, w: sklearn_metrics.log_loss(
            rows["y_true"] == "yes", rows["probability"], sample_weight=w
        ),
        two_classes,
        expit,
        ("probability",),
    ),
    "multinomial": Case(
        "kind",
        lambda rows, w: sklearn_metrics.log_loss(
            rows["y_true"],
            rows[["probability_blue", "probability_green", "probability_red"]],
            sample_weight=w,
        ),
        classes,
        lambda eta: softmax(eta, axis=1),
        ("probability_blue", "probability_green", "probability_red"),
        responses=["blue", "green", "red"],
    ),
    "poisson": Case(
        "count",
        lambda rows, w: sklearn_metrics.mean_poisson_deviance(
            rows["y_true"], rows["y_pred"], sample_weight=w
        ),
        means,
        np.exp,
        ("y_pred",),
    ),
    "gamma": Case(
        "amount",
        lambda rows, w: sklearn_metrics.mean_gamma_deviance(
            rows["y_true"], rows["y_pred"], sample_weight=w
        ),
        means,
        np.exp,
        ("y_pred",),
    ),
    "cox": Case(
        "time",
        concordance,
        survival,
        lambda eta: eta,
        ("risk",),
        ("dataset.event=event", "family.times=[0.5,2]", "metric=harrell_c"),
    ),
}


def arguments(family: str, *more: str, drop: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A quick run of a family on rows.csv, weighted."""
    case = CASES[family]
    return (
        "dataset=csv",
        "dataset.path=rows.csv",
        f"dataset.target={case.target}",
        f"dataset.features=[{','.join(name for name in FEATURES if name not in drop)}]",
        "dataset.weight=weight",
        f"family={family}",
        *case.own,
        *QUICK,
        *more,
    )


@dataclass(frozen=True)
class Made:
    """A run, read from its folder."""

    folder: Path
    frame: pd.DataFrame
    case: Case

    @property
    def record(self) -> dict[str, Any]:
        """run.json."""
        return read_json(self.folder / "run.json")

    @property
    def predictions(self) -> pd.DataFrame:
        """predictions.csv."""
        return pd.read_csv(self.folder / "predictions.csv", keep_default_na=True)

    @property
    def coefficients(self) -> pd.DataFrame:
        """coefficients.csv."""
        return pd.read_csv(self.folder / "coefficients.csv")

    @property
    def model(self) -> Any:  # noqa: ANN401 - of any family
        """model.pkl."""
        return pickle.loads((self.folder / "model.pkl").read_bytes())  # noqa: S301 - made here


@pytest.fixture(scope="session", params=[(f, v) for f in CASES for v in VARIATIONS],
                ids=" ".join)  # fmt: skip
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Run each family in each variation once."""
    family, variation = request.param
    folder = tmp_path_factory.mktemp(f"{family}")
    frame = make_frame(gaps=not variation.startswith("complete"))
    frame.to_csv(folder / "rows.csv", index=False)
    run = Program(folder).run(*arguments(family, *VARIATIONS[variation]), "reuse=false")
    return Made(run, frame, CASES[family])


def test_every_family_is_here() -> None:
    """Squared error apart, which all other tests run."""
    squared = {"gaussian", "multi_gaussian"}
    assert set(CASES) == set(all_kinds("family")) - squared


def test_the_record_fits_its_schema(made: Made) -> None:
    """Whatever the family."""
    found = Draft202012Validator(SCHEMA).iter_errors(made.record)
    assert [] == [error.message for error in found]


def test_nothing_is_said_of_squared_error(made: Made) -> None:
    """Zeros forbid MAPE, two values ask for a family: neither concerns these."""
    assert not {"EN106", "EN107", "EN120"} & {found["code"] for found in made.record["checks"]}


def test_every_candidate_converged(made: Made) -> None:
    """None failed, and the winner's refit has converged."""
    trials = pd.read_csv(made.folder / "trials.csv")
    assert {"ok"} == set(trials["status"])
    assert made.record["refit"]["converged"]


def test_the_saved_model_predicts_what_the_table_says(made: Made) -> None:
    """The test rows, from the file's columns as they are."""
    test = made.predictions.query("part == 'test'").reset_index(drop=True)
    found = made.case.predict(made.model, made.frame.iloc[test["row"]])
    assert len(test) == 30
    for name in found:
        if found[name].dtype == object or str(found[name].dtype).startswith("str"):
            assert list(test[name]) == list(found[name])
        else:
            np.testing.assert_allclose(test[name], found[name], rtol=1e-9, atol=1e-12)


def test_fold_scores_are_those_of_the_predictions(made: Made) -> None:
    """By scikit-learn, or by hand, from predictions.csv and the weights; as is the test's."""
    predictions, record = made.predictions, made.record
    metric, score = record["metric"], made.case.score
    weight = made.frame["weight"].to_numpy()
    expected = [
        score(part, weight[part["row"]])
        for _, part in predictions.query("part == 'oof'").groupby("fold")
    ]
    np.testing.assert_allclose(record["cv"][metric]["folds"], expected, rtol=1e-7)
    assert record["cv"][metric]["mean"] == pytest.approx(np.mean(expected), rel=1e-7)
    test = predictions.query("part == 'test'")
    tested = score(test, weight[test["row"]])
    assert record["test"][metric]["score"] == pytest.approx(tested, rel=1e-7)


def test_the_tests_partial_deviance_is_what_its_rows_add(program: Program) -> None:
    """Of all rows, less that of the rows that train, by the saved model and term by term."""
    frame = make_frame()
    frame["time"] += 1e-4 * np.arange(ROWS) / ROWS  # no ties
    frame.to_csv(program.folder / "rows.csv", index=False)
    run = program.run(*arguments("cox", *GRID, "model=lasso", "imputer=mean"))
    made = Made(run, frame, CASES["cox"])
    test = np.isin(np.arange(ROWS), made.predictions.query("part == 'test'")["row"])
    risk = made.model.predict(frame[FEATURES])
    time, event, weight = frame["time"], frame["event"] == 1, frame["weight"]

    def deviance(rows: Booleans) -> float:
        own = weight * np.exp(risk) * rows
        lost = [weight[i] * (np.log(own[time >= time[i]].sum() / weight[i]) - risk[i])
                for i in np.flatnonzero(rows & event)]  # fmt: skip
        return 2 * float(np.sum(lost))

    expected = (deviance(np.ones(ROWS, dtype=bool)) - deviance(~test)) / weight[test & event].sum()
    found = made.record["test"]["partial_deviance"]
    assert found["score"] == pytest.approx(expected, rel=1e-9)
    assert found["low"] < found["score"] < found["high"]


def test_ratios_are_exponentials(made: Made) -> None:
    """Per unit and per standard deviation, of every coefficient."""
    found = made.coefficients
    np.testing.assert_allclose(found["ratio"], np.exp(found["coefficient"]), rtol=1e-12)
    features = found.query("feature != '(intercept)'")
    expected = np.exp(features["standardised"])
    np.testing.assert_allclose(features["ratio_standardised"], expected, rtol=1e-12)
    assert made.record["n_selected"] == features.query("selected")["feature"].nunique()


def test_several_imputations_leave_estimates_without_a_penalty(made: Made) -> None:
    """Of what is selected, with ratios inside their intervals; of one imputation there is none."""
    file = made.folder / "inference.csv"
    assert file.exists() == ("draw_1" in getattr(made.model, "named_estimators_", {}))
    if not file.exists():
        return
    found, rows = pd.read_csv(file), made.coefficients
    assert len(found) == len(found[["feature", *found.filter(["response"])]].drop_duplicates())
    assert set(found["feature"]) - {"(intercept)"} <= set(rows["feature"])
    assert ("(intercept)" in set(found["feature"])) == (made.case.target != "time")
    known = found.dropna(subset="estimate")
    assert (known["ratio_low"] < known["ratio"]).all()
    assert (known["ratio"] < known["ratio_high"]).all()


def test_the_coefficients_give_the_predictions(made: Made) -> None:
    """Of rows without gaps: their values times coefficients, added up by hand."""
    predictions = made.predictions.query("part == 'test'")
    if "draw_1" in getattr(made.model, "named_estimators_", {}) and made.case.target != "time":
        pytest.skip("the mean of several models' predictions is not that of their mean")
    rows = made.frame.iloc[predictions["row"]].reset_index(drop=True)
    complete = rows[FEATURES].notna().all(axis=1)
    eta = linear_predictors(made, rows[complete])
    found = predictions.reset_index(drop=True)[complete][list(made.case.shown)].to_numpy()
    expected = made.case.mean(eta)
    if made.case.target == "time":  # a risk is free up to a constant
        found, expected = found - found.mean(), expected - expected.mean()
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def linear_predictors(made: Made, rows: pd.DataFrame) -> Floats:
    """Of complete rows, (n, K), from coefficients.csv alone."""
    columns = pd.get_dummies(rows[FEATURES], prefix_sep="_").astype(float)
    columns["(intercept)"] = 1.0
    etas = []
    for response in made.case.responses:
        table = made.coefficients
        own = table[table["response"] == response] if response else table
        by_name = own.set_index("feature")["coefficient"]
        etas.append(columns.reindex(columns=by_name.index, fill_value=0.0) @ by_name)
    return np.column_stack(etas)


@pytest.mark.parametrize("family", CASES)
def test_joblib_holds_the_same_model(family: str, program: Program) -> None:
    """As pickle does, several draws averaged."""
    frame = make_frame()
    frame.to_csv(program.folder / "rows.csv", index=False)
    several = VARIATIONS["pooled"]
    run = program.run(*arguments(family, *several, "persistence=joblib"))
    made = Made(run, frame, CASES[family])
    test = made.predictions.query("part == 'test'")
    model = joblib.load(run / "model.joblib")
    found = made.case.predict(model, frame.iloc[test["row"]])
    for name in made.case.shown:
        np.testing.assert_allclose(test[name], found[name], rtol=1e-9)


@pytest.mark.parametrize("family", CASES)
def test_a_run_is_reproduced_and_reused(family: str, program: Program) -> None:
    """The same command finds it; `enet reproduce` makes it again, bit for bit."""
    make_frame().to_csv(program.folder / "rows.csv", index=False)
    asked = arguments(family, *VARIATIONS["grid"])
    program.run(*asked, name="outputs/first")
    again = program.run(*asked, name="outputs/second")
    assert "reused" == read_json(again / "run.json")["status"]
    same = program("reproduce", "outputs/first")
    assert 0 == same.status, same.out + same.err
    said = [f"{name}.csv: identical" for name in ("trials", "coefficients", "predictions")]
    assert said == same.out.splitlines()[-3:]


SPLITS = {
    "grouped": ("split=grouped", "dataset.group=site"),
    "repeated": ("split=repeated", "split.repeats=2"),
    "holdout": ("split=holdout",),
    "time": ("split=time", "dataset.time=row"),
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("family", CASES)
def test_every_split_serves(family: str, split: str, program: Program) -> None:
    """Each fold is scored, and where the order is not that of time has each class its share."""
    frame = make_frame().assign(row=range(ROWS))
    frame.to_csv(program.folder / "rows.csv", index=False)
    own = tuple(word for word in arguments(family, *VARIATIONS["grid"]) if split != "holdout"
                or not word.startswith("split.folds"))  # fmt: skip
    run = program.run(*own, *SPLITS[split])
    made = Made(run, frame, CASES[family])
    scores = made.record["cv"][made.record["metric"]]["folds"]
    weight = frame["weight"].to_numpy()
    oof = made.predictions.query("part == 'oof'")
    expected = [made.case.score(part, weight[part["row"]]) for _, part in oof.groupby("fold")]
    np.testing.assert_allclose(scores, expected, rtol=1e-7)
    if family in {"binomial", "multinomial"} and split in {"repeated", "holdout"}:
        whole = frame[made.case.target].value_counts(normalize=True)
        for _, part in oof.groupby("fold"):
            share = part["y_true"].value_counts(normalize=True)
            np.testing.assert_allclose(share[whole.index], whole, atol=0.06)


@pytest.mark.parametrize("family", CASES)
def test_stacking_a_complete_table_changes_nothing(family: str, program: Program) -> None:
    """Three copies of every row are worth one: scores are those of the table itself."""
    make_frame(gaps=False).to_csv(program.folder / "rows.csv", index=False)
    asked = [word for word in arguments(family, *GRID, "model=ridge") if word[:7] != "metric="]
    plain = read_json(program.run(*asked, "imputer=mean", name="plain") / "run.json")
    stack = ("imputer=linear", "imputer.multiple=3", "imputer.pool=stacked")
    stacked = read_json(program.run(*asked, *stack, name="stacked") / "run.json")
    for metric, scores in plain["cv"].items():
        np.testing.assert_allclose(
            stacked["cv"][metric]["folds"], scores["folds"], rtol=1e-4, atol=1e-4, err_msg=metric
        )


def test_families_are_swept_on_one_table(program: Program) -> None:
    """Each by its own metric, and none ranked against another."""
    make_frame().to_csv(program.folder / "rows.csv", index=False)
    asked = [word for word in arguments("gamma", *GRID, *RATIOS) if not word.startswith("family=")]
    asked += ["family=gaussian,poisson,gamma", "imputer=mean,knn"]
    ended = program("-m", *asked, "hydra.sweep.dir=swept")
    assert 0 == ended.status, ended.err
    results = pd.read_csv(program.folder / "swept" / "results.csv")
    metrics = {"gaussian": "mse", "poisson": "poisson_deviance", "gamma": "gamma_deviance"}
    assert [metrics[name] for name in results["family"]] == list(results["metric"])
    assert results["status"].eq("finished").all()
    lines = ended.out.splitlines()
    at = next(i for i, line in enumerate(lines) if "cv_mean" in line)
    header, *rows = [line.split() for line in lines[at : at + 7]]
    assert {"metric", "cv_mean", "cv_se", "test_score"} < set(header)
    families = [row[header.index("family")] for row in rows]
    assert ["gamma"] * 2 + ["gaussian"] * 2 + ["poisson"] * 2 == families
    scores = [float(row[header.index("cv_mean")]) for row in rows]
    assert all(scores[at] <= scores[at + 1] for at in (0, 2, 4))


def test_a_doubled_exposure_halves_the_rate(program: Program) -> None:
    """The intercept falls by log 2, and nothing else changes; the mean is the exposure's share."""
    frame = make_frame()
    made = {}
    for factor in (1, 2):
        frame.assign(years=factor * frame["years"]).to_csv(program.folder / "rows.csv", index=False)
        asked = arguments("poisson", *VARIATIONS["grid"], "dataset.exposure=years")
        made[factor] = Made(program.run(*asked, name=str(factor)), frame, CASES["poisson"])
    one, two = made[1].coefficients, made[2].coefficients
    shift = (two["coefficient"] - one["coefficient"]).to_numpy()
    assert shift[0] == pytest.approx(-np.log(2), abs=1e-7)
    np.testing.assert_allclose(shift[1:], 0.0, atol=1e-7)
    means = [run.predictions["y_pred"] for run in made.values()]
    np.testing.assert_allclose(means[1], means[0], rtol=1e-6)
    test = made[2].predictions.query("part == 'test'")
    rows = frame.iloc[test["row"]]
    rate = made[2].model.predict(rows)
    np.testing.assert_allclose(test["y_pred"], 2 * rows["years"] * rate, rtol=1e-9)


@pytest.mark.parametrize("imputer", ["imputer=mean", "imputer=linear imputer.multiple=2"])
def test_survival_has_its_offset(imputer: str, program: Program) -> None:
    """The saved model is at offset 0: a row's survival is its to the power of exp(offset)."""
    frame = make_frame()
    frame["offset"] = np.linspace(-1, 1, ROWS)
    frame.to_csv(program.folder / "rows.csv", index=False)
    asked = arguments("cox", *GRID, "model=ridge", "dataset.offset=offset", *imputer.split())
    made = Made(program.run(*asked), frame, CASES["cox"])
    test = made.predictions.query("part == 'test'")
    rows = frame.iloc[test["row"]]
    offset = rows["offset"].to_numpy()
    np.testing.assert_allclose(test["risk"], made.model.predict(rows) + offset, rtol=1e-9)
    for part in getattr(made.model, "estimators_", [made.model])[:1]:
        several = "multiple" in imputer
        chance = part.predict_survival(rows, [0.5])[:, 0] ** np.exp(offset)
        np.testing.assert_allclose(test["survival_0.5"], chance, rtol=0.05 if several else 1e-9)
    for _, fold in made.predictions.query("part == 'oof'").groupby("fold"):
        # what is expected to have happened by then has, about as often
        gone = ((fold["y_true"] <= 0.5) & (fold["event"] == 1)).mean()
        assert abs((1 - fold["survival_0.5"]).mean() - gone) < 0.15


@pytest.mark.parametrize("family", CASES)
def test_no_test_rows_are_needed(family: str, program: Program) -> None:
    """All rows train, and are predicted out of fold alone."""
    make_frame().to_csv(program.folder / "rows.csv", index=False)
    run = program.run(*arguments(family, *VARIATIONS["grid"], "split.test=null"))
    assert read_json(run / "run.json")["test"] is None
    predictions = pd.read_csv(run / "predictions.csv")
    assert {"oof"} == set(predictions["part"])
    assert list(range(ROWS)) == sorted(predictions["row"])


@pytest.mark.parametrize("several", [(), ("imputer=linear", "imputer.multiple=2")])
def test_a_threshold_is_chosen_out_of_fold(several: tuple[str, ...], program: Program) -> None:
    """By F1 of the weighted rows; the test is scored at it, and the saved model applies it."""
    frame = make_frame()
    frame.to_csv(program.folder / "rows.csv", index=False)
    asked = arguments("binomial", *GRID, "model=ridge", *several, "family.threshold=f1")
    ended = program(*asked, "hydra.run.dir=made")
    assert 0 == ended.status, ended.err
    made = Made(program.folder / "made", frame, CASES["binomial"])
    threshold, weight = made.record["threshold"], frame["weight"].to_numpy()
    assert f"yes is predicted from a probability of {threshold:.4g} on" in ended.out
    oof = made.predictions.query("part == 'oof'")

    def f1(rows: pd.DataFrame, at: float) -> float:
        called = rows["probability"] >= at
        own = weight[rows["row"]]
        return float(sklearn_metrics.f1_score(rows["y_true"] == "yes", called, sample_weight=own))

    best = max(f1(oof, at) for at in oof["probability"])
    assert f1(oof, threshold) == pytest.approx(best)
    assert f1(oof, 0.5) < best
    test = made.predictions.query("part == 'test'")
    assert made.record["test"]["f1"]["score"] == pytest.approx(f1(test, threshold))
    folds = [f1(fold, 0.5) for _, fold in oof.groupby("fold")]
    assert made.record["cv"]["f1"]["mean"] == pytest.approx(np.mean(folds))
    for rows in (oof, test):
        assert list(np.where(rows["probability"] >= threshold, "yes", "no")) == list(rows["y_pred"])
    assert list(test["y_pred"]) == list(made.model.predict(frame.iloc[test["row"]]))
    manifest = read_json(made.folder / "model.json")
    assert threshold == manifest["threshold"]
    (chance,) = manifest["example"]["probabilities"]
    label = "yes" if chance[manifest["example"]["classes"].index("yes")] >= threshold else "no"
    assert [label] == manifest["example"]["predictions"]


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("family", ["binomial", "multinomial"])
def test_balanced_classes_are_scikit_learns(
    family: str,
    weighted: bool,
    program: Program,
) -> None:
    """Through the whole pipeline: LogisticRegression(class_weight="balanced") of an L2 penalty."""
    frame = make_frame(gaps=False)
    frame.to_csv(program.folder / "rows.csv", index=False)
    own = ("search=none", "model=ridge", "model.alpha=0.01", "model.tol=1e-12")
    asked = arguments(family, *own, "family.class_weight=balanced", "split.test=null",
                      drop=("town",))  # fmt: skip
    asked = tuple(word for word in asked if weighted or not word.startswith("dataset.weight"))
    made = Made(program.run(*asked), frame, CASES[family])
    X, y = frame[["a", "b", "c"]], frame[CASES[family].target]
    weight = frame["weight"].to_numpy() if weighted else np.ones(ROWS)
    mean = np.average(X, axis=0, weights=weight)
    sd = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    counts = y.value_counts()
    factor = (ROWS / (len(counts) * counts))[y].to_numpy()
    C = 1 / (0.01 * (weight * factor).sum())
    expected = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(
        (X - mean) / sd, y, sample_weight=weight * factor
    )
    if not weighted:
        own_balance = LogisticRegression(
            C=C, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=1000
        ).fit((X - mean) / sd, y)
        np.testing.assert_allclose(own_balance.coef_, expected.coef_, rtol=1e-6)
    np.testing.assert_allclose(
        made.model.predict_proba(frame), expected.predict_proba((X - mean) / sd), rtol=1e-5
    )


def test_separable_classes_need_a_penalty(program: Program) -> None:
    """Without one there is no minimum: an error that names model.alpha; with one all is well."""
    frame = make_frame(gaps=False)
    frame["churn"] = np.where(frame["a"] + frame["b"] > 3, "yes", "no")
    frame.to_csv(program.folder / "rows.csv", index=False)
    refused = program(*arguments("binomial", "model=ols"), "hydra.run.dir=refused")
    assert 1 == refused.status
    assert "model.alpha" in refused.err
    assert "separat" in refused.err
    run = program.run(*arguments("binomial", *GRID, "model=lasso"))
    assert "finished" == read_json(run / "run.json")["status"]


@pytest.mark.parametrize(
    ("family", "limits", "refused"),
    [
        ("binomial", "model.limits={a:[null,0.5]}", False),
        ("binomial", "model.limits={a:[0,null]}", True),
        ("binomial", "model.positive=true", True),
        ("multinomial", "model.limits={a:[-2,2]}", False),
        ("multinomial", "model.limits={b:[-2,2]}", True),
    ],
)
def test_limits_stand_in_for_a_penalty(
    family: str, limits: str, refused: bool, program: Program
) -> None:
    """Where the direction that separates the rows is forbidden, there is a minimum without one."""
    frame = make_frame(gaps=False)
    frame["churn"] = np.where(frame["a"] > 5, "yes", "no")
    frame["kind"] = pd.cut(frame["a"], [-99, 4, 6, 99], labels=["red", "blue", "green"]).astype(str)
    frame.to_csv(program.folder / "rows.csv", index=False)
    ended = program(*arguments(family, "model=ols", limits))
    assert ended.status == int(refused), ended.err
