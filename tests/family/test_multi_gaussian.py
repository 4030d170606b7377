"""Runs of several targets, from the table to what is left in the directory."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK, mixed_frame, read_json
from sklearn.linear_model import MultiTaskElasticNet

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

TARGETS = ["outcome", "weight"]
FEATURES = ["age", "income", "town", "smoker"]


@pytest.fixture
def several(tmp_path: Path) -> tuple[str, ...]:
    """Write several.csv, a second target beside mixed.csv's, and give a quick run's arguments."""
    frame = mixed_frame()
    rng = np.random.default_rng(1)
    frame["weight"] = (70 - 3 * frame["outcome"] + rng.normal(0, 2, len(frame))).round(4)
    frame.loc[20, "weight"] = np.nan
    frame.to_csv(tmp_path / "several.csv", index=False)
    target = f"dataset.target=[{','.join(TARGETS)}]"
    data = ("dataset=csv", "dataset.path=several.csv", target)
    return (*data, "family=multi_gaussian", *QUICK)


def _saved(made: Path) -> Any:  # noqa: ANN401 - any model
    with (made / "model.pkl").open("rb") as file:
        return pickle.load(file)  # noqa: S301 - written a moment ago


def _check_predictions(made: Path) -> pd.DataFrame:
    """The table's test predictions are the saved model's; gives the table."""
    written = pd.read_csv(made / "predictions.csv")
    test = written[written["part"] == "test"]
    frame = pd.read_csv(made.parent / "several.csv")
    predicted = _saved(made).predict(frame[FEATURES].iloc[test["row"]])
    shown = test[[f"y_pred_{name}" for name in TARGETS]]
    np.testing.assert_allclose(shown, predicted, rtol=1e-12)
    observed = test[[f"y_true_{name}" for name in TARGETS]]
    np.testing.assert_array_equal(observed, frame[TARGETS].iloc[test["row"]])
    return written


def test_a_run_shows_each_target(program: Program, several: tuple[str, ...]) -> None:
    """Tables have both targets by name; a row that lacks one of them is left out."""
    made = program.run(*several)
    written = _check_predictions(made)
    assert not set(written["row"]) & {3, 11, 20}
    record = read_json(made / "run.json")
    assert record["dataset"]["dropped"] == {"target missing": 3}
    coefficients = pd.read_csv(made / "coefficients.csv")
    assert list(coefficients["response"].unique()) == TARGETS
    assert not {"ratio", "ratio_standardised"} & set(coefficients)
    selected = coefficients.pivot_table(index="feature", columns="response", values="selected")
    assert (selected["outcome"] == selected["weight"]).all()
    assert selected["outcome"].sum() == record["n_selected"]
    first = coefficients[coefficients["feature"] == "(intercept)"].set_index("response")
    assert record["intercept"] == pytest.approx(first["coefficient"].to_dict())
    assert isinstance(_saved(made)[-1], MultiTaskElasticNet)


def test_scores_are_means_over_the_targets(program: Program, several: tuple[str, ...]) -> None:
    """The test rows' mse is that of all their cells, and r2 scikit-learn's uniform average."""
    from sklearn.metrics import r2_score

    made = program.run(*several)
    written = pd.read_csv(made / "predictions.csv").query("part == 'test'")
    true, shown = ([f"y_{kind}_{name}" for name in TARGETS] for kind in ("true", "pred"))
    y, predicted = written[true].to_numpy(), written[shown].to_numpy()
    scores = read_json(made / "run.json")["test"]
    assert scores["mse"]["score"] == pytest.approx(np.mean((y - predicted) ** 2))
    assert scores["r2"]["score"] == pytest.approx(r2_score(y, predicted))


def test_the_saved_model_is_what_scikit_learn_would_fit(
    program: Program, several: tuple[str, ...]
) -> None:
    """MultiTaskElasticNet of the same penalty, fitted to the same columns."""
    made = program.run(*several)
    pipeline = _saved(made)
    written = pd.read_csv(made / "predictions.csv")
    rows = np.unique(written.loc[written["part"] == "oof", "row"])
    frame = pd.read_csv(made.parent / "several.csv").iloc[rows]
    model = pipeline[-1]
    again = MultiTaskElasticNet(
        alpha=model.alpha, l1_ratio=model.l1_ratio, tol=1e-12, max_iter=100_000
    ).fit(pipeline[:-1].transform(frame[FEATURES]), frame[TARGETS])
    np.testing.assert_allclose(model.coef_, again.coef_, atol=1e-8)
    np.testing.assert_allclose(model.intercept_, again.intercept_, rtol=1e-8)


@pytest.mark.parametrize(
    "options",
    [
        ("search=random", "search.n_trials=6"),
        ("search=optuna", "search.n_trials=6"),
        ("imputer=knn",),
        ("imputer=hot_deck", "imputer.multiple=2"),
        ("imputer=hot_deck", "imputer.multiple=2", "imputer.pool=stacked"),
        ("features.scale=false",),
        ("split=holdout",),
    ],
)
def test_all_else_works_with_it(
    program: Program, several: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Searches, imputers and multiple imputation end in a model that predicts what is shown."""
    kept = several if options[0] != "split=holdout" else several[:4] + several[5:]
    written = _check_predictions(program.run(*kept, *options))
    assert written.drop(columns="fold").notna().all(axis=None)


@pytest.mark.parametrize("model", ["ols", "ridge", "lasso"])
def test_other_models(program: Program, several: tuple[str, ...], model: str) -> None:
    """Without an L1 penalty or with nothing else."""
    made = program.run(*several[:5], "bootstrap.resamples=20", f"model={model}")
    _check_predictions(made)
    coefficients = pd.read_csv(made / "coefficients.csv")
    own = coefficients[coefficients["feature"] != "(intercept)"]
    assert own["selected"].all() == (model != "lasso")


def test_a_rerun_of_other_targets_is_another_run(
    program: Program, several: tuple[str, ...]
) -> None:
    """The targets' order is a part of what was asked for."""
    made = program.run(*several)
    turned = [f"dataset.target=[{','.join(TARGETS[::-1])}]"]
    other = program.run(*several[:2], *turned, *several[3:], name="turned")
    record, reverse = read_json(made / "run.json"), read_json(other / "run.json")
    assert record["fingerprint"] != reverse["fingerprint"]
    assert record["test"]["mse"]["score"] == pytest.approx(reverse["test"]["mse"]["score"])


def test_one_target_is_refused(program: Program, mixed: tuple[str, ...]) -> None:
    """The message says how several are named."""
    ended = program(*mixed, "family=multi_gaussian")
    assert ended.status == 2
    assert "dataset.target names one column, but family=multi_gaussian predicts" in ended.err
    assert "dataset.target=[a,b], or choose family=gaussian" in ended.err


def test_gaussian_names_the_family_of_several(program: Program, several: tuple[str, ...]) -> None:
    """As it predicts one."""
    ended = program(*(key for key in several if not key.startswith("family")))
    assert ended.status == 2
    assert "choose family=multi_gaussian" in ended.err


@pytest.mark.parametrize(
    ("value", "said"),
    [(np.nan, "no row has a value of the target 'weight'"), (7.0, "the target 'weight' is 7")],
)
def test_a_target_that_says_nothing_is_refused(
    program: Program, several: tuple[str, ...], value: float, said: str
) -> None:
    """One that is missing everywhere, or the same everywhere, by its name."""
    path = program.folder / "several.csv"
    pd.read_csv(path).assign(weight=value).to_csv(path, index=False)
    ended = program(*several)
    assert ended.status == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("asked", "instead"),
    [
        ("model.positive=true", "model.positive=false"),
        ("model.limits={a: [0, 1]}", "model.limits={}"),
    ],
)
def test_bounds_are_refused(
    asked: str, instead: str, program: Program, several: tuple[str, ...]
) -> None:
    """The message says what to choose instead, before the search."""
    ended = program(*several, asked)
    assert ended.status == 2
    assert f"{instead}, or family=gaussian with one target at a time" in ended.err


def test_a_stream_is_refused(program: Program, several: tuple[str, ...]) -> None:
    """By its key, before the file is read."""
    ended = program(*several, "dataset.stream=true")
    assert ended.status == 2
    assert "family=multi_gaussian needs the rows in memory" in ended.err
