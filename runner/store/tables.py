"""The table of a run's trials, as a data frame ready to be written, and means over folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.records import Floats, Trial


def standard_error(scores: Floats) -> float:
    """Standard error of the mean of fold scores: std(ddof=1) / sqrt(k); NaN for one fold."""
    if len(scores) < 2:  # noqa: PLR2004 - one value has no spread
        return float("nan")
    return float(scores.std(ddof=1) / np.sqrt(len(scores)))


def summarise_folds(scores: dict[str, Floats]) -> dict[str, dict[str, Any]]:
    """Mean, standard error and per-fold values of each metric."""
    return {
        str(metric): {"mean": values.mean(), "se": standard_error(values), "folds": values}
        for metric, values in scores.items()
    }


def trials_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """A row per candidate, in the order in which they were proposed."""
    return pd.DataFrame([_trial_row(trial) for trial in trials])


def _trial_row(trial: Trial) -> dict[str, Any]:
    row: dict[str, Any] = {"trial": trial.number, **dict(trial.candidate.values)}
    for metric, scores in trial.scores.items():
        row[f"{metric}_mean"] = scores.mean()
        row[f"{metric}_se"] = standard_error(scores)
        row |= {f"{metric}_fold{k}": score for k, score in enumerate(scores, start=1)}
    row |= {
        "n_nonzero": trial.n_nonzero,
        "dual_gap": trial.dual_gap,
        "status": trial.status,
        "seconds": trial.seconds,
    }
    return row
