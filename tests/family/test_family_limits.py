"""Penalty factors and limits hold in the saved model of every family but several targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK

if TYPE_CHECKING:
    from conftest import Program

TARGETS = {
    "binomial": ("dataset.target=yes", "dataset.drop=[kind,count,amount,time,event]"),
    "multinomial": ("dataset.target=kind", "dataset.drop=[yes,count,amount,time,event]"),
    "poisson": ("dataset.target=count", "dataset.drop=[yes,kind,amount,time,event]"),
    "gamma": ("dataset.target=amount", "dataset.drop=[yes,kind,count,time,event]"),
    "cox": ("dataset.target=time", "dataset.event=event", "dataset.drop=[yes,kind,count,amount]"),
}


@pytest.fixture
def asked(program: Program) -> tuple[str, ...]:
    """Write a table with a target for each family, and give what is said of it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 3)) * [1.0, 10.0, 0.1]
    eta = X @ [0.8, -0.08, 8.0]
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).mask(rng.random((150, 3)) < 0.05)
    noise = eta[:, None] * [1.0, 0.0, -1.0] + rng.gumbel(size=(150, 3))
    frame["yes"] = (rng.random(150) < 1 / (1 + np.exp(-eta))).astype(int)
    frame["kind"] = np.array(["red", "green", "blue"])[noise.argmax(axis=1)]
    frame["count"] = rng.poisson(np.exp(eta / 2))
    frame["amount"] = rng.gamma(2.0, np.exp(eta / 2)) + 0.001
    frame["time"] = rng.exponential(np.exp(-eta)) + 0.001
    frame["event"] = (rng.random(150) < 0.7).astype(int)
    frame.to_csv(program.folder / "a.csv", index=False)
    return ("dataset=csv", "dataset.path=a.csv", *QUICK)


def coefficients(program: Program, *arguments: str, name: str) -> pd.DataFrame:
    """coefficients.csv of a run, without intercepts."""
    table = pd.read_csv(program.run(*arguments, name=name) / "coefficients.csv")
    return table[table["feature"] != "(intercept)"]


@pytest.mark.parametrize("family", TARGETS)
def test_limits_are_in_original_units(
    family: str, program: Program, asked: tuple[str, ...]
) -> None:
    """A limit that binds is reached, by each response; others stay within theirs."""
    own = (*asked, f"family={family}", *TARGETS[family], "imputer.indicator=false")
    free = coefficients(program, *own, name="free").groupby("feature")["coefficient"].max()
    most = round(float(free["a"]) / 2, 3)
    limits = f"model.limits={{a: [null, {most}], b: [0, null]}}"
    held = coefficients(program, *own, limits, name="held")
    found = held.groupby("feature")["coefficient"]
    assert most == pytest.approx(found.max()["a"], rel=1e-9)
    assert (held.query("feature == 'b'")["coefficient"] >= 0).all()
    assert free["c"] > 0 < found.max()["c"]


@pytest.mark.parametrize("family", TARGETS)
def test_positive_and_factors(family: str, program: Program, asked: tuple[str, ...]) -> None:
    """No coefficient is negative; what is never penalised is there where all else is not."""
    own = (*asked, f"family={family}", *TARGETS[family], "imputer.indicator=false")
    positive = coefficients(program, *own, "model.positive=true", name="positive")
    assert (positive["coefficient"] >= 0).all()
    assert (positive["coefficient"] > 0).any()
    point = ("search=none", "model.alpha=1000", "model.l1_ratio=1", "model.penalty_factors={b: 0}")
    kept = coefficients(program, *own, *point, name="kept")
    assert {"b"} == set(kept["feature"][kept["selected"]])
