"""Rows as a model sees them come in; an estimator that holds the engine's solution goes out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from runner.core.folds import Posed
from runner.core.likelihood import LikelihoodProblem, solve_likelihood
from runner.core.path import TIGHT, relax, solve_path, solve_tightly
from runner.family.estimators import PenalisedFit
from runner.records import Solution

if TYPE_CHECKING:
    from runner.core.folds import ModelColumns
    from runner.family import Family
    from runner.features.pipeline import Specs
    from runner.model import Model
    from runner.records import Candidate, Floats, Matrix, Observed


@dataclass(frozen=True)
class ModelRows:
    """Rows as a model sees them."""

    X: Matrix  # (n, q)
    observed: Observed  # (n,)
    columns: ModelColumns


@dataclass(frozen=True)
class FittedModel:
    """A fitted estimator, and the solution that it holds."""

    estimator: Any
    solution: Solution


def fit_model(rows: ModelRows, specs: Specs, candidate: Candidate) -> FittedModel:
    """Minimise the model's objective over all rows, as the search did on each fold's.

    Scikit-learn's own `fit` is not asked: its descent stops where its tolerance says, which with
    more columns than rows is far from the minimum.

    Args:
        rows: what it is fitted to.
        specs: family and model, the candidate's values included.
        candidate: the penalty.
    """
    if specs.family is None or specs.family.squared:
        return _fit_squares(rows, specs.model, candidate)
    return _fit_likelihood(rows, specs.family, specs.model, candidate)


def fit_path(
    rows: ModelRows, specs: Specs, candidate: Candidate, alphas: Floats
) -> tuple[Floats, Floats]:
    """The same for several alphas, solved as a search does: to the model's own tolerance.

    Args:
        rows: what it is fitted to.
        specs: family and model, the candidate's values included.
        candidate: the penalty but for its alpha.
        alphas: (a,), falling.

    Returns:
        Coefficients (a, K, q) and intercepts (a, K).
    """
    family, model, observed = specs.family, specs.model, rows.observed
    settings = model.settings(rows.columns)
    if family is not None and not family.squared:
        problem = LikelihoodProblem(rows.X, family.likelihood(observed), model.fit_intercept)
        ratios = np.full((len(alphas), 1), candidate.l1_ratio)
        paths = solve_likelihood(problem, alphas[:, None], ratios, settings)
        return paths.coefficients[:, 0], paths.intercepts[:, 0]
    posed = Posed.of(rows.X, observed.y, observed.weight, fit_intercept=model.fit_intercept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a row of the table is no model
        path = solve_path(posed.train, alphas, candidate.l1_ratio, settings=settings)
    path = relax(posed.train, path, np.full(len(alphas), candidate.relax))
    coefficients = path.coefficients.T
    intercepts = posed.intercept - coefficients @ posed.centre
    return coefficients[:, None], intercepts[:, None]


def _fit_squares(rows: ModelRows, model: Model, candidate: Candidate) -> FittedModel:
    # least squares keep more digits in the rows than in their cross products
    pose = Posed.of_rows if candidate.alpha == 0 else Posed.of
    observed = rows.observed
    posed = pose(rows.X, observed.y, observed.weight, fit_intercept=model.fit_intercept)
    settings = model.settings(rows.columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the solution says it
        path = solve_tightly(posed.train, candidate.alpha, candidate.l1_ratio, settings=settings)
    path = relax(posed.train, path, np.array([candidate.relax]))
    coefficients = path.coefficients[:, 0]
    solution = Solution(
        coefficients=coefficients[None],
        intercepts=np.array([posed.intercept - float(posed.centre @ coefficients)]),
        dual_gap=float(path.dual_gaps[0]),
        iterations=int(path.iterations[0]),
        converged=bool(path.converged[0]),
    )
    total = float(rows.observed.weight.sum())
    estimator = model.fitted(candidate.alpha, candidate.l1_ratio, total, solution)
    return FittedModel(estimator, solution)


def _fit_likelihood(
    rows: ModelRows, family: Family, model: Model, candidate: Candidate
) -> FittedModel:
    likelihood, settings = family.likelihood(rows.observed), model.settings(rows.columns)
    paths = solve_likelihood(
        LikelihoodProblem(rows.X, likelihood, model.fit_intercept),
        np.array([[candidate.alpha]]),
        np.array([[candidate.l1_ratio]]),
        replace(settings, tol=TIGHT),
    )
    gap = float(paths.dual_gaps[0, 0])
    solution = Solution(
        coefficients=paths.coefficients[0, 0],
        intercepts=paths.intercepts[0, 0],
        dual_gap=gap,
        iterations=int(paths.iterations[0, 0]),
        converged=gap <= settings.tol * likelihood.null_deviance,
    )
    found = PenalisedFit(
        coefficients=solution.coefficients,
        intercepts=solution.intercepts,
        alpha=candidate.alpha,
        l1_ratio=candidate.l1_ratio,
        weight=float(rows.observed.weight.sum()),
        fit_intercept=model.fit_intercept,
        iterations=solution.iterations,
        dual_gap=gap,
    )
    return FittedModel(family.estimator(found, rows.X, rows.observed), solution)
