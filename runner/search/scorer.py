"""Scores candidates: grouped by fold problem, then by l1_ratio, then solved along alpha."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import FoldProblem, FoldsInTurn, LikelihoodFold
from runner.core.metrics import loss
from runner.errors import RunnerError
from runner.features.pipeline import Specs, preparation_of
from runner.records import FAILED, NOT_CONVERGED, OK, GramProblem, Trial
from runner.search.fold_paths import How, Job, Neighbours, Relaxed, Solved, solve_folds
from runner.search.likelihood_paths import solve_likelihood_folds
from runner.search.one_fold import largest_alpha

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from runner.core.folds import FoldSource, Preparation
    from runner.core.folds.source import AnyFold
    from runner.core.metrics import MetricName
    from runner.core.path import PathSettings
    from runner.records import Candidate, Floats
    from runner.search.fold_paths import KnownPaths
    from runner.search.shared_paths import SharedPaths


# of a candidate that cannot be solved, which are said of it
FAILURES = (RunnerError, np.linalg.LinAlgError, ValueError)


@dataclass(frozen=True)
class _Solution:
    """The best candidate so far, with its coefficients on every fold."""

    order: tuple[bool, float, int]
    candidate: Candidate
    coefficients: list[Floats]  # (q,) per fold


@dataclass(frozen=True)
class Objective:
    """What is optimised, and what else is recorded of every trial."""

    metric: MetricName
    metrics: tuple[MetricName, ...]


class Scorer:
    """Scores candidates on every fold, whichever search asks.

    Args:
        folds: makes the fold problems.
        specs: imputer, features and model of the config.
        objective: what is recorded.
        seed: of the run.
        progress: called with the number of candidates just scored.
    """

    def __init__(
        self,
        folds: FoldSource,
        specs: Specs,
        objective: Objective,
        *,
        seed: int,
        progress: Callable[[int], None],
    ) -> None:
        self._folds = folds
        self._specs = specs
        self._objective = objective
        self._seed = seed
        self._progress = progress
        self._scored = 0
        self._shared: SharedPaths | None = None
        self._best: _Solution | None = None
        self._leader: Trial | None = None
        self._prepared: dict[Any, Preparation] = {}
        self._settings: dict[Any, list[PathSettings]] = {}
        self._neighbours: dict[Any, Neighbours] = defaultdict(Neighbours)

    def share(self, paths: SharedPaths) -> None:
        """Solve once what other scorers' folds have in common with these."""
        self._shared = paths

    def resume(self, trials: Sequence[Trial]) -> None:
        """Show the trials of an earlier start as progress; implements Score."""
        self._look_at(trials)
        self._progress(len(trials))

    @property
    def best_score(self) -> float | None:
        """The optimised metric's mean over folds, of the best trial so far if there is one."""
        if self._leader is None:
            return None
        return float(self._leader.scores[self._objective.metric].mean())

    def rescore(self, trials: Sequence[Trial]) -> list[Trial]:
        """Score the candidates of trials again, after the fold problems have changed."""
        self._scored, self._best, self._leader = 0, None, None
        self._neighbours.clear()
        self._settings.clear()
        return self([trial.candidate for trial in trials])

    def alpha_max(self, values: dict[str, Any]) -> float:
        """The least alpha that selects nothing on all training rows; implements AlphaMax."""
        specs = self._specs.having(values)
        preparation = preparation_of(specs, self._folds, self._seed)
        whole = self._folds.whole(preparation, fit_intercept=specs.model.fit_intercept)
        settings = specs.model.settings(whole.columns)
        return largest_alpha(whole, float(values["model.l1_ratio"]), settings)

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """One trial per candidate, in their order."""
        trials: dict[int, Trial] = {}
        groups = self._groups(candidates)
        alike = defaultdict(list)
        for group in groups:
            alike[_first(group).preparation_key()].append(group)
        for chosen in groups:
            beside = alike[_first(chosen).preparation_key()]
            try:
                trials |= {} if chosen.keys() <= trials.keys() else self._score(chosen, beside)
            except FAILURES as error:
                trials |= {i: self._failed(i, c, str(error)) for i, c in chosen.items()}
            self._look_at([trials[index] for index in chosen])
            self._progress(len(chosen))
        self._scored += len(candidates)
        return [trials[index] for index in range(len(candidates))]

    def predictions(self, trials: Sequence[Trial]) -> list[Floats]:
        """What each trial's candidate predicts out of fold, (n, c) per fold, of squared loss."""
        found: list[list[Floats]] = [[] for _ in self._folds.split.folds]
        order: list[int] = []
        for chosen in self._groups([trial.candidate for trial in trials]):
            candidates = list(chosen.values())
            problems, settings = self._problems(candidates[0])
            if isinstance(problems, FoldsInTurn):
                ((solved, places),) = self._solve_in_turn(problems, [chosen])
            else:
                ((solved, places),) = _solve(problems, [candidates], How(settings, metrics=()))
            for own, problem, fold in zip(found, problems, solved, strict=True):
                assert isinstance(problem, FoldProblem)  # noqa: S101 - of squared loss all are
                own.append(problem.predict(fold.path.coefficients[:, places]))
            order += list(chosen)
        at = np.argsort(order)
        return [np.hstack(own)[:, at] for own in found]

    def _groups(self, candidates: Sequence[Candidate]) -> list[dict[int, Candidate]]:
        """The candidates, by position, that are solved together."""
        groups: dict[Any, dict[int, Candidate]] = defaultdict(dict)
        for index, candidate in enumerate(candidates):
            # neighbours one after the other, or all of them together
            ratio = candidate.l1_ratio if self._folds.family is None else None
            groups[candidate.preparation_key(), ratio][index] = candidate
        return [groups[key] for key in sorted(groups, key=repr)]

    def _score(
        self, chosen: dict[int, Candidate], groups: list[dict[int, Candidate]]
    ) -> dict[int, Trial]:
        """Candidates that share their fold problems, and their l1_ratio if solved by that.

        Others that share the problems may be solved beside them: all where folds are made in turn,
        and of paths those whose l1_ratio is another, as their threads are the same.
        """
        first = _first(chosen)
        problems, settings = self._problems(first)
        started = time.perf_counter()
        if isinstance(problems, FoldsInTurn):
            each = self._solve_in_turn(problems, groups)
        else:
            neighbours = self._neighbours[first.preparation_key()]
            how = How(settings, self._objective.metrics, neighbours, self._known_paths(first))
            groups = groups if _are_small_paths(problems, groups) else [chosen]
            try:
                each = _solve(problems, [list(group.values()) for group in groups], how)
            except FAILURES:  # of a group beside, perhaps
                groups, each = [chosen], _solve(problems, [list(chosen.values())], how)
        seconds = (time.perf_counter() - started) / sum(map(len, groups))
        trials: dict[int, Trial] = {}
        for group, (solved, places) in zip(groups, each, strict=True):
            trials |= self._trials(group, solved, places, seconds)
        return trials

    def _solve_in_turn(
        self, problems: FoldsInTurn, groups: Sequence[dict[int, Candidate]]
    ) -> list[tuple[list[Solved], list[int]]]:
        """Each group's solutions of every fold, of which one is there at a time."""
        solved: list[list[Solved]] = [[] for _ in groups]
        places: list[list[int]] = [[] for _ in groups]
        for fold in range(len(problems)):
            for at, group in enumerate(groups):
                own, places[at] = self._solve_one(problems, fold, list(group.values()))
                solved[at] += own
        return list(zip(solved, places, strict=True))

    def _solve_one(
        self, problems: FoldsInTurn, fold: int, candidates: list[Candidate]
    ) -> tuple[list[Solved], list[int]]:
        first = candidates[0]
        key = (first.preparation_key(), fold)
        problem = problems[fold]
        settings = self._specs.having(first.values).model.settings(problem.columns)
        known = self._known_paths(first, fold)
        how = How([settings], self._objective.metrics, self._neighbours[key], known)
        return _solve([problem], [candidates], how)[0]

    def _trials(
        self, chosen: dict[int, Candidate], solved: list[Solved], places: list[int], seconds: float
    ) -> dict[int, Trial]:
        """What has come of candidates that were solved together."""

        def by_candidate(of_folds: Iterable[NDArray[Any]]) -> NDArray[Any]:
            """Per fold those of all solutions come in, per candidate those of all folds go out."""
            return np.array(list(of_folds)).T[places]

        metric, metrics = self._objective.metric, self._objective.metrics
        scores = {m: by_candidate(fold.scores[m] for fold in solved) for m in metrics}
        losses = loss(metric, scores[metric]).mean(axis=1)
        losses[~np.isfinite(losses)] = np.inf
        n_nonzero = by_candidate(fold.n_nonzero for fold in solved).mean(axis=1)
        gaps = by_candidate(fold.path.dual_gaps for fold in solved).max(axis=1)
        converged = np.all(by_candidate(fold.path.converged for fold in solved), axis=1)
        trials: dict[int, Trial] = {}
        for row, (index, candidate) in enumerate(chosen.items()):
            trials[index] = Trial(
                number=self._scored + 1 + index,
                candidate=candidate,
                scores={str(m): values[row] for m, values in scores.items()},
                loss=float(losses[row]),
                n_nonzero=float(n_nonzero[row]),
                dual_gap=float(gaps[row]),
                seconds=seconds,
                status=OK if converged[row] else NOT_CONVERGED,
            )
            self._keep(trials[index], solved, places[row])
        return trials

    def solution(self, trial: Trial) -> tuple[Sequence[AnyFold], list[Floats]]:
        """A trial's fold problems and its coefficients (q,) on each.

        Those of the best trial so far were kept; others are solved again.
        """
        problems, settings = self._problems(trial.candidate)
        if self._best is not None and self._best.candidate == trial.candidate:
            return problems, self._best.coefficients
        if isinstance(problems, FoldsInTurn):
            ((solved, _),) = self._solve_in_turn(problems, [{0: trial.candidate}])
        else:
            ((solved, _),) = _solve(problems, [[trial.candidate]], How(settings, metrics=()))
        return problems, [fold.path.coefficients[:, 0] for fold in solved]

    def _known_paths(self, candidate: Candidate, fold: int | None = None) -> KnownPaths | None:
        """Paths of a candidate's fold problems, or of one, that other scorers may have solved."""
        if self._shared is None:
            return None
        folds = self._folds.split.folds
        own = folds if fold is None else folds[fold : fold + 1]
        return self._shared.within(own, candidate.preparation_key())

    def rescored(
        self, problems: Sequence[AnyFold], coefficients: list[Floats]
    ) -> dict[str, Floats]:
        """The metrics of coefficients (q,) on each fold, as those of a trial are computed."""
        metrics = self._objective.metrics
        by_fold = [problems[at].score(metrics, own[:, None]) for at, own in enumerate(coefficients)]
        return {str(m): np.array([scores[m][0] for scores in by_fold]) for m in metrics}

    def _look_at(self, trials: Sequence[Trial]) -> None:
        """Remember the best trial; one that has not converged does not lead one that has."""
        led = [] if self._leader is None else [self._leader]
        scored = [trial for trial in (*led, *trials) if np.isfinite(trial.loss)]
        self._leader = min(scored, key=lambda t: (t.status != OK, t.loss), default=None)

    def _keep(self, trial: Trial, solved: list[Solved], at: int) -> None:
        order = (trial.status != OK, trial.loss, trial.number)
        if np.isfinite(trial.loss) and (self._best is None or order < self._best.order):
            coefficients = [fold.path.coefficients[:, at].copy() for fold in solved]
            self._best = _Solution(order, trial.candidate, coefficients)

    def _problems(self, candidate: Candidate) -> tuple[Sequence[AnyFold], list[PathSettings]]:
        """A candidate's fold problems, and how each is solved."""
        specs, key = self._specs.having(candidate.values), candidate.preparation_key()
        if key not in self._prepared:
            self._prepared[key] = preparation_of(specs, self._folds, self._seed)
        preparation = self._prepared[key]
        problems = self._folds.problems(preparation, fit_intercept=specs.model.fit_intercept)
        if isinstance(problems, FoldsInTurn):
            return problems, []
        if key not in self._settings:
            self._settings[key] = [specs.model.settings(one.columns) for one in problems]
        return problems, self._settings[key]

    def _failed(self, index: int, candidate: Candidate, reason: str) -> Trial:
        nothing = np.full(len(self._folds.split.folds), np.nan)
        return Trial(
            number=self._scored + 1 + index,
            candidate=candidate,
            scores={str(metric): nothing for metric in self._objective.metrics},
            loss=float("inf"),
            n_nonzero=float("nan"),
            dual_gap=float("nan"),
            seconds=0.0,
            status=f"{FAILED}: {reason}",
        )


def _first(group: dict[int, Candidate]) -> Candidate:
    return next(iter(group.values()))


def _are_small_paths(problems: Sequence[AnyFold], groups: Sequence[dict[int, Candidate]]) -> bool:
    """Whether each group is a path by cross products, so that none waits for another's solution."""
    by_products = all(
        isinstance(part, GramProblem)
        for problem in problems
        if isinstance(problem, FoldProblem)
        for part in problem.parts
    )
    return by_products and all(len(group) > 1 for group in groups)


def _solve(
    problems: Sequence[AnyFold], groups: Sequence[list[Candidate]], how: How
) -> list[tuple[list[Solved], list[int]]]:
    """For each group every fold's solutions, and where among them that of each candidate is."""
    likely = [problem for problem in problems if isinstance(problem, LikelihoodFold)]
    if likely:
        return [_solve_likely(likely, group, how) for group in groups]
    jobs, places = [], []
    for group in groups:
        distinct, at = np.unique([candidate.alpha for candidate in group], return_inverse=True)
        shares = np.array([candidate.relax for candidate in group])
        relaxed = Relaxed(shares, at) if (shares != 1).any() else None
        jobs.append(Job(distinct, group[0].l1_ratio, relaxed))
        places.append([int(i) for i in (at if relaxed is None else range(len(at)))])
    squared = [problem for problem in problems if isinstance(problem, FoldProblem)]
    return list(zip(solve_folds(squared, jobs, how), places, strict=True))


def _solve_likely(
    problems: list[LikelihoodFold], group: list[Candidate], how: How
) -> tuple[list[Solved], list[int]]:
    alphas = np.array([candidate.alpha for candidate in group])
    ratios = np.array([candidate.l1_ratio for candidate in group])
    return solve_likelihood_folds(problems, alphas, ratios, how), list(range(len(group)))
