"""Runs with penalty factors and limits: what their tables, models and messages hold."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import mixed_frame, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program
    from pandas import Series

RULES = (
    'model.penalty_factors={"age": 0, "town_*": 2}',
    'model.limits={"age": [0, 0.2], town: [null, 0.5], "income": [0, null]}',
)
TIGHT = ("model.tol=1e-12", "model.max_iter=100000")


def coefficients(run: Path) -> Series:
    """A run's, by feature."""
    return pd.read_csv(run / "coefficients.csv").set_index("feature")["coefficient"]


def assert_within(b: Series) -> None:
    """What RULES say."""
    assert b["age"] == pytest.approx(0.2, rel=1e-9)
    assert b["income"] >= 0
    towns = b[[name for name in b.index if name.startswith("town_")]]
    assert towns.max() <= 0.5 * (1 + 1e-9)


@pytest.mark.parametrize("imputer", ["mean", "knn"])
@pytest.mark.parametrize("model", ["elastic_net", "ridge"])
def test_limits_hold_in_all_that_a_run_leaves(
    program: Program, mixed: tuple[str, ...], imputer: str, model: str
) -> None:
    """Table, saved model and predictions agree, and keep to the limits in original units."""
    ratio = [f"model={model}"] if model == "ridge" else []
    quick = [each for each in mixed if model != "ridge" or not each.startswith("model.l1")]
    run = program.run(*quick, *ratio, f"imputer={imputer}", *RULES)
    b = coefficients(run)
    assert_within(b)
    with (run / "model.pkl").open("rb") as file:
        saved = pickle.load(file)  # noqa: S301 - of this test
    frame = mixed_frame()
    X = saved[:1].transform(frame.drop(columns="outcome"))
    by_hand = b["(intercept)"] + X @ b.drop("(intercept)").to_numpy()
    np.testing.assert_allclose(saved.predict(frame), by_hand, rtol=1e-9)
    told = pd.read_csv(run / "predictions.csv")
    tested = told[told["part"] == "test"]
    np.testing.assert_allclose(by_hand[tested["row"]], tested["y_pred"], rtol=1e-9)
    assert read_json(run / "run.json")["refit"]["converged"]


def test_trials_are_scored_with_the_rules(program: Program, mixed: tuple[str, ...]) -> None:
    """Limits that forbid everything leave the mean; those of nothing change no score."""
    fixed = ("model.alpha=0.01", "model.l1_ratio=0.5", "search=none")
    plain = pd.read_csv(program.run(*mixed, *fixed, name="plain") / "trials.csv")
    shut = program.run(*mixed, *fixed, 'model.limits={"*": [0, 0]}', name="shut")
    far = program.run(*mixed, *fixed, 'model.limits={"*": [-1e9, 1e9]}', name="far")
    nothing = pd.read_csv(shut / "trials.csv")
    assert [0] == nothing["n_nonzero"].tolist()
    assert nothing["r2_mean"][0] <= 0 < plain["r2_mean"][0]
    free = pd.read_csv(far / "trials.csv")
    np.testing.assert_allclose(free["mse_mean"], plain["mse_mean"], rtol=1e-4)


def test_moments_and_rows_search_alike(program: Program, mixed: tuple[str, ...]) -> None:
    """Every trial of a fold problem from moments has the scores of one from rows."""
    rows = "imputer.columns.drop=0.9"  # nothing is left out, but the rows are needed to know
    found = [
        pd.read_csv(program.run(*mixed, *TIGHT, *RULES, *more, name=name) / "trials.csv")
        for name, more in (("moments", ()), ("rows", (rows,)))
    ]
    np.testing.assert_allclose(found[0]["mse_mean"], found[1]["mse_mean"], rtol=1e-6)
    np.testing.assert_allclose(found[0]["model.alpha"], found[1]["model.alpha"], rtol=1e-9)
    assert found[0]["mse_mean"].nunique() > 4


def test_a_stream_keeps_to_the_rules(program: Program, mixed: tuple[str, ...]) -> None:
    """Its coefficients are those of the same alpha in memory, where no row is a test row."""
    fixed = (*mixed, *TIGHT, *RULES, "model.alpha=0.02", "model.l1_ratio=0.5", "search=none")
    fixed = (*fixed, "split.test=null")
    memory = coefficients(program.run(*fixed, name="memory"))
    stream = coefficients(program.run(*fixed, "dataset.stream=true", name="stream"))
    assert_within(stream)
    pd.testing.assert_series_equal(memory.sort_index(), stream.sort_index(), rtol=1e-6, atol=1e-9)


def test_optuna_searches_with_the_rules(program: Program, mixed: tuple[str, ...]) -> None:
    """Candidates that come one by one start from solutions within the limits, and converge."""
    run = program.run(*mixed, *RULES, "search=optuna", "search.n_trials=6")
    assert_within(coefficients(run))
    assert ["ok"] * 6 == pd.read_csv(run / "trials.csv")["status"].tolist()


def test_more_columns_than_rows(program: Program) -> None:
    """Screening, warm starts and the refit keep to the limits, and the free columns are free."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((40, 90)) * 3, columns=[f"g{j}" for j in range(90)])
    frame["y"] = frame["g0"] - frame["g1"] + 0.5 * frame["g2"] + rng.standard_normal(40)
    frame.to_csv(program.folder / "wide.csv", index=False)
    rules = ('model.penalty_factors={"g2": 0}', 'model.limits={"g0": [0, 0.3], "g1*": [0, null]}')
    data = ("dataset=csv", "dataset.path=wide.csv", "dataset.target=y", "split.folds=3")
    run = program.run(*data, *rules, "model.l1_ratio=0.9", "model.alpha={eps: 0.05, count: 10}")
    b = coefficients(run)
    assert b["g0"] == pytest.approx(0.3, rel=1e-9)
    assert b[[name for name in b.index if name.startswith("g1")]].min() == 0
    assert b["g2"] > 0.3
    assert ["ok"] * 10 == pd.read_csv(run / "trials.csv")["status"].tolist()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("model.penalty_factors={agee: 0}", "'agee', which is no column"),
        ("model.limits={age: [1, 2]}", "0 must be between them"),
        ("model.limits={missingindicator_age: [0, 1]}", "'missingindicator_age', which is no"),
    ],
)
def test_what_cannot_be_is_said_before_the_search(
    program: Program, mixed: tuple[str, ...], rule: str, said: str
) -> None:
    """The run does not begin: one line, and no directory."""
    finished = program(*mixed, rule, "hydra.run.dir=none")
    assert finished.status == 2
    assert said in finished.err
    assert not (program.folder / "none").exists()


def test_indicators_have_rules_of_their_own(program: Program, mixed: tuple[str, ...]) -> None:
    """A column of gaps has a name to be meant by, where there is one."""
    run = program.run(
        *mixed, "imputer.indicator=true", 'model.limits={"missingindicator_*": [0, 0]}'
    )
    b = coefficients(run)
    marked = [name for name in b.index if name.startswith("missingindicator_")]
    assert 2 == len(marked)
    assert [0, 0] == b[marked].tolist()


def test_the_order_of_rules_makes_another_run(program: Program, mixed: tuple[str, ...]) -> None:
    """Of two rules for a column the later wins, so that what differs in it is not reused."""
    first = program.run(*mixed, "model.limits={age: [0, 0], a*: [0, 0.1]}", name="outputs/first")
    again = program.run(*mixed, "model.limits={a*: [0, 0.1], age: [0, 0]}", name="outputs/again")
    assert coefficients(first)["age"] == pytest.approx(0.1)
    assert 0 == coefficients(again)["age"]
