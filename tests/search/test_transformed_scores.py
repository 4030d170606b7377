"""A transformed target: what is learnt, where, and that scores are those of scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import make_scorer as scorer_of
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PowerTransformer
from sklearn_reference import (
    SKLEARN,
    assert_scores,
    candidate,
    make_pipeline,
    make_scorer,
    make_specs,
    make_split,
    make_table,
)

from runner.core.folds import DiskCache, FoldProblem, Folds
from runner.core.folds import cache as folds_cache
from runner.features.pipeline import prepare
from runner.records import RowProblem, TargetTransform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.features.pipeline import Specs
    from runner.records import Candidate, Split, Table

REFERENCE: dict[str, dict[str, Any]] = {
    "log": {"func": np.log, "inverse_func": np.exp},
    "sqrt": {"func": np.sqrt, "inverse_func": np.square},
    "yeo-johnson": {"transformer": PowerTransformer()},
}
POINTS = [candidate(0.02, 0.5), candidate(0.3, 1.0), candidate(0.1, 0.1), candidate(0.0, 1.0)]


def make_skewed(name: str, *, weighted: bool = False) -> Table:
    """A positive target with a long tail."""
    table = make_table(weighted=weighted)
    return replace(
        table, target=np.exp(table.target / 4), transform=TargetTransform(name, smearing=False)
    )


def reference_scores(
    table: Table, split: Split, specs: Specs, point: Candidate, transform: str
) -> dict[str, Any]:
    """cross_validate's of the Pipeline with a TransformedTargetRegressor at its end."""
    plain = make_pipeline(specs, point, table, float(table.n_rows))
    last = TransformedTargetRegressor(plain[-1], **REFERENCE[transform])
    pipeline = Pipeline([*plain.steps[:-1], ("model", last)])
    metrics = {str(name): scorer_of(metric) for name, metric in SKLEARN.items()}
    sides = [split.sides(fold) for fold in split.folds]
    found = cross_validate(pipeline, table.features, table.target, cv=sides, scoring=metrics)
    return {name: found[f"test_{name}"] for name in metrics}


@pytest.mark.parametrize(
    ("imputer", "transform"), [*(("mean", name) for name in REFERENCE), ("knn", "log")]
)
def test_scores_are_those_of_cross_validate(imputer: str, transform: str) -> None:
    """Every metric of every fold is that of scikit-learn's TransformedTargetRegressor."""
    table, specs = make_skewed(transform), make_specs(imputer, "elastic_net")
    split = make_split(table)
    for trial in make_scorer(Folds(table, split), specs)(POINTS):
        expected = reference_scores(table, split, specs, trial.candidate, transform)
        assert_scores(expected, trial.scores, 1e-8)


def _everything(problems: Sequence[Any]) -> list[Any]:
    """What was learnt of training rows, and what validates."""
    found: list[Any] = []
    for problem in problems:
        (part,) = problem.parts
        found += [*vars(part).values(), problem.intercept, problem.columns.scale]
        found += [*problem.target_scale.describe().values(), problem.side.X]
    return found


@pytest.mark.parametrize("transform", REFERENCE)
def test_targets_that_validate_teach_nothing(transform: str) -> None:
    """Other targets of the rows that validate leave the problem and its transform as they are."""
    table, specs = make_skewed(transform), make_specs("mean", "elastic_net")
    split, preparation = make_split(table), prepare(specs, table, 0)
    before = Folds(table, split).problems(preparation, fit_intercept=True)
    for number, fold in enumerate(split.folds):
        changed = table.target.copy()
        changed[split.sides(fold)[1]] *= 7.0
        other = Folds(replace(table, target=changed), split)
        after = other.problem(fold, preparation, fit_intercept=True)
        pairs = zip(_everything([before[number]]), _everything([after]), strict=True)
        for old, new in pairs:
            np.testing.assert_array_equal(old, new)


def test_powers_differ_between_folds_and_are_standardised() -> None:
    """Each fold has the power of its own training rows, whose transform has spread 1."""
    table, specs = make_skewed("yeo-johnson"), make_specs("mean", "elastic_net")
    split, preparation = make_split(table), prepare(specs, table, 0)
    folds = Folds(table, split).problems(preparation, fit_intercept=True)
    for problem, fold in zip(folds, split.folds, strict=True):
        assert isinstance(problem, FoldProblem)
        own = PowerTransformer().fit(table.target[split.sides(fold)[0], None])
        assert problem.target_scale is not None
        assert pytest.approx(own.lambdas_[0]) == problem.target_scale.describe()["lambda"]
        (part,) = problem.parts
        spread = part.y @ part.y / len(part.y) if isinstance(part, RowProblem) else part.yy
        assert pytest.approx(1.0) == spread
    powers = {problem.target_scale.describe()["lambda"] for problem in folds}  # type: ignore[union-attr]
    assert len(split.folds) == len(powers)


@pytest.mark.parametrize("transform", REFERENCE)
def test_the_disk_gives_the_same_scores(
    transform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A problem that was kept has its transform again, and is no other transform's."""
    monkeypatch.setattr(folds_cache, "WORTH_KEEPING", -1.0)
    specs, disk = make_specs("knn", "elastic_net"), DiskCache(tmp_path, 10_000_000)
    tables = [replace(make_skewed(transform), transform=None), make_skewed(transform)]
    split = make_split(tables[0])
    made, kept = (
        [make_scorer(Folds(table, split, disk), specs)(POINTS)[0].scores for table in tables]
        for _ in range(2)
    )
    assert len(split.folds) * 2 == len(list(tmp_path.glob("*.npz")))
    for first, second in zip(made, kept, strict=True):
        assert_scores(first, second, 1e-12)
    assert made[0]["mse"].mean() != pytest.approx(made[1]["mse"].mean())


def test_weights_have_a_say() -> None:
    """Row weights count in the fit and in the scores; a weight of two is a row twice."""
    table = make_skewed("log", weighted=True)
    whole = replace(table, weight=np.where(np.arange(table.n_rows) % 3, 1.0, 2.0))
    split = make_split(whole)
    (trial,) = make_scorer(Folds(whole, split), make_specs("zero", "elastic_net"))([POINTS[0]])
    for fold, score in zip(split.folds, trial.scores["mse"], strict=True):
        training, validation = (
            np.repeat(rows, whole.weight[rows].astype(int))  # type: ignore[index]
            for rows in split.sides(fold)
        )
        plain = make_pipeline(
            make_specs("zero", "elastic_net"), POINTS[0], whole, float(len(training))
        )
        last = TransformedTargetRegressor(plain[-1], **REFERENCE["log"])
        model = Pipeline([*plain.steps[:-1], ("model", last)])
        model.fit(whole.features.iloc[training], whole.target[training])
        errors = whole.target[validation] - model.predict(whole.features.iloc[validation])
        assert pytest.approx(np.mean(errors**2), rel=1e-8) == score
