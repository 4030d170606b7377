"""Dual gaps: how far, at most, each solution's objective is above the minimum.

For penalty factors f, a = alpha * l1_ratio and c = alpha * (1 - l1_ratio), let r = y - X b be the
residual, g = X' diag(w) r / W the gradient and u = g - c f b. The dual point is r, shrunk by

    s = min(1, a / max_j |u_j| / f_j)

(without the absolute value if coefficients must be positive). Scikit-learn's gap, its formulation A
(Friedman et al. 2010; Fercoq et al. 2015), then rearranges to a sum of terms none of which is
negative, so that a small gap is not lost to cancellation:

    (1 - s)^2 / 2 * (|r|^2 + c sum_j f_j b_j^2) + sum_j (a f_j |b_j| - s b_j u_j).

Columns with f = 0 are taken to have been minimised out, so their gradient counts as 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Booleans, Floats, GramProblem

# A gap is a difference of terms of the size of yy, known to a few units in the last place.
ROUNDING = 16 * float(np.finfo(float).eps)


def gram_gaps(
    problem: GramProblem,
    coefficients: Floats,
    alphas: Floats,
    l1_ratio: float,
    settings: PathSettings,
) -> Floats:
    """Dual gaps, (a,), of coefficients (p, a) of a Gram problem."""
    fitted = problem.gram @ coefficients
    gradient = problem.xy[:, None] - fitted
    residual = problem.yy - np.sum(coefficients * (problem.xy[:, None] + gradient), axis=0)
    factors = settings.penalty_factors
    return dual_gaps(
        coefficients,
        gradient,
        np.maximum(residual, 0.0),
        l1=alphas * l1_ratio,
        l2=alphas * (1 - l1_ratio),
        factors=np.ones(len(problem.xy)) if factors is None else factors,
        positive=settings.positive,
    )


def dual_gaps(  # noqa: PLR0913 - the letters of one formula
    coefficients: Floats,
    gradient: Floats,
    residual: Floats,
    *,
    l1: Floats,
    l2: Floats,
    factors: Floats,
    positive: bool,
) -> Floats:
    """Dual gaps of solutions with an L1 penalty.

    Args:
        coefficients: b, (p, a).
        gradient: g, (p, a).
        residual: Weighted mean of the squared residuals, (a,).
        l1: alpha * l1_ratio, (a,), positive.
        l2: alpha * (1 - l1_ratio), (a,).
        factors: f, (p,), not negative.
        positive: Whether coefficients are constrained to be at least 0.

    Returns:
        The gaps in the units of the objective, (a,).
    """
    penalised = slice(None) if factors.all() else factors > 0  # a mask would copy
    f = factors[penalised, None]
    b = coefficients[penalised]
    u = gradient[penalised] - l2 * f * b
    reach = np.max((u if positive else np.abs(u)) / f, axis=0, initial=0.0)
    s = np.divide(l1, reach, out=np.ones_like(reach), where=reach > l1)
    squares = residual + l2 * np.sum(f * b**2, axis=0)
    slack = np.sum(l1 * f * np.abs(b) - s * b * u, axis=0)
    return np.asarray((1 - s) ** 2 / 2 * squares + slack)


def ridge_gaps(
    coefficients: Floats, gradient: Floats, *, l2: Floats, factors: Floats, positive: bool
) -> Floats:
    """Dual gaps, (a,), of solutions with an L2 penalty only; shapes as in `dual_gaps`.

    With z = c f the gap of the dual of Dünner et al. (2016, section 5.2.3) at the residual is

        sum_j (g_j - z_j b_j)^2 / (2 z_j);

    if coefficients must be positive, g_j^2 / (2 z_j) counts only where g_j is positive.
    """
    penalised = factors > 0
    z = l2 * factors[penalised, None]
    g, b = gradient[penalised], coefficients[penalised]
    terms = (g - z * b) ** 2 / (2 * z)
    if positive:
        terms = np.where(g < 0, z * b**2 / 2 - b * g, terms)
    return np.asarray(terms.sum(axis=0))


def within_tolerance(gaps: Floats, yy: float, settings: PathSettings) -> Booleans:
    """Which gaps are at most tol * yy, up to rounding."""
    return gaps <= (settings.tol + ROUNDING) * yy
