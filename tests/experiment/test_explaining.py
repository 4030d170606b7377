"""features.csv, and what a run records of the explaining of its winner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from sklearn.linear_model import LinearRegression, LogisticRegression, lasso_path

from runner.core.folds import Folds
from runner.experiment.dividing import cut
from runner.experiment.stable_features import BLOCKS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Program

    from runner.records import Fold, Integers

ROWS, WIDTH = 240, 12
DATA = ("dataset=csv", "dataset.path=data.csv", "dataset.target=y", "report=none")
QUICK = ("bootstrap.resamples=20", "model.alpha={eps: 0.01, count: 12}", "split.folds=4")
EXPLAIN = ("evaluation.explain=true", "evaluation.pairs=15", "evaluation.resamples=12")
LASSO = ("model=lasso", "model.tol=1e-9")


def write_data(folder: Path, *, classes: bool = False) -> pd.DataFrame:
    """Write 12 correlated columns with gaps, of which the first three matter, and groups."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((ROWS, WIDTH)) + 0.5 * rng.standard_normal((ROWS, 1))
    y = 2 * X[:, 0] - 1.5 * X[:, 1] + X[:, 2] + rng.standard_normal(ROWS)
    X[rng.random(X.shape) < 0.1] = np.nan
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(WIDTH)])
    frame["y"] = (y > 0).astype(int) if classes else y
    frame["who"] = rng.integers(30, size=ROWS)
    frame["when"] = np.arange(ROWS)
    frame.to_csv(folder / "data.csv", index=False)
    return frame


def without_roles(*names: str) -> str:
    """Leave columns out."""
    return f"dataset.drop=[{','.join(names)}]"


def test_probabilities_are_counted_as_by_hand(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the shares of the same halves in which scikit-learn's path is entered early."""
    frame = write_data(program.folder)
    seen: list[Integers] = []
    solve = Folds.problem

    def watched(self: Folds, fold: Fold | None, *args: Any, **keys: Any) -> Any:  # noqa: ANN401
        if fold is not None and fold.number == 0 and not fold.validation:
            seen.append(self.split.sides(fold)[0])
        return solve(self, fold, *args, **keys)

    monkeypatch.setattr(Folds, "problem", watched)
    few = ("evaluation.explain=true", "evaluation.pairs=5", "evaluation.resamples=0")
    made = program.run(*DATA, without_roles("who", "when"), *QUICK, *LASSO, *few)
    record = read_json(made / "run.json")["stability"]
    X, y = frame.drop(columns=["y", "who", "when"]).to_numpy(), frame["y"].to_numpy()
    assert 10 == len(seen)
    assert {len(seen[0])} == {len(rows) for rows in seen}
    entered = np.zeros(WIDTH)
    for rows in seen:
        Z = np.where(np.isnan(X[rows]), np.nanmean(X[rows], axis=0), X[rows])
        Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
        target = y[rows] - y[rows].mean()
        _, path, _ = lasso_path(Z, target, alphas=2000, eps=0.01, tol=1e-8)
        step = np.where((path != 0).any(axis=1), (path != 0).argmax(axis=1), 2000)
        entered[np.argsort(step, kind="stable")[: record["q"]]] += 1
    table = pd.read_csv(made / "features.csv")
    np.testing.assert_allclose(table["stability"], entered / len(seen))
    assert list(table["feature"][entered / len(seen) >= 0.9]) == record["selected"]


def test_what_matters_is_stable_and_nothing_else(program: Program) -> None:
    """Of 12 columns those three are selected that made the target; the bound is stated."""
    write_data(program.folder)
    made = program.run(*DATA, without_roles("who", "when"), *QUICK, *EXPLAIN)
    record = read_json(made / "run.json")["stability"]
    assert ["x0", "x1", "x2"] == record["selected"]
    assert (3, 12, 0.9, 15, BLOCKS) == tuple(
        record[key] for key in ("q", "features", "threshold", "pairs", "blocks")
    )
    assert pytest.approx(9 / (0.8 * 12)) == record["bound"]
    table = pd.read_csv(made / "features.csv")
    assert list(pd.read_csv(made / "coefficients.csv")["feature"][1:]) == list(table["feature"])
    strong = table.iloc[:3]
    shares = ["fold_frequency", "nested_frequency", "resample_frequency"]
    assert (strong[shares] == 1).all(axis=None)
    assert (strong[["fold_sign_flips", "nested_sign_flips"]] == 0).all(axis=None)
    assert (strong["resample_q05"] <= strong["resample_q50"]).all()
    assert (np.sign(strong["resample_q05"]) == np.sign(strong["resample_q95"])).all()


def test_the_relaxed_refit_is_least_squares(program: Program) -> None:
    """It is scikit-learn's on the selected columns, filled in, and is 0 elsewhere."""
    frame = write_data(program.folder)
    made = program.run(
        *DATA, without_roles("who", "when"), *QUICK, *LASSO, *EXPLAIN, "split.test=null"
    )
    table = pd.read_csv(made / "features.csv")
    chosen = table["selected"].to_numpy()
    X = frame[table["feature"]].fillna(frame.mean()).to_numpy()[:, chosen]
    by_hand = LinearRegression().fit(X, frame["y"]).coef_
    np.testing.assert_allclose(table["relaxed"][chosen], by_hand, rtol=1e-8)
    assert (table["relaxed"][~chosen] == 0).all()


def test_variability_is_that_of_new_samples(program: Program) -> None:
    """The standard deviation of an unpenalised coefficient is about that of theory."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((600, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=X[:, 0] + rng.standard_normal(600))
    frame.to_csv(program.folder / "data.csv", index=False)
    many = ("evaluation.explain=true", "evaluation.pairs=2", "evaluation.resamples=150")
    made = program.run(*DATA, "model=ols", "split.test=null", "bootstrap.resamples=20", *many)
    table = pd.read_csv(made / "features.csv")
    design = np.column_stack([np.ones(600), X])
    residual = frame["y"] - design @ np.linalg.lstsq(design, frame["y"], rcond=None)[0]
    theory = np.sqrt(np.diag(np.linalg.inv(design.T @ design))[1:] * residual.var())
    # of 150 resamples of 200 blocks a standard deviation is known to about 8 % of its size
    assert pytest.approx(theory.mean(), rel=0.15) == table["resample_sd"].mean()
    assert (table["resample_frequency"] == 1).all()


@pytest.mark.parametrize(
    ("overrides", "drawn"),
    [(("imputer=knn",), "rows"), (("metric=mae",), "rows"), (("imputer=mean",), "blocks")],
)
def test_rows_are_drawn_where_moments_do_not_suffice(
    program: Program, overrides: tuple[str, ...], drawn: str
) -> None:
    """The record says what was drawn; what matters is selected in every resample either way."""
    write_data(program.folder)
    few = ("evaluation.explain=true", "evaluation.pairs=3", "evaluation.resamples=3")
    made = program.run(*DATA, without_roles("who", "when"), *QUICK, *LASSO, *few, *overrides)
    record = read_json(made / "run.json")["variability"]
    assert {"resamples": 3, "failed": 0, "drawn": drawn} == record
    assert (pd.read_csv(made / "features.csv")["resample_frequency"][:3] == 1).all()


def test_a_familys_features_are_explained(program: Program) -> None:
    """The relaxed refit of classes is scikit-learn's without a penalty; halves are solved too."""
    frame = write_data(program.folder, classes=True)
    few = ("evaluation.explain=true", "evaluation.pairs=2", "evaluation.resamples=2")
    made = program.run(
        *DATA,
        *(without_roles("who", "when"), "family=binomial", "model=lasso", "model.alpha=[0.02]"),
        *("bootstrap.resamples=20", "split.test=null", "split.folds=2", "model.tol=1e-9", *few),
    )
    table = pd.read_csv(made / "features.csv")
    chosen = table["selected"].to_numpy()
    X = frame[table["feature"]].fillna(frame.mean()).to_numpy()[:, chosen]
    by_hand = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, frame["y"]).coef_[0]
    np.testing.assert_allclose(table["relaxed"][chosen], by_hand, rtol=1e-4)
    assert {"x0", "x1"} <= set(read_json(made / "run.json")["stability"]["selected"])


def test_groups_stay_whole(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """With split=grouped no group has rows in both halves of a pair."""
    write_data(program.folder)
    cuts: list[tuple[Integers, Integers]] = []

    def watched(config: Any, table: Any, rows: Any, *args: Any) -> Any:  # noqa: ANN401
        block = cut(config, table, rows, *args)
        cuts.append((table.group[rows], block))
        return block

    monkeypatch.setattr("runner.experiment.stable_features.cut", watched)
    few = ("evaluation.explain=true", "evaluation.pairs=3", "evaluation.resamples=2")
    grouped = ("split=grouped", "dataset.group=who", without_roles("when"))
    made = program.run(*DATA, *grouped, *QUICK, *few)
    (group, block), *_ = cuts
    assert len(np.unique(group)) == len({*zip(group.tolist(), block.tolist(), strict=True)})
    assert BLOCKS == read_json(made / "run.json")["stability"]["blocks"]


@pytest.mark.parametrize(
    ("overrides", "stability", "variability"),
    [
        (
            ("split=time", "dataset.time=when", without_roles("who")),
            "rows in order of time cannot be halved at random",
            "rows in order of time cannot be drawn at random",
        ),
        (
            ("dataset.stream=true", without_roles("who", "when")),
            "dataset.stream=true keeps no rows to halve",
            "dataset.stream=true keeps no rows to draw",
        ),
        (
            ("evaluation.pfer=0.05", "evaluation.resamples=0", without_roles("who", "when")),
            "evaluation.pfer=0.05 lets none of 12 features enter",
            "evaluation.resamples is 0",
        ),
    ],
)
def test_why_there_is_none_is_said(
    program: Program, overrides: tuple[str, ...], stability: str, variability: str
) -> None:
    """The record has the reason, and features.csv what could be made."""
    write_data(program.folder)
    few = ("evaluation.explain=true", "evaluation.pairs=2", "evaluation.resamples=2")
    made = program.run(*DATA, *QUICK, *few, *overrides)
    record = read_json(made / "run.json")
    assert stability == record["stability"]["reason"]
    assert variability == record["variability"]["reason"]
    table = pd.read_csv(made / "features.csv")
    assert {"relaxed", "fold_frequency", "nested_frequency"} <= set(table)
    assert not {"stability", "resample_sd"} & set(table)


def test_nothing_is_explained_by_default(program: Program) -> None:
    """Neither file nor record is there."""
    write_data(program.folder)
    made = program.run(*DATA, without_roles("who", "when"), *QUICK)
    assert not (made / "features.csv").exists()
    assert not {"stability", "variability", "relaxed"} & set(read_json(made / "run.json"))
