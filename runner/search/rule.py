"""Scored trials come in; the one that is kept goes out, by the rule that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import loss
from runner.errors import FitError
from runner.records import OK
from runner.store.tables import standard_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.metrics import MetricName
    from runner.records import Trial
    from runner.search.base import RuleName


@dataclass(frozen=True)
class Rule:
    """Which of the trials that are nearly as good as the best one is kept."""

    name: RuleName
    within: float  # percent of the best loss, for within_percent
    metric: MetricName  # what the trials were optimised by

    def tolerance(self, best: Trial) -> float:
        """By how much a loss may be above the best one.

        The standard error is that of the best trial's loss, and so of the scores as they are
        minimised. A single fold has none: only what equals the best one is as good.
        """
        match self.name:
            case "one_se":
                error = standard_error(loss(self.metric, best.scores[self.metric]))
                return error if np.isfinite(error) else 0.0
            case "within_percent":
                return self.within / 100 * abs(best.loss)
            case "best":
                return 0.0


def choose(trials: Sequence[Trial], rule: Rule) -> Trial:
    """The trial that a rule keeps.

    Of the trials whose loss is within the rule's tolerance of the least one, each preparation and
    l1_ratio (all values but alpha) has that of the largest alpha; among these it is the one with
    the fewest features, then the least loss (Breiman et al. 1984, of one alpha's path). Only trials
    that converged count, if any has.

    Raises:
        FitError: every trial failed.
    """
    best = choose_best(trials)
    if rule.name == "best":
        return best
    limit = best.loss + rule.tolerance(best)
    strongest: dict[Any, Trial] = {}
    for trial in _comparable(trials):
        key = all_but_alpha(trial)
        if trial.loss <= limit and (key not in strongest or _is_stronger(trial, strongest[key])):
            strongest[key] = trial
    return min(strongest.values(), key=lambda trial: (trial.n_nonzero, trial.loss))


def choose_best(trials: Sequence[Trial]) -> Trial:
    """The trial of least loss among those that converged, the first of equals.

    Where none converged, the best of the others.

    Raises:
        FitError: every trial failed.
    """
    return min(_comparable(trials), key=lambda trial: trial.loss)


def by_rule(trials: Sequence[Trial], rule: Rule) -> dict[RuleName, Trial]:
    """What is kept by `best`, by `one_se`, and by the rule that was asked for."""
    names: tuple[RuleName, ...] = ("best", "one_se", rule.name)
    return {name: choose(trials, replace(rule, name=name)) for name in names}


def describe_trial(trial: Trial, metric: MetricName) -> dict[str, Any]:
    """A trial as a record states it: its parameters, its score over the folds, its size."""
    scores = trial.scores[metric]
    return {
        "trial": trial.number,
        "parameters": trial.candidate.values,
        "score": float(scores.mean()),
        "se": standard_error(scores),
        "n_features": trial.n_nonzero,
    }


def all_but_alpha(trial: Trial) -> tuple[tuple[str, Any], ...]:
    """What the trials along one path of alphas have in common."""
    values = trial.candidate.values
    return tuple(sorted((key, value) for key, value in values.items() if key != "model.alpha"))


def _comparable(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that have a loss, without those that did not converge if any other did."""
    usable = [trial for trial in trials if np.isfinite(trial.loss)]
    if not usable:
        reason = trials[0].status if trials else "no trial was made"
        raise FitError(f"no candidate could be scored; the first: {reason}")
    return [trial for trial in usable if trial.status == OK] or usable


def _is_stronger(trial: Trial, other: Trial) -> bool:
    """Whether its alpha is larger, or its loss less at the same one."""
    return (trial.candidate.alpha, -trial.loss) > (other.candidate.alpha, -other.loss)
