"""Solves all folds of a family for a set of penalties, those of one preparation together."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from runner.core.likelihood import likelihood_alpha_max, solve_likelihood
from runner.core.threads import one_thread_of_blas, usable_threads
from runner.records import Path
from runner.search.fold_paths import Solved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds import LikelihoodFold
    from runner.core.likelihood import LikelihoodPaths, LikelihoodProblem
    from runner.core.path import PathSettings
    from runner.records import Floats, Integers
    from runner.search.fold_paths import How


@dataclass(frozen=True)
class Penalties:
    """Points (alpha, l1_ratio) in the order in which paths run through them.

    Where every l1_ratio has as many alphas, they are paths side by side; else one path goes through
    all points, along falling alphas.
    """

    points: Integers  # (a, c) positions among the points that were asked for
    alphas: Floats  # (a, c)
    l1_ratios: Floats  # (a, c)

    @classmethod
    def of(cls, alphas: Floats, l1_ratios: Floats) -> Penalties:
        """Arrange points, (m,)."""
        ratios, counts = np.unique(l1_ratios, return_counts=True)
        order = np.lexsort((-alphas, l1_ratios))
        if counts.min() == counts.max():
            points = order.reshape(len(ratios), -1).T
        else:
            points = np.argsort(-alphas, kind="stable")[:, None]
        return cls(points, alphas[points], l1_ratios[points])


def solve_likelihood_folds(
    problems: Sequence[LikelihoodFold], alphas: Floats, l1_ratios: Floats, how: How
) -> list[Solved]:
    """Solve and score every fold.

    Args:
        problems: one per fold.
        alphas: of the points, (m,), in any order.
        l1_ratios: of the points, (m,).
        how: how to solve and what to score; the solution of a lone point is added to its
            neighbours.

    Returns:
        Per fold what `solve_folds` gives, the points in the place of alphas.
    """
    starts = how.neighbours.nearest(float(alphas.min()), float(l1_ratios[0]))
    penalties = Penalties.of(alphas, l1_ratios)

    def solve(number: int) -> Solved:
        problem, start = problems[number], None if starts is None else starts[number]
        path = _solve(problem, penalties, how.settings[number], start)
        scores = problem.score(how.metrics, path.coefficients)
        return Solved(path, scores, problem.count_nonzero(path.coefficients))

    workers = min(usable_threads(), len(problems))
    with one_thread_of_blas(), warnings.catch_warnings():
        # a path says itself what has not converged; threads must not each change the filters
        warnings.simplefilter("ignore", ConvergenceWarning)
        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                solved = list(pool.map(solve, range(len(problems))))
        else:
            solved = [solve(number) for number in range(len(problems))]
    how.neighbours.remember([fold.path for fold in solved], float(l1_ratios[0]))
    return solved


def likelihood_fold_alpha_max(
    problem: LikelihoodFold, l1_ratio: float, settings: PathSettings
) -> float:
    """The least alpha that selects nothing in any draw's model."""
    each = zip(problem.parts, settings.split(len(problem.parts)), strict=True)
    return max(likelihood_alpha_max(part, l1_ratio, own) for part, own in each)


def _solve(
    problem: LikelihoodFold, penalties: Penalties, settings: PathSettings, start: Floats | None
) -> Path:
    """One fold's solutions (P, m), the draws' one below the other; the worst gap counts."""
    starts: list[Floats | None] = [None] * len(problem.parts)
    if start is not None and len(penalties.alphas) == 1:
        starts = [part[0].ravel() for part in problem.split(start[:, None])[1]]
    solved = [
        solve_likelihood(part, penalties.alphas, penalties.l1_ratios, replace(own, start=near))
        for part, own, near in zip(
            problem.parts, settings.split(len(problem.parts)), starts, strict=True
        )
    ]
    parts = zip(problem.parts, solved, strict=True)
    order = np.argsort(penalties.points.ravel())
    return Path(
        alphas=penalties.alphas.ravel()[order],
        coefficients=np.vstack([_parameters(*part)[:, order] for part in parts]),
        dual_gaps=np.max([part.dual_gaps for part in solved], axis=0).ravel()[order],
        iterations=np.sum([part.iterations for part in solved], axis=0).ravel()[order],
        converged=np.all([part.converged for part in solved], axis=0).ravel()[order],
    )


def _parameters(problem: LikelihoodProblem, paths: LikelihoodPaths) -> Floats:
    """Solutions (K w, a c), the intercept after the coefficients of each response."""
    whole = paths.coefficients
    if problem.with_intercept:
        whole = np.concatenate([whole, paths.intercepts[..., None]], axis=-1)
    return np.asarray(whole.reshape(-1, whole.shape[2] * whole.shape[3]).T)
