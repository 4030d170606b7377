"""A job's search: its trials, the best of them, and what that predicts out of fold."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from runner.checks import BEST_AT_EDGE, BEST_NOT_CONVERGED, CANDIDATES_FAILED
from runner.evaluation.winner import disagreement
from runner.experiment.separation_check import check_separation
from runner.search import Resolver
from runner.search.edges import edges_of
from runner.search.scorer import FAILED, NOT_CONVERGED, OK, Objective, Scorer, choose_best

if TYPE_CHECKING:
    from pathlib import Path

    from runner.checks import Finding
    from runner.evaluation.winner import HeldOut
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.records import Trial
    from runner.report.screen import Screen

log = logging.getLogger("runner")
GUARD = 1e-6  # largest relative difference between scores from moments and from rows


@dataclass(frozen=True)
class Searched:
    """A search that has ended."""

    trials: list[Trial]
    best: Trial
    held_out: HeldOut
    edges: dict[str, str] = field(default_factory=dict)  # by key, the override that goes further

    @property
    def failed(self) -> list[Trial]:
        """The trials without a score."""
        return [trial for trial in self.trials if trial.status.startswith(FAILED)]

    def describe(self) -> dict[str, Any]:
        """Counts of the trials, and the best one's parameters."""
        return {
            "search": {
                "trials": len(self.trials),
                "not_converged": sum(trial.status == NOT_CONVERGED for trial in self.trials),
                "failed": len(self.failed),
            },
            "best": {"trial": self.best.number, "parameters": self.best.candidate.values},
        }

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the search."""
        found = []
        if self.best.status != OK:
            gap = f"its dual gap is {self.best.dual_gap:.2g}"
            found.append(BEST_NOT_CONVERGED.found(f"the best candidate has not converged: {gap}"))
        if self.failed:
            said = f"{len(self.failed)} of {len(self.trials)} candidates failed"
            found.append(CANDIDATES_FAILED.found(f"{said}, the first one: {self.failed[0].status}"))
        if self.edges:
            values = self.best.candidate.values
            said = " and ".join(f"{key} of {values[key]:.4g}" for key in self.edges)
            further = " ".join(f"'{override}'" for override in self.edges.values())
            found.append(
                BEST_AT_EDGE.found(f"the best {said} is at the edge of its range: {further}")
            )
        return found


def search(job: Job, data: Data, folder: Path, screen: Screen) -> Searched:
    """Search; the best candidate's scores are then computed again from rows.

    Where moments gave others, they are distrusted, and all candidates scored from rows.

    Args:
        job: what is searched, and how.
        data: what candidates are scored on.
        folder: where a search that was stopped finds what it had done.
        screen: shows the progress.

    Raises:
        FitError: an alpha is 0, and rows are separated.
    """
    check_separation(job, data)
    config, space = job.config, job.config.search_space
    size, seed = config.search.size(space), config.general.seed
    objective = Objective(config.metric, config.trial_metrics)
    with screen.progress("search", size) as progress:
        scorer = Scorer(data.folds, job.specs, objective, seed=seed, progress=progress)
        resolver = Resolver(space, scorer.alpha_max)
        log.info("search %s: at most %d candidates", config.search.name, size)
        trials = config.search.run(resolver, scorer, seed=seed, folder=folder)
    found = _hold_out_best(trials, scorer, data)
    off = disagreement(found.best.scores, found.held_out.scores)
    if off > GUARD:
        reason = f"the best candidate's scores differ by {off:.1e} when computed from rows"
        data.folds.distrust_moments(reason)
        found = _hold_out_best(scorer.rescore(trials), scorer, data)
    log.info("best of %d candidates: %s", len(found.trials), found.best.candidate.values)
    return replace(found, edges=_edges(job, resolver, found.best))


def _hold_out_best(trials: list[Trial], scorer: Scorer, data: Data) -> Searched:
    best = choose_best(trials)
    return Searched(trials, best, data.hold_out(*scorer.solution(best)))


def _edges(job: Job, resolver: Resolver, best: Trial) -> dict[str, str]:
    """By key, the override that extends a search whose best candidate is at the key's edge."""
    found = edges_of(resolver.space, best.candidate, resolver.largest_alpha, job.can_be)
    own = job.config.search.space
    return {key: f"++search.space.{said}" if key in own else said for key, said in found.items()}
