"""The losses behind the interval of Bates et al., beside scikit-learn's grid search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from conftest import read_json
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from runner.experiment import repartitioning
from runner.experiment.dividing import redivide
from runner.statistics.expected_score import bates

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Floats, Integers, Split
    from runner.statistics.expected_score import FoldLosses

ALPHAS = [0.05, 0.3, 0.8]
ARGUMENTS = (
    *("dataset=csv", "dataset.path=data.csv", "dataset.target=y", "split.folds=4", "model=lasso"),
    *(f"model.alpha={ALPHAS}", "model.tol=1e-12", "split.test=null", "report=none"),
    *("evaluation.interval=bates", "evaluation.repeats=1", "evaluation.level=0.9"),
)


class Seen:
    """Looks at what goes through functions of the module, and lets it pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.split: Split | None = None
        self.losses: list[FoldLosses] = []

        def seen_split(*arguments: Any) -> Split:  # noqa: ANN401 - those of `redivide`
            self.split = redivide(*arguments)
            return self.split

        def seen_losses(metric: Any, losses: Any, *rest: Any) -> Any:  # noqa: ANN401 - as above
            self.losses = losses
            return bates(metric, losses, *rest)

        monkeypatch.setattr(repartitioning, "redivide", seen_split)
        monkeypatch.setattr(repartitioning, "bates", seen_losses)


def losses_by_hand(frame: pd.DataFrame, block: Integers, left_out: list[int]) -> Floats:
    """Squared errors (n,) of all rows by what is chosen and fitted without some blocks."""
    X, y = frame.drop(columns="y").to_numpy(), frame["y"].to_numpy()
    training = ~np.isin(block, left_out)
    search = GridSearchCV(
        make_pipeline(SimpleImputer(), StandardScaler(), ElasticNet(tol=1e-12, l1_ratio=1.0)),
        {"elasticnet__alpha": ALPHAS},
        cv=PredefinedSplit(block[training]),
        scoring="neg_mean_squared_error",
    ).fit(X[training], y[training])
    errors: Floats = (y - search.predict(X)) ** 2
    return errors


def test_losses_are_those_of_a_grid_search(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fold's own, and those of all other rows without it, are scikit-learn's."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((40, 6))
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(6)])
    frame["y"] = X[:, 0] + rng.standard_normal(40)
    frame = frame.mask(rng.random(frame.shape) < [*[0.1] * 6, 0.0])
    frame.to_csv(program.folder / "data.csv", index=False)
    seen = Seen(monkeypatch)
    made = program.run(*ARGUMENTS)
    assert seen.split is not None
    block = seen.split.partitions[0]
    for k, found in enumerate(seen.losses):
        np.testing.assert_allclose(found.outer, losses_by_hand(frame, block, [k])[block == k])
        inner = [
            losses_by_hand(frame, block, [k, other])[block == other]
            for other in range(4)
            if other != k
        ]
        np.testing.assert_allclose(np.sort(found.inner), np.sort(np.concatenate(inner)))
    expected = read_json(made / "run.json")["expected"]
    assert "bates" == expected["mse"]["method"]
    assert "nested_naive" == expected["mae"]["method"]
    assert expected["mse"]["low"] < expected["mse"]["score"] < expected["mse"]["high"]


@pytest.mark.parametrize(
    ("overrides", "need"),
    [
        (["metric=r2"], "metric=mse or metric=mae"),
        (["split.folds=3"], "split=kfold, grouped or repeated, with at least 4 folds"),
        (["split=holdout"], "split=kfold, grouped or repeated"),
        (["evaluation.nested=false"], "evaluation.nested to be auto or true"),
    ],
)
def test_what_it_needs_is_said_before_the_run(
    program: Program, overrides: list[str], need: str
) -> None:
    """The config is refused with what is needed, and what else to choose."""
    ended = program("dataset=diabetes", "evaluation.interval=bates", *overrides)
    assert 2 == ended.status
    assert f"evaluation.interval=bates needs {need}" in ended.err
    assert "evaluation.interval=nested_naive" in ended.err
