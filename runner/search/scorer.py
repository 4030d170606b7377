"""Scores candidates: grouped by fold problem, then by l1_ratio, then solved along alpha."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.metrics import loss
from runner.core.path import alpha_max
from runner.errors import FitError, RunnerError
from runner.features.pipeline import Specs, preparation_of
from runner.records import Trial
from runner.search.fold_paths import How, Neighbours, Solved, solve_folds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.folds import FoldProblem, FoldSource, Preparation
    from runner.core.metrics import MetricName
    from runner.core.path import PathSettings
    from runner.records import Candidate, Floats

OK = "ok"
NOT_CONVERGED = "not converged"
FAILED = "failed"


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
        self._best: _Solution | None = None
        self._prepared: dict[Any, Preparation] = {}
        self._neighbours: dict[Any, Neighbours] = defaultdict(Neighbours)

    def resume(self, trials: int) -> None:
        """Show so many trials of an earlier start as progress; implements Score."""
        self._progress(trials)

    def rescore(self, trials: Sequence[Trial]) -> list[Trial]:
        """Score the candidates of trials again, after the fold problems have changed."""
        self._scored, self._best = 0, None
        self._neighbours.clear()
        return self([trial.candidate for trial in trials])

    def alpha_max(self, values: dict[str, Any]) -> float:
        """The least alpha that selects nothing on all training rows; implements AlphaMax."""
        specs = self._specs.having(values)
        preparation = preparation_of(specs, self._folds, self._seed)
        whole = self._folds.whole(preparation, fit_intercept=specs.model.fit_intercept)
        most = alpha_max(
            whole.train, float(values["model.l1_ratio"]), positive=specs.model.positive
        )
        return most if most > 0 else 1.0  # a constant target: any alpha selects nothing

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """One trial per candidate, in their order."""
        groups: dict[Any, dict[int, Candidate]] = defaultdict(dict)
        for index, candidate in enumerate(candidates):
            # neighbours one after the other
            groups[candidate.preparation_key(), candidate.l1_ratio][index] = candidate
        trials: dict[int, Trial] = {}
        for key in sorted(groups, key=repr):
            chosen = groups[key]
            try:
                trials |= self._score_path(chosen)
            except (RunnerError, np.linalg.LinAlgError, ValueError) as error:
                trials |= {i: self._failed(c, str(error)) for i, c in chosen.items()}
            self._progress(len(chosen))
        first = self._scored + 1
        self._scored += len(candidates)
        return [replace(trials[i], number=first + i) for i in range(len(candidates))]

    def _score_path(self, chosen: dict[int, Candidate]) -> dict[int, Trial]:
        """Candidates that share their fold problems and their l1_ratio."""
        first = next(iter(chosen.values()))
        problems, settings = self._problems(first)
        neighbours = self._neighbours[first.preparation_key()]
        how = How(settings, self._objective.metrics, neighbours)
        started = time.perf_counter()
        alphas = np.unique([candidate.alpha for candidate in chosen.values()])
        solved = solve_folds(problems, alphas, first.l1_ratio, how)
        scores = {m: np.array([fold.scores[m] for fold in solved]) for m in how.metrics}
        seconds = (time.perf_counter() - started) / len(chosen)
        trials: dict[int, Trial] = {}
        for index, candidate in chosen.items():
            at = int(np.searchsorted(alphas, candidate.alpha))
            own = {str(metric): values[:, at] for metric, values in scores.items()}
            trials[index] = self._trial(candidate, solved, own, at, seconds)
            self._keep(trials[index], self._scored + index, solved, at)
        return trials

    def solution(self, trial: Trial) -> tuple[list[FoldProblem], list[Floats]]:
        """A trial's fold problems and its coefficients (q,) on each.

        Those of the best trial so far were kept; others are solved again.
        """
        problems, settings = self._problems(trial.candidate)
        if self._best is not None and self._best.candidate == trial.candidate:
            return problems, self._best.coefficients
        alphas, ratio = np.array([trial.candidate.alpha]), trial.candidate.l1_ratio
        solved = solve_folds(problems, alphas, ratio, How(settings, metrics=()))
        return problems, [fold.path.coefficients[:, 0] for fold in solved]

    def _keep(self, trial: Trial, number: int, solved: list[Solved], at: int) -> None:
        order = (trial.status != OK, trial.loss, number)
        if np.isfinite(trial.loss) and (self._best is None or order < self._best.order):
            coefficients = [fold.path.coefficients[:, at] for fold in solved]
            self._best = _Solution(order, trial.candidate, coefficients)

    def _problems(self, candidate: Candidate) -> tuple[list[FoldProblem], PathSettings]:
        specs, key = self._specs.having(candidate.values), candidate.preparation_key()
        if key not in self._prepared:
            self._prepared[key] = preparation_of(specs, self._folds, self._seed)
        preparation = self._prepared[key]
        problems = self._folds.problems(preparation, fit_intercept=specs.model.fit_intercept)
        return problems, specs.model.settings()

    def _trial(
        self,
        candidate: Candidate,
        solved: list[Solved],
        scores: dict[str, Floats],
        at: int,
        seconds: float,
    ) -> Trial:
        mean = float(loss(self._objective.metric, scores[self._objective.metric]).mean())
        converged = all(fold.path.converged[at] for fold in solved)
        return Trial(
            number=0,
            candidate=candidate,
            scores=scores,
            loss=mean if np.isfinite(mean) else float("inf"),
            n_nonzero=float(np.mean([fold.n_nonzero[at] for fold in solved])),
            dual_gap=float(max(fold.path.dual_gaps[at] for fold in solved)),
            seconds=seconds,
            status=OK if converged else NOT_CONVERGED,
        )

    def _failed(self, candidate: Candidate, reason: str) -> Trial:
        nothing = np.full(len(self._folds.split.folds), np.nan)
        return Trial(
            number=0,
            candidate=candidate,
            scores={str(metric): nothing for metric in self._objective.metrics},
            loss=float("inf"),
            n_nonzero=float("nan"),
            dual_gap=float("nan"),
            seconds=0.0,
            status=f"{FAILED}: {reason}",
        )


def choose_best(trials: Sequence[Trial]) -> Trial:
    """The trial of least loss among those that converged, the first of equals.

    Where none converged, the best of the others.

    Raises:
        FitError: every trial failed.
    """
    usable = [trial for trial in trials if np.isfinite(trial.loss)]
    if not usable:
        reason = trials[0].status if trials else "no trial was made"
        raise FitError(f"no candidate could be scored; the first: {reason}")
    converged = [trial for trial in usable if trial.status == OK]
    return min(converged or usable, key=lambda trial: trial.loss)
