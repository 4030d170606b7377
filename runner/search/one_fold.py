"""One fold problem of any kind: its largest alpha, and its solutions along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import FoldProblem, LikelihoodFold
from runner.core.path import alpha_max, solve_path
from runner.search.fold_paths import How
from runner.search.likelihood_paths import likelihood_fold_alpha_max, solve_likelihood_folds

if TYPE_CHECKING:
    from runner.core.folds.source import AnyFold
    from runner.core.path import PathSettings
    from runner.records import Floats


def largest_alpha(problem: AnyFold, l1_ratio: float, settings: PathSettings) -> float:
    """The least alpha that selects nothing; any, 1, of a constant target."""
    if isinstance(problem, LikelihoodFold):
        most = likelihood_fold_alpha_max(problem, l1_ratio, settings)
    else:
        most = alpha_max(problem.train, l1_ratio, settings)
    return most if most > 0 else 1.0


def solve_fold(problem: AnyFold, alphas: Floats, l1_ratio: float, settings: PathSettings) -> Floats:
    """Solutions (P, a) for alphas (a,), in their order."""
    if isinstance(problem, FoldProblem):
        return solve_path(problem.train, alphas, l1_ratio, settings=settings).coefficients
    ratios = np.full(len(alphas), l1_ratio)
    (solved,) = solve_likelihood_folds([problem], alphas, ratios, How((settings,), metrics=()))
    return solved.path.coefficients
