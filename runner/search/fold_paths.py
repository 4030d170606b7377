"""Solves paths on all folds, from the nearest known solution, in threads if it pays."""

from __future__ import annotations

import math
import warnings
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from runner.core.path import relax, solve_path
from runner.core.path.native.interrupts import solver_threads
from runner.core.threads import one_thread_of_blas, usable_threads
from runner.records import GramProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from runner.core.folds import FoldProblem
    from runner.core.metrics import MetricName
    from runner.core.path import PathSettings
    from runner.records import Floats, Integers, Path

# multiplications of one path above which threads gain more than they cost: at 100 features and 100
# alphas (1e6) they gain a little, at 500 features (2.5e7) a factor of 1.7
WORTH_THREADS = 5e5
REMEMBERED = 100  # solutions kept to start others from


@dataclass(frozen=True)
class _Known:
    """One solution of every fold."""

    log_alpha: float
    l1_ratio: float
    coefficients: list[Floats]

    def distance(self, log_alpha: float, l1_ratio: float) -> float:
        """How far another penalty is: a decade of alpha counts as much as the whole l1_ratio."""
        return abs(self.log_alpha - log_alpha) / math.log(10) + abs(self.l1_ratio - l1_ratio)


@dataclass
class Neighbours:
    """The latest solutions of one set of fold problems."""

    known: deque[_Known] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def nearest(self, alpha: float, l1_ratio: float) -> list[Floats] | None:
        """The coefficients, per fold, of the nearest penalty."""
        if not self.known or alpha <= 0:
            return None
        log_alpha = math.log(alpha)
        return min(self.known, key=lambda k: k.distance(log_alpha, l1_ratio)).coefficients

    def remember(self, paths: Sequence[Path], l1_ratio: float) -> None:
        """Keep the solutions of a candidate that was solved alone; paths need no start."""
        alpha = float(paths[0].alphas[0])
        if len(paths[0].alphas) == 1 and alpha > 0:
            solved = [path.coefficients[:, 0] for path in paths]
            self.known.append(_Known(math.log(alpha), l1_ratio, solved))


class KnownPaths(Protocol):
    """Paths that may have been solved before, for other folds with the same training side."""

    def path(self, fold: int, penalties: Hashable, solve: Callable[[], Path]) -> Path:
        """A fold's path, solved if it is not known."""


@dataclass(frozen=True)
class How:
    """What is the same for all paths of one set of fold problems, whatever the penalty."""

    settings: Sequence[PathSettings]  # one per fold
    metrics: tuple[MetricName, ...]
    neighbours: Neighbours = field(default_factory=Neighbours)
    known: KnownPaths | None = None


@dataclass(frozen=True)
class Relaxed:
    """What becomes of the solutions of a path: c mixtures with least squares."""

    shares: Floats  # (c,) of the penalised solution
    places: Integers  # (c,) which alpha each is for


@dataclass(frozen=True)
class Solved:
    """One fold's path, and the scores (a,) of its solutions on the validation side."""

    path: Path
    scores: dict[MetricName, Floats]
    n_nonzero: Floats  # (a,), the mean over models where values are imputed several times


@dataclass(frozen=True)
class Job:
    """One path, to be solved on every fold."""

    alphas: Floats  # (a,), ascending
    l1_ratio: float
    relaxed: Relaxed | None = None  # what is scored in the place of the path's own solutions


def solve_folds(
    problems: Sequence[FoldProblem], jobs: Sequence[Job], how: How
) -> list[list[Solved]]:
    """Solve and score the paths of every fold.

    Args:
        problems: one per fold.
        jobs: paths; what is known when they begin may start them, not what others of them find.
        how: how to solve and what to score; the solutions are added to its neighbours.

    Returns:
        Per job what came of each fold.
    """
    starts = [how.neighbours.nearest(float(job.alphas[-1]), job.l1_ratio) for job in jobs]

    def solve(number: int) -> tuple[Path, Solved]:
        at, fold = divmod(number, len(problems))
        start = starts[at]
        return _solve(problems, fold, jobs[at], how, None if start is None else start[fold])

    numbers = range(len(jobs) * len(problems))
    workers = min(usable_threads(), len(numbers))
    work = sum(_work(problems[0], len(job.alphas)) for job in jobs) / len(jobs)
    # a path is many small products, which threads of BLAS only delay, most of all on a busy machine
    with one_thread_of_blas(), warnings.catch_warnings():
        # a path says itself what has not converged; threads must not each change the filters
        warnings.simplefilter("ignore", ConvergenceWarning)
        if workers > 1 and work > WORTH_THREADS:
            with solver_threads(workers) as pool:
                solved = list(pool.map(solve, numbers))
        else:
            solved = [solve(number) for number in numbers]
    of_each = [solved[at : at + len(problems)] for at in numbers[:: len(problems)]]
    for job, found in zip(jobs, of_each, strict=True):
        how.neighbours.remember([penalised for penalised, _ in found], job.l1_ratio)
    return [[fold for _, fold in found] for found in of_each]


def _solve(
    problems: Sequence[FoldProblem], fold: int, job: Job, how: How, start: Floats | None
) -> tuple[Path, Solved]:
    """One fold's path, and what is scored of it."""
    problem, own = problems[fold], how.settings[fold]
    settings = own if start is None else replace(own, start=start)

    def solve_own() -> Path:
        return solve_path(problem.train, job.alphas, job.l1_ratio, settings=settings)

    penalties = (job.alphas.tobytes(), job.l1_ratio)
    penalised = how.known.path(fold, penalties, solve_own) if how.known else solve_own()
    path = penalised
    if job.relaxed is not None:
        path = relax(problem.train, penalised, job.relaxed.shares, job.relaxed.places)
    count = np.count_nonzero(path.coefficients, axis=0) / len(problem.parts)
    return penalised, Solved(path, problem.score(how.metrics, path.coefficients), count)


def _work(problem: FoldProblem, n_alphas: int) -> float:
    sizes = [
        part.gram.size if isinstance(part, GramProblem) else np.prod(part.X.shape)
        for part in problem.parts
    ]
    return float(sum(sizes)) * n_alphas
