"""evaluation.bbc, as a run records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from conftest import QUICK, read_json
from sklearn_reference import candidate, make_scorer, make_specs, make_split, make_table

from runner.core.folds import Folds

if TYPE_CHECKING:
    from conftest import Program


def test_predictions_are_those_that_were_scored() -> None:
    """Every candidate's out-of-fold errors give the score of its trial, whatever the order."""
    table = make_table()
    split = make_split(table)
    scorer = make_scorer(Folds(table, split), make_specs("mean", "elastic_net"))
    points = [candidate(a, r) for a in (0.1, 1.0, 0.3) for r in (1.0, 0.2)]
    trials = scorer(points)
    for fold, predicted in zip(split.folds, scorer.predictions(trials), strict=True):
        errors = table.target[split.sides(fold)[1]][:, None] - predicted
        scores = [trial.scores["mse"][fold.number - 1] for trial in trials]
        np.testing.assert_allclose((errors**2).mean(axis=0), scores)


def test_it_stands_beside_the_score_and_is_called_partial(program: Program) -> None:
    """It is above the score that was selected on, near it, and never the expected one."""
    made = program.run("dataset=diabetes", *QUICK, "evaluation.bbc=true")
    record = read_json(made / "run.json")
    assert ("mse", "partial") == (record["bbc"]["metric"], record["bbc"]["correction"])
    selected = record["cv"]["mse"]["mean"]
    assert selected < record["bbc"]["score"] < 1.05 * selected
    assert "nested_naive" == record["expected"]["mse"]["method"]


def test_what_it_needs_is_said_before_the_run(program: Program) -> None:
    """A score that is no mean over rows is refused."""
    ended = program("dataset=diabetes", "evaluation.bbc=true", "metric=r2")
    assert 2 == ended.status
    assert "evaluation.bbc=true needs metric=mse or metric=mae" in ended.err
