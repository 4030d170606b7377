"""A candidate fitted without each fold, with all columns or some: problems in, coefficients out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.folds import FoldProblem
from runner.core.path import solve_tightly
from runner.records import GramProblem
from runner.search.fold_paths import How
from runner.search.likelihood_paths import solve_likelihood_folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.folds import LikelihoodFold
    from runner.core.folds.source import AnyFold
    from runner.core.metrics import MetricName
    from runner.core.path import PathSettings
    from runner.features.pipeline import Specs
    from runner.records import Candidate, Floats, Integers, RowProblem

# of a likelihood: fits are subtracted, and within 1e-10 their losses differ in the sixth digit
TOLERANCE = 1e-13


@dataclass(frozen=True)
class FittedFold:
    """A candidate's fit to one fold's training side."""

    problem: AnyFold
    specs: Specs
    candidate: Candidate
    coefficients: Floats  # (q,), as the problem's solutions are

    @classmethod
    def of(cls, problem: AnyFold, specs: Specs, candidate: Candidate) -> FittedFold:
        """Fit all columns."""
        every = np.arange(len(problem.columns.names))
        settings = specs.model.settings(problem.columns)
        return cls(problem, specs, candidate, _fit(problem, settings, candidate, every))

    @property
    def per_response(self) -> Floats:
        """Coefficients (K, q) of K responses, the mean over imputations."""
        if isinstance(self.problem, FoldProblem):
            parts = len(self.problem.parts)
            return np.asarray(self.coefficients.reshape(parts, 1, -1).mean(axis=0))
        by_draw = self.problem.split(self.coefficients[:, None])[1]
        return np.asarray(by_draw[:, 0].mean(axis=0))

    def score(self, metric: MetricName) -> float:
        """On the validation side."""
        return float(self.problem.score((metric,), self.coefficients[:, None])[metric][0])

    def score_without(self, columns: Integers, metric: MetricName) -> float:
        """The score after another fit, with the same penalty, in which some columns have no part.

        Raises:
            FitError: the model cannot be fitted to the others.
        """
        if not self.per_response[:, columns].any():
            return self.score(metric)  # what is 0 already is so in the minimum without it
        problem = self.problem
        kept = np.setdiff1d(np.arange(len(problem.columns.names)), columns)
        smaller = problem.columns.take(kept)
        settings = self.specs.model.settings(smaller)
        if isinstance(problem, FoldProblem):
            without = _fit(problem, settings, self.candidate, kept)
        else:
            problem = problem.take(kept)
            without = _fit(problem, settings, self.candidate, kept)
        return float(problem.score((metric,), without[:, None])[metric][0])


def _fit(problem: AnyFold, settings: PathSettings, candidate: Candidate, kept: Integers) -> Floats:
    """Coefficients (q,), 0 but for the columns that are kept; of a likelihood, of its own."""
    if isinstance(problem, FoldProblem):
        return _fit_parts(problem.parts, settings, candidate, kept)
    return _fit_likelihood(problem, settings, candidate)


def _fit_parts(
    parts: Sequence[GramProblem | RowProblem],
    settings: PathSettings,
    candidate: Candidate,
    kept: Integers,
) -> Floats:
    found = []
    for part, own in zip(parts, settings.split(len(parts)), strict=True):
        width = len(part.gram) if isinstance(part, GramProblem) else part.X.shape[1]
        coefficients = np.zeros(width)
        if len(kept):
            path = solve_tightly(
                _take(part, kept), candidate.alpha, candidate.l1_ratio, settings=own
            )
            coefficients[kept] = path.coefficients[:, 0]
        found.append(coefficients)
    return np.concatenate(found)


def _take(part: GramProblem | RowProblem, columns: Integers) -> GramProblem | RowProblem:
    if isinstance(part, GramProblem):
        return replace(part, gram=part.gram[np.ix_(columns, columns)], xy=part.xy[columns])
    X, centre, scale = part.X[:, columns], part.centre[columns], part.scale[columns]
    return replace(part, X=X, centre=centre, scale=scale)


def _fit_likelihood(
    problem: LikelihoodFold, settings: PathSettings, candidate: Candidate
) -> Floats:
    penalty = np.array([candidate.alpha]), np.array([candidate.l1_ratio])
    tight = replace(settings, tol=min(settings.tol, TOLERANCE))
    (solved,) = solve_likelihood_folds([problem], *penalty, How([tight], metrics=()))
    return np.asarray(solved.path.coefficients[:, 0])
