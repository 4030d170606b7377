"""Rows as a model sees them come in; an estimator that holds the engine's solution goes out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sklearn.exceptions import ConvergenceWarning

from runner.core.folds import Posed
from runner.core.path import solve_tightly
from runner.records import Solution

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin

    from runner.model import Model
    from runner.records import Candidate, Floats


@dataclass(frozen=True)
class FittedModel:
    """A fitted estimator, and the solution that it holds."""

    estimator: RegressorMixin
    solution: Solution


def fit_model(
    X: Floats, y: Floats, weight: Floats, model: Model, candidate: Candidate
) -> FittedModel:
    """Minimise the model's objective over all rows, as the search did on each fold's.

    Scikit-learn's own `fit` is not asked: its descent stops where its tolerance says, which with
    more columns than rows is far from the minimum.

    Args:
        X: columns as the model sees them, (n, q).
        y: (n,).
        weight: (n,), 1 where rows have none.
        model: the objective, the candidate's values included.
        candidate: the penalty.
    """
    # least squares keep more digits in the rows than in their cross products
    pose = Posed.of_rows if candidate.alpha == 0 else Posed.of
    posed = pose(X, y, weight, fit_intercept=model.fit_intercept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the solution says it
        path = solve_tightly(
            posed.train, candidate.alpha, candidate.l1_ratio, settings=model.settings()
        )
    coefficients = path.coefficients[:, 0]
    solution = Solution(
        coefficients=coefficients,
        intercept=posed.intercept - float(posed.centre @ coefficients),
        dual_gap=float(path.dual_gaps[0]),
        iterations=int(path.iterations[0]),
        converged=bool(path.converged[0]),
    )
    total = float(weight.sum())
    estimator = model.fitted(candidate.alpha, candidate.l1_ratio, total, solution)
    return FittedModel(estimator, solution)
