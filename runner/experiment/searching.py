"""A job's search: its trials, the best of them, and what that predicts out of fold."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runner.checks import (
    BEST_AT_EDGE,
    BEST_NOT_CONVERGED,
    CANDIDATES_FAILED,
    NOT_REPRODUCIBLE,
)
from runner.core.folds import FoldsInTurn
from runner.core.path import alpha_grid
from runner.errors import ConfigError
from runner.evaluation.winner import disagreement
from runner.experiment.separation_check import check_separation
from runner.experiment.shared_search import run_search
from runner.records import FAILED, OK, Candidate
from runner.report.numbers import number
from runner.search import Resolver
from runner.search.diagnostics import describe_trials
from runner.search.edges import edges_of
from runner.search.rule import Rule, all_but_alpha, by_rule, choose, describe_trial
from runner.search.scorer import Objective, Scorer
from runner.space import AlphaRange

if TYPE_CHECKING:
    from pathlib import Path

    from runner.checks import Finding
    from runner.evaluation.winner import HeldOut
    from runner.experiment.job import Job
    from runner.experiment.workspace import Data
    from runner.records import Floats, Trial
    from runner.report.terminal.screen import Screen
    from runner.search.base import RuleName

log = logging.getLogger("runner")
FEW = 3  # alphas make no path
ALPHAS, EPS = 100, 1e-3  # of a path that no search has made; the default grid's
GUARD = 1e-6  # largest relative difference between scores from moments and from rows


@dataclass(frozen=True)
class Searched:
    """A search that has ended."""

    trials: list[Trial]
    rule: Rule
    held_out: HeldOut  # of the chosen trial
    coefficients: list[Floats]  # its own, (q,) per fold
    curve: list[Trial] = field(default_factory=list)  # along falling alpha, the chosen one's others
    edges: dict[str, str] = field(default_factory=dict)  # by key, the override that goes further
    diagnostics: dict[str, Any] = field(default_factory=dict)  # how it went

    @cached_property
    def by_rule(self) -> dict[RuleName, Trial]:
        """What each rule keeps, that of the config among them."""
        return by_rule(self.trials, self.rule)

    @property
    def chosen(self) -> Trial:
        """What the config's rule keeps: the winner."""
        return self.by_rule[self.rule.name]

    @property
    def failed(self) -> list[Trial]:
        """The trials without a score."""
        return [trial for trial in self.trials if trial.status.startswith(FAILED)]

    def describe(self) -> dict[str, Any]:
        """How the search went, the winner's parameters, and what each rule keeps."""
        metric, chosen = self.rule.metric, self.chosen
        return {
            "search": self.diagnostics,
            "best": {
                "trial": chosen.number,
                "parameters": chosen.candidate.values,
                "rule": self.rule.name,
            },
            "rules": {name: describe_trial(kept, metric) for name, kept in self.by_rule.items()},
        }

    def findings(self) -> list[Finding]:
        """What a reader of the result should know of the search."""
        found = []
        if self.chosen.status != OK:
            gap = f"its dual gap is {self.chosen.dual_gap:.2g}"
            found.append(BEST_NOT_CONVERGED.found(f"the best candidate has not converged: {gap}"))
        if self.failed:
            said = f"{len(self.failed)} of {len(self.trials)} candidates failed"
            found.append(CANDIDATES_FAILED.found(f"{said}, the first one: {self.failed[0].status}"))
        study = self.diagnostics.get("study", {})
        if not study.get("reproducible", True):
            found.append(NOT_REPRODUCIBLE.found(study["why"]))
        if self.edges:
            values = self.by_rule["best"].candidate.values
            said = " and ".join(f"{key} of {values[key]:.4g}" for key in self.edges)
            further = " ".join(f"'{override}'" for override in self.edges.values())
            found.append(
                BEST_AT_EDGE.found(f"the best {said} is at the edge of its range: {further}")
            )
        return found


def search(job: Job, data: Data, folder: Path, screen: Screen) -> Searched:
    """Search; the chosen candidate's scores are then computed again from rows.

    Where moments gave others, they are distrusted, and all candidates scored from rows.

    Args:
        job: what is searched, and how.
        data: what candidates are scored on.
        folder: where a search that was stopped finds what it had done.
        screen: shows the progress.

    Raises:
        ConfigError: the rule needs a standard error, and there is one fold.
        FitError: an alpha is 0, and rows are separated.
    """
    check_separation(job, data)
    rule = _checked_rule(job, data)
    config, space = job.config, job.config.search_space
    size, seed = config.search.size(space), config.general.seed
    objective = Objective(config.metric, config.trial_metrics)
    with screen.progress("search", size) as progress:

        def advance(steps: int) -> None:
            best = scorer.best_score
            progress(steps, "" if best is None else f"best {config.metric} {number(best)}")

        scorer = Scorer(data.folds, job.specs, objective, seed=seed, progress=advance)
        resolver = Resolver(space, scorer.alpha_max)
        log.info("search %s: at most %d candidates", config.search.name, size)
        made = run_search(job, data.data_hash, resolver, scorer, folder)
    found, off = _hold_out(made.trials, rule, scorer, data)
    if off > GUARD:
        reason = f"the best candidate's scores differ by {off:.1e} when computed from rows"
        data.folds.distrust_moments(reason)
        found, _ = _hold_out(scorer.rescore(made.trials), rule, scorer, data)
    log.info("%s of %d candidates: %s", rule.name, len(found.trials), found.chosen.candidate.values)
    in_any_order = config.search.in_any_order
    described = describe_trials(found.trials, config.metric, in_any_order=in_any_order)
    edges = _edges(job, resolver, found.by_rule["best"])
    return replace(
        found,
        edges=edges,
        curve=_curve(found, resolver, scorer),
        diagnostics=described | made.described,
    )


def rule_of(job: Job) -> Rule:
    """Which candidate a job's search keeps."""
    search = job.config.search
    return Rule(search.rule, search.within, job.config.metric)


def _checked_rule(job: Job, data: Data) -> Rule:
    search = job.config.search
    if search.rule == "one_se" and len(data.folds.split.folds) == 1:
        raise ConfigError(
            f"search.rule is one_se, but split={job.config.split.name} makes one fold, whose score "
            "has no standard error: set search.rule=within_percent or best, or choose split=kfold"
        )
    return rule_of(job)


def _hold_out(
    trials: list[Trial], rule: Rule, scorer: Scorer, data: Data
) -> tuple[Searched, float]:
    """What the chosen trial says of each fold, and how far moments are from that."""
    chosen = choose(trials, rule)
    problems, coefficients = scorer.solution(chosen)
    held_out = data.hold_out(problems, coefficients)
    if isinstance(problems, FoldsInTurn):  # which are made of rows
        return Searched(trials, rule, held_out, coefficients), 0.0
    # of the same coefficients, which may be others within the tolerance than those of the trial
    own = scorer.rescored(problems, coefficients)
    return Searched(trials, rule, held_out, coefficients), disagreement(own, held_out.scores)


def _curve(found: Searched, resolver: Resolver, scorer: Scorer) -> list[Trial]:
    """The chosen trial and those that differ from it in alpha alone, the largest alpha first.

    A grid has scored them. Where the search has tried fewer than FEW other alphas beside these
    values, those of a grid from alpha_max down are scored now.
    """
    chosen = found.chosen
    own = {t.candidate.alpha: t for t in found.trials if all_but_alpha(t) == all_but_alpha(chosen)}
    own[chosen.candidate.alpha] = chosen
    dimension = resolver.space.dimensions.get("model.alpha")
    if dimension is not None and len(own) <= FEW:
        values = chosen.candidate.values
        eps = dimension.eps if isinstance(dimension, AlphaRange) else EPS
        grid = alpha_grid(resolver.largest_alpha(values), eps, ALPHAS)
        more = scorer([Candidate({**values, "model.alpha": float(alpha)}) for alpha in grid])
        own = {trial.candidate.alpha: trial for trial in more} | own
    return [own[alpha] for alpha in sorted(own, reverse=True)]


def _edges(job: Job, resolver: Resolver, best: Trial) -> dict[str, str]:
    """By key, the override that extends a search whose best candidate is at the key's edge."""
    found = edges_of(resolver.space, best.candidate, resolver.largest_alpha, job.can_be)
    own = job.config.search.space
    return {key: f"++search.space.{said}" if key in own else said for key, said in found.items()}
