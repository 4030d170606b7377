"""The data of a run whose loss is another than squared error: what its stages ask for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import LikelihoodFold
from runner.dataset.suspicions import find_suspicions
from runner.evaluation.predicting import unseen_levels_allowed
from runner.evaluation.winner import HeldOut
from runner.experiment.in_memory import TableData
from runner.family.base import Trained
from runner.family.threshold import DEFAULT, with_threshold
from runner.randomness import generator
from runner.statistics.bootstrap import ScoredLinear, linear_score_intervals
from runner.store.predictions import predictions_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from runner.checks import Finding
    from runner.core.folds import Folds, Preparation
    from runner.core.folds.source import AnyFold
    from runner.evaluation.winner import Refit
    from runner.experiment.judging import Winner
    from runner.experiment.nesting import Nested
    from runner.family import Family
    from runner.records import Floats, Integers
    from runner.statistics.bootstrap import Bootstrap


class FamilyData(TableData):
    """A table and its folds, whose target is of a family."""

    def __init__(self, folds: Folds, family: Family, found: list[Finding]) -> None:
        """Take the folds, what the target is distributed as, and what was found of the split."""
        super().__init__(folds)
        self._family, self._found = family, found

    def describe_target(self) -> dict[str, Any]:
        """As of any table, and how many events there are, and rows."""
        event, described = self._table.event, super().describe_target()
        if event is None:
            return described
        return {**described, "events": int(event.sum()), "rows": len(event)}

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the data."""
        suspicions = find_suspicions(self._table, self._split, squared=False)
        return [*self._table.provenance.findings, *self._found, *suspicions]

    def hold_out(self, problems: Sequence[AnyFold], coefficients: Sequence[Floats]) -> HeldOut:
        """What is predicted of every fold's validation rows, and its scores."""
        predictions, scores = [], []
        for problem, solution in zip(problems, coefficients, strict=True):
            assert isinstance(problem, LikelihoodFold)  # noqa: S101 - folds of a family are these
            draws = [self._predict_draw(*each) for each in problem.apart(solution)]
            predictions.append(np.mean(draws, axis=0))
            found = problem.score(self._family.metrics, solution[:, None])
            scores.append({str(metric): float(value[0]) for metric, value in found.items()})
        names = map(str, self._family.metrics)
        return HeldOut(predictions, {n: np.array([fold[n] for fold in scores]) for n in names})

    def _predict_draw(self, problem: LikelihoodFold, solution: Floats) -> Floats:
        one = solution[:, None]
        trained = Trained(problem.fitted, lambda: problem.predict_fitted(one)[:, 0])
        return self._family.predicted(problem.predict(one)[:, 0], trained)

    def decide(self, final: Refit, held_out: HeldOut, preparation: Preparation) -> Refit:
        """The refitted winner with the threshold of its labels, chosen out of fold."""
        folds = [self._split.sides(fold)[1] for fold in self._split.folds]
        rows = np.concatenate([self._kept(side, preparation)[1] for side in folds])
        observed = self._table.observed(rows)
        threshold = self._family.decide(observed, np.concatenate(held_out.predictions))
        if threshold is None:
            return final
        positive = self._table.labels[1]
        pipeline = with_threshold(final.pipeline, threshold, positive)
        return replace(final, pipeline=pipeline, threshold=threshold, positive=positive)

    def score_test(
        self, final: Refit, preparation: Preparation, bootstrap: Bootstrap, *, seed: int
    ) -> tuple[Floats, dict[str, Any] | None]:
        """What is predicted of the test rows, and its scores with intervals."""
        training, rows = self._kept(self._split.test, preparation)
        if not len(rows):
            return np.empty(0), None
        eta, features = self._linear_predictors(final, rows), self._table.given_rows(rows)
        training_eta = cache(lambda: self._linear_predictors(final, training))
        trained = Trained(self._table.observed(training), training_eta)
        with unseen_levels_allowed():
            tested = self._family.predicted_by(final.pipeline, features, eta, trained)
        observed = self._table.observed(rows)
        scoring = self._family.test_scoring(observed, trained.observed, final.threshold)
        group = None if self._table.group is None else self._table.group[rows]
        scored = ScoredLinear(scoring, eta, group, training_eta)
        intervals = linear_score_intervals(
            scored, self._family.metrics, bootstrap, generator(seed, "bootstrap")
        )
        scores = {str(metric): vars(interval) for metric, interval in intervals.items()}
        return tested, {"rows": len(rows), "level": bootstrap.level, **scores}

    def _linear_predictors(self, final: Refit, rows: Integers) -> Floats:
        """Of the saved model, (n, K), offsets added."""
        features, offset = self._table.given_rows(rows), self._table.offset
        with unseen_levels_allowed():
            eta = self._family.linear_predictors(final.pipeline, features, self._table.labels)
        return eta if offset is None else eta + offset[rows, None]

    def predictions(
        self, winner: Winner, held_out: HeldOut, nested: Nested | None, tested: Floats
    ) -> pd.DataFrame:
        """A row per prediction, and per row that the imputer's rule for rows skips."""
        # of no row they have the width of others
        tested = tested if len(tested) else held_out.predictions[0][:0]
        parts = self._parts(winner.preparation, held_out, nested, tested)
        threshold = DEFAULT if winner.final.threshold is None else winner.final.threshold
        shown = self._family.shown(threshold, self._table.labels)
        return predictions_table(self._table, parts, shown)
