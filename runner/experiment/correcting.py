"""The winner's score, corrected for its choice by a bootstrap of all candidates' losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import Folds
from runner.randomness import generator
from runner.search.scorer import Objective, Scorer
from runner.statistics.bootstrapped_selection import bbc_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.records import Floats, Trial

RESAMPLES = 1000
MEMORY = 400_000_000  # bytes of losses


def correct_by_bootstrap(job: Job, data: Data, trials: Sequence[Trial]) -> dict[str, Any]:
    """The corrected score for the record; null with a reason where there is no room for it."""
    general, source = job.config.general, data.folds
    assert isinstance(source, Folds)  # noqa: S101 - the config of a stream is refused
    known = [trial for trial in trials if np.isfinite(trial.loss)]
    rows = len(source.split.train)
    if rows * len(known) * np.float64().nbytes > MEMORY:
        reason = f"the losses of {rows:,} rows and {len(known):,} candidates take too much memory"
        return {"score": None, "reason": reason}
    metric = job.config.metric
    scorer = Scorer(
        source,
        job.specs,
        Objective(metric, (metric,)),
        seed=general.seed,
        progress=lambda _: None,
    )
    losses = _losses(source, scorer.predictions(known), absolute=metric == "mae")
    score = bbc_score(losses, RESAMPLES, generator(general.seed, "evaluation", "bbc"))
    return {"metric": metric, "score": score, "correction": "partial"}


def _losses(source: Folds, predictions: list[Floats], *, absolute: bool) -> Floats:
    """Of each row and candidate, (n, c), the rows of all folds one after the other."""
    errors = [
        source.table.target[source.split.sides(fold)[1]][:, None] - predicted
        for fold, predicted in zip(source.split.folds, predictions, strict=True)
    ]
    together = np.vstack(errors)
    return np.abs(together) if absolute else together**2
