"""Fold scores of families against cv.glmnet's: tests/golden/make_cv_glmnet.R made the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn_reference import SEED, candidate, make_specs

from runner.config import validate_section
from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.features.pipeline import Specs
from runner.records import Fold, Split, Table
from runner.search.scorer import Objective, Scorer

if TYPE_CHECKING:
    from runner.core.metrics import MetricName

GOLDEN = Path(__file__).parents[1] / "golden"
DATA = pd.read_csv(GOLDEN / "glmnet_families_data.csv")
CURVES = pd.read_csv(GOLDEN / "cv_glmnet.csv")
FEATURES = ["mpg", "hp", "drat", "wt", "vs"]
BLOCKS = 4
CASES = CURVES[["family", "weighted", "l1_ratio"]].drop_duplicates().to_numpy()
# glmnet's binomial deviance is twice the log loss
METRICS: dict[str, tuple[MetricName, float]] = {
    "binomial": ("log_loss", 2.0),
    "poisson": ("poisson_deviance", 1.0),
}


def make_split() -> Split:
    """Rows to folds in turn, as in R."""
    rows = np.arange(len(DATA))
    others = [tuple(b for b in range(BLOCKS) if b != k) for k in range(BLOCKS)]
    folds = tuple(Fold(k + 1, 0, training, (k,)) for k, training in enumerate(others))
    return Split(rows, rows[:0], (rows % BLOCKS,), folds)


def make_table(family: str, *, weighted: bool) -> Table:
    """The golden data, settled by the family."""
    table = table_of(DATA[FEATURES].astype(float), DATA[family].to_numpy(dtype=float))
    labels = (0, 1) if family == "binomial" else ()
    if weighted:
        weight, offset = DATA["weight"].to_numpy(dtype=float), DATA["offset"].to_numpy()
        table = replace(table, weight=weight, offset=offset)
    return replace(table, labels=labels)


@pytest.mark.parametrize(("family", "weighted", "l1_ratio"), CASES)
def test_deviances_are_those_of_cv_glmnet(family: str, weighted: bool, l1_ratio: float) -> None:
    """Of each fold, standardised within it, and their mean by weight; with weights and offset."""
    golden = CURVES.query("family == @family and weighted == @weighted and l1_ratio == @l1_ratio")
    curves = golden.pivot_table(index="fold", columns="alpha", values="deviance")
    table = make_table(family, weighted=weighted)
    plain = make_specs("none", "elastic_net")
    spec = validate_section("family", {"name": family})
    specs = Specs(plain.imputer, plain.features, plain.model, spec)  # type: ignore[arg-type]
    metric, factor = METRICS[family]
    scorer = Scorer(
        Folds(table, make_split(), family=specs.family),
        specs,
        Objective(metric, (metric,)),
        seed=SEED,
        progress=lambda _: None,
    )
    trials = scorer([candidate(float(alpha), l1_ratio) for alpha in curves.columns])
    found = factor * np.array([trial.scores[metric] for trial in trials]).T
    np.testing.assert_allclose(found, curves.loc[1:], rtol=1e-6)
    weight = np.ones(len(DATA)) if table.weight is None else table.weight
    by_fold = np.bincount(np.arange(len(DATA)) % BLOCKS, weight)
    np.testing.assert_allclose(by_fold @ found / weight.sum(), curves.loc[0], rtol=1e-6)
