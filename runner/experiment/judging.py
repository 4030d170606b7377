"""A winner comes in; what it is worth, out of fold and on the test rows, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import DataError
from runner.evaluation import imputation_error
from runner.experiment.correcting import correct_by_bootstrap
from runner.experiment.naive_scores import judge_baselines
from runner.experiment.nesting import Nested, nest
from runner.experiment.repartitioning import expect_by_partitions
from runner.features.pipeline import preparation_of
from runner.statistics.expected_score import nested_naive
from runner.store.tables import summarise_folds

if TYPE_CHECKING:
    import pandas as pd

    from runner.core.folds import Preparation
    from runner.evaluation.winner import Refit
    from runner.experiment.job import Job
    from runner.experiment.searching import Searched
    from runner.experiment.workspace import Data
    from runner.features.pipeline import Specs
    from runner.report.terminal.screen import Screen
    from runner.statistics.expected_score import Expected


@dataclass(frozen=True)
class Winner:
    """The chosen candidate, fitted to all training rows."""

    specs: Specs
    preparation: Preparation
    final: Refit


@dataclass(frozen=True)
class Judged:
    """What a winner is worth."""

    record: dict[str, Any]  # its scores, and how many rows its imputer leaves out
    predictions: pd.DataFrame | None
    imputation: pd.DataFrame | None  # errors of what it fills in, by column, if values were hidden


@dataclass(frozen=True)
class Worth:
    """What the search is worth on rows that it has not seen."""

    nested: Nested | str  # its repetition within each fold, or why there is none
    expected: Expected | None  # over new partitions, if that was asked for
    corrected: dict[str, Any] | None  # the score selected on, by a bootstrap, likewise


def evaluate(job: Job, data: Data, searched: Searched, screen: Screen) -> Worth:
    """Repeat the search within each fold, and what else was asked for."""
    asked, nested = job.config.evaluation, nest(job, data, screen)
    expected = None
    if asked.interval == "bates" and not isinstance(nested, str):
        expected = expect_by_partitions(job, data, screen)
    corrected = correct_by_bootstrap(job, data, searched.trials) if asked.bbc else None
    return Worth(nested, expected, corrected)


def check_metric(job: Job, data: Data) -> None:
    """Refuse to search by a score that is undefined for this target.

    Raises:
        DataError: the metric is mape, and the target is 0 somewhere.
    """
    zeros = data.describe_target()["zeros"] if job.config.metric == "mape" else 0
    if zeros:
        raise DataError(
            f"metric is mape, but the target {job.config.dataset.target_name!r} is 0 in {zeros:,} "
            f"of {data.describe()['rows']:,} rows, where it is undefined: choose metric=mae or "
            "metric=median_ae"
        )


def refit(job: Job, data: Data, searched: Searched) -> Winner:
    """Fit the chosen candidate to all training rows."""
    candidate = searched.chosen.candidate
    specs = job.specs.having(candidate.values)
    preparation = preparation_of(specs, data.folds, job.config.general.seed)
    alphas = np.array([trial.candidate.alpha for trial in searched.curve])
    final = data.refit(specs, candidate, preparation, alphas)
    return Winner(specs, preparation, data.decide(final, searched.held_out, preparation))


def judge(job: Job, data: Data, searched: Searched, worth: Worth, winner: Winner) -> Judged:
    """Score a winner, and what its imputer fills in where a mask has hidden values.

    Args:
        job: what was run.
        data: its rows.
        searched: the search.
        worth: its repetition within each fold.
        winner: the refitted model.
    """
    general, held_out, preparation = job.config.general, searched.held_out, winner.preparation
    tested, test = data.score_test(winner.final, preparation, general.bootstrap, seed=general.seed)
    cv = summarise_folds(held_out.scores | searched.chosen.scores)
    record = {"cv": cv, **_judge_nested(job, worth), "test": test, "test_rows": data.test_rows}
    if worth.corrected is not None:
        record["bbc"] = worth.corrected
    folds, family = data.folds, job.config.family
    if (naive := judge_baselines(job.config.features, family, folds, preparation)) is not None:
        record["baselines"] = naive
    if winner.specs.imputer.rows.drop is not None:
        record["rows_left_out"] = data.left_out(preparation)
        record["rows_used"] = data.used(preparation)
    imputation = None
    if job.config.dataset.mask is not None:
        record["imputation"], imputation = _judge_imputation(data, winner)
    nested = None if isinstance(worth.nested, str) else worth.nested
    predictions = data.predictions(winner, held_out, nested, tested)
    return Judged(record, predictions, imputation)


def _judge_nested(job: Job, worth: Worth) -> dict[str, Any]:
    """The scores of the outer folds, and what they let expect; or why there are none."""
    nested = worth.nested
    if isinstance(nested, str):
        return {"nested": None, "expected": None, "expected_reason": nested}
    level, scores = job.config.evaluation.level, nested.held_out.scores
    expected = {
        metric: vars(nested_naive(metric, scores[metric], nested.folds, level))
        for metric in job.config.family.metrics
        if metric in scores
    }
    if worth.expected is not None:
        expected[job.config.metric] = vars(worth.expected)
    return {"nested": summarise_folds(scores), "expected": expected}


def _judge_imputation(data: Data, winner: Winner) -> tuple[dict[str, Any], pd.DataFrame | None]:
    reason = imputation_error.reason_for_none(winner.specs.imputer)
    errors = None if reason else data.imputation_errors(winner.preparation)
    if errors is None:
        return {"nrmse": None, "reason": reason}, None
    scores = imputation_error.by_fold(errors, len(data.folds.split.folds))
    return summarise_folds(scores), imputation_error.by_column(errors)
