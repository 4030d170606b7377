"""What was found for a family comes in; scikit-learn's own estimator that holds it goes out.

Each has what its own `fit` would leave, and parameters that describe the penalty, as far as they
can: `clone(estimator).fit(X, y)` minimises the same objective, but for PoissonRegressor and
GammaRegressor, which have no L1 term. None of them takes an offset: they predict at offset 0, which
with an exposure is the rate per unit of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.linear_model import (
        GammaRegressor,
        LogisticRegression,
        MultiTaskElasticNet,
        PoissonRegressor,
    )

    from runner.family.cox_estimator import CoxRegression
    from runner.records import Floats, Matrix, Observed

PAIR = 2  # classes of which scikit-learn keeps one row of coefficients


@dataclass(frozen=True)
class PenalisedFit:
    """A minimum, and the objective of which it is one."""

    coefficients: Floats  # (K, q), of the columns that the estimator sees
    intercepts: Floats  # (K,)
    alpha: float  # overall strength, not negative
    l1_ratio: float  # from 0 to 1
    weight: float  # the sum of the row weights, the number of rows when there are none
    fit_intercept: bool = True
    iterations: int = 0
    dual_gap: float = 0.0  # in the units of the objective


def binomial_estimator(found: PenalisedFit, labels: Sequence[Any]) -> LogisticRegression:
    """A LogisticRegression whose `classes_` are sorted, as its own `fit` has them.

    Args:
        found: K = 1, of the log odds of the second label.
        labels: the negative and the positive one. Where the positive sorts first, the signs turn:
            scikit-learn's coefficients are of its second class.
    """
    classes, code = _sorted_classes(labels)
    sign = 1.0 if code[1] == 1 else -1.0
    return _logistic(found, classes, sign * found.coefficients, sign * found.intercepts)


def multinomial_estimator(found: PenalisedFit, labels: Sequence[Any]) -> LogisticRegression:
    """A LogisticRegression with a row per class, these sorted; one row if there are two classes.

    Args:
        found: K responses, in the order of the labels.
        labels: (K,).
    """
    classes, code = _sorted_classes(labels)
    order = np.argsort(code)
    coefficients, intercepts = found.coefficients[order], found.intercepts[order]
    if len(classes) == PAIR:  # softmax of two is the logistic function of their difference
        coefficients, intercepts = np.diff(coefficients, axis=0), np.diff(intercepts)
    return _logistic(found, classes, coefficients, intercepts)


def poisson_estimator(found: PenalisedFit) -> PoissonRegressor:
    """A PoissonRegressor, log link; its `alpha` is the L2 part, as it has no other."""
    from sklearn.linear_model import PoissonRegressor

    return _generalised(PoissonRegressor, found)


def gamma_estimator(found: PenalisedFit) -> GammaRegressor:
    """A GammaRegressor, log link; its `alpha` is the L2 part, as it has no other."""
    from sklearn.linear_model import GammaRegressor

    return _generalised(GammaRegressor, found)


def multi_gaussian_estimator(found: PenalisedFit) -> MultiTaskElasticNet:
    """A MultiTaskElasticNet of K targets. Its own `fit` would take no row weights."""
    from sklearn.linear_model import MultiTaskElasticNet

    estimator = MultiTaskElasticNet(
        alpha=found.alpha, l1_ratio=found.l1_ratio, fit_intercept=found.fit_intercept
    )
    estimator.coef_, estimator.intercept_ = found.coefficients, found.intercepts
    estimator.dual_gap_, estimator.n_iter_ = found.dual_gap, found.iterations
    estimator.n_features_in_ = found.coefficients.shape[1]
    return estimator


def cox_estimator(found: PenalisedFit, X: Matrix, observed: Observed) -> CoxRegression:
    """Our own CoxRegression, with the baseline hazard of the rows that it was fitted to.

    Args:
        found: K = 1; it has no intercept, the baseline is in its place.
        X: training rows (n, q) as the estimator sees them.
        observed: their times, events, weights and offsets.

    Raises:
        FitError: there is no event.
    """
    from runner.family.cox_estimator import CoxRegression

    return CoxRegression(found.coefficients[0]).fit(
        X,
        observed.y,
        event=observed.event,
        sample_weight=observed.weight,
        offset=observed.offset,
    )


def _sorted_classes(labels: Sequence[Any]) -> tuple[Any, Any]:
    """The labels in scikit-learn's order, and the place there of each."""
    return np.unique(np.asarray(labels), return_inverse=True)


def _logistic(
    found: PenalisedFit,
    classes: Any,  # noqa: ANN401 - an array of labels of any kind
    coefficients: Floats,
    intercepts: Floats,
) -> LogisticRegression:
    """Its C multiplies the sum of the losses, where alpha multiplies the penalty of their mean."""
    from sklearn.linear_model import LogisticRegression

    estimator = LogisticRegression(
        C=1 / (found.alpha * found.weight) if found.alpha > 0 else np.inf,
        l1_ratio=found.l1_ratio,
        fit_intercept=found.fit_intercept,
        # no other takes both penalties
        solver="saga" if found.alpha > 0 and found.l1_ratio > 0 else "lbfgs",
    )
    estimator.classes_ = classes
    estimator.coef_, estimator.intercept_ = coefficients, intercepts
    estimator.n_iter_ = np.array([found.iterations], dtype=np.int32)
    estimator.n_features_in_ = coefficients.shape[1]
    return estimator


def _generalised(kind: Any, found: PenalisedFit) -> Any:  # noqa: ANN401 - either regressor
    """A generalised linear regressor of scikit-learn with a solution set on it."""
    estimator = kind(alpha=found.alpha * (1 - found.l1_ratio), fit_intercept=found.fit_intercept)
    estimator.coef_ = found.coefficients[0]
    estimator.intercept_ = float(found.intercepts[0])
    estimator.n_iter_ = found.iterations
    estimator.n_features_in_ = found.coefficients.shape[1]
    estimator._base_loss = estimator._get_loss()  # noqa: SLF001 - `predict` has the link from it
    return estimator
