"""A search's trials come in; how it went goes out, as run.json has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import LARGER_IS_BETTER
from runner.records import FAILED, NOT_CONVERGED, OK
from runner.statistics.search_budget import best_so_far, budgets, expected_best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.metrics import MetricName
    from runner.records import Floats, Trial


def describe_trials(
    trials: Sequence[Trial], metric: MetricName, *, in_any_order: bool
) -> dict[str, Any]:
    """Counts of the trials, and the best that so many of them find.

    Args:
        trials: in the order in which they were proposed.
        metric: what was optimised.
        in_any_order: whether the order tells nothing, so that the best of so many trials is that
            of so many drawn at random from them.
    """
    return {
        "trials": len(trials),
        "duplicates": len(trials) - len({_values(trial) for trial in trials}),
        "not_converged": sum(trial.status == NOT_CONVERGED for trial in trials),
        "failed": sum(trial.status.startswith(FAILED) for trial in trials),
        "best_so_far": _best_so_far(_losses(trials), metric, in_any_order=in_any_order),
    }


def _values(trial: Trial) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(trial.candidate.values.items()))


def _losses(trials: Sequence[Trial]) -> Floats:
    """The loss of each trial (N,), infinite if it could not win."""
    losses = np.array([trial.loss for trial in trials])
    converged = np.array([trial.status == OK for trial in trials])
    return np.where(converged, losses, np.inf) if converged.any() else losses


def _best_so_far(losses: Floats, metric: MetricName, *, in_any_order: bool) -> dict[str, Any]:
    sizes = budgets(len(losses))
    found = (expected_best if in_any_order else best_so_far)(losses, sizes)
    return {
        "order": "random" if in_any_order else "proposed",
        "candidates": sizes,
        "scores": -found if metric in LARGER_IS_BETTER else found,
    }
