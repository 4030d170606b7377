"""Dual gaps: how far, at most, each solution's objective is above the minimum.

For penalty factors f, a = alpha * l1_ratio and c = alpha * (1 - l1_ratio), let r = y - X b be the
residual, g = X' diag(w) r / W the gradient and u = g - c f b. The dual point is r, shrunk by

    s = min(1, a / max_j |u_j| / f_j).

Scikit-learn's gap, its formulation A (Friedman et al. 2010; Fercoq et al. 2015), then rearranges to
a sum of terms none of which is negative, so that a small gap is not lost to cancellation:

    (1 - s)^2 / 2 * (|r|^2 + c sum_j f_j b_j^2) + sum_j (a f_j |b_j| - s b_j u_j).

Columns with f = 0 are taken to have been minimised out, so their gradient counts as 0.

Between limits lo <= 0 <= hi a column adds to the dual the conjugate of its penalty at v = s u,

    sup over lo <= b <= hi of (v b - a f |b|) = hi (v - a f)+ - lo (-v - a f)+,

which is finite on the side of a finite limit however large v is. So only those u_j count for s that
point away from a limit at which b_j is not yet (u_j > 0 if b_j+ < hi_j, u_j < 0 if b_j- < -lo_j),
and the column's term becomes, with b+ and b- the parts of b = b+ - b-,

    b+ (a f - v)+ + b- (a f + v)+ + (hi - b+) (v - a f)+ + (-lo - b-) (-v - a f)+.

A column with f = 0 adds (hi - b) v+ + (b - lo) (-v)+, less the side that has no limit: of that it
is taken to have been minimised out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.core.path.settings import Limits, PathSettings
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
    return dual_gaps(
        coefficients,
        gradient,
        np.maximum(residual, 0.0),
        l1=alphas * l1_ratio,
        l2=alphas * (1 - l1_ratio),
        factors=settings.factors(len(problem.xy)),
        limits=settings.bounds(len(problem.xy)),
    )


def dual_gaps(  # noqa: PLR0913 - the letters of one formula
    coefficients: Floats,
    gradient: Floats,
    residual: Floats,
    *,
    l1: Floats,
    l2: Floats,
    factors: Floats,
    limits: Limits | None,
) -> Floats:
    """Dual gaps of solutions with an L1 penalty.

    Args:
        coefficients: b, (p, a), between the limits.
        gradient: g, (p, a).
        residual: Weighted mean of the squared residuals, (a,).
        l1: alpha * l1_ratio, (a,), positive.
        l2: alpha * (1 - l1_ratio), (a,).
        factors: f, (p,), not negative.
        limits: Between which coefficients must be, if they must.

    Returns:
        The gaps in the units of the objective, (a,).
    """
    if limits is not None:
        return _gaps_within(coefficients, gradient, residual, l1, l2, factors, limits)
    penalised = slice(None) if factors.all() else factors > 0  # a mask would copy
    f = factors[penalised, None]
    b = coefficients[penalised]
    u = gradient[penalised] - l2 * f * b
    s = _shrinkage(np.max(np.abs(u) / f, axis=0, initial=0.0), l1)
    squares = residual + l2 * np.sum(f * b**2, axis=0)
    slack = np.sum(l1 * f * np.abs(b) - s * b * u, axis=0)
    return np.asarray((1 - s) ** 2 / 2 * squares + slack)


def _shrinkage(reach: Floats, l1: Floats) -> Floats:
    """s, (a,), for the largest gradient over its factor, (a,)."""
    return np.divide(l1, reach, out=np.ones_like(reach), where=reach > l1)


def _gaps_within(  # noqa: PLR0913, PLR0917 - the letters of one formula
    b: Floats,
    gradient: Floats,
    residual: Floats,
    l1: Floats,
    l2: Floats,
    factors: Floats,
    limits: Limits,
) -> Floats:
    """The same between limits."""
    f = factors[:, None]
    rises, falls = np.maximum(b, 0.0), np.maximum(-b, 0.0)
    above, below = limits.upper[:, None] - rises, -limits.lower[:, None] - falls
    u = gradient - l2 * f * b
    outward = np.maximum(np.where(above > 0, u, 0.0), np.where(below > 0, -u, 0.0))
    size = np.divide(outward, f, out=np.zeros_like(outward), where=f > 0)
    s = _shrinkage(np.max(size, axis=0, initial=0.0), l1)
    v, a = s * u, l1 * f
    penalised = (
        rises * np.maximum(a - v, 0.0)
        + falls * np.maximum(a + v, 0.0)
        + _finite(above) * np.maximum(v - a, 0.0)
        + _finite(below) * np.maximum(-v - a, 0.0)
    )
    terms = np.where(f > 0, penalised, _free_terms(b, v, limits))
    squares = residual + l2 * np.sum(f * b**2, axis=0)
    return np.asarray((1 - s) ** 2 / 2 * squares + np.sum(terms, axis=0))


def _finite(room: Floats) -> Floats:
    """No room where it is infinite: what would go there is 0."""
    return np.where(np.isfinite(room), room, 0.0)


def _free_terms(b: Floats, v: Floats, limits: Limits) -> Floats:
    """What columns without a penalty could still gain, (p, a), on the sides of their limits."""
    above, below = _finite(limits.upper[:, None] - b), _finite(b - limits.lower[:, None])
    return above * np.maximum(v, 0.0) + below * np.maximum(-v, 0.0)


def ridge_gaps(
    coefficients: Floats,
    gradient: Floats,
    *,
    l2: Floats,
    factors: Floats,
    limits: Limits | None,
) -> Floats:
    """Dual gaps, (a,), of solutions with an L2 penalty only; shapes as in `dual_gaps`.

    With z = c f the gap of the dual of Dünner et al. (2016, section 5.2.3) at the residual is

        sum_j (g_j - z_j b_j)^2 / (2 z_j).

    Between limits the conjugate sup of (g b - z b^2 / 2) is reached at t = g / z, brought between
    them, and a column's term is, again without cancellation,

        z ((b - t)^2 / 2 + (b - t) (t - g / z)).
    """
    penalised = factors > 0
    z = l2 * factors[penalised, None]
    g, b = gradient[penalised], coefficients[penalised]
    if limits is None:
        return np.asarray(((g - z * b) ** 2 / (2 * z)).sum(axis=0))
    t = np.clip(g / z, limits.lower[penalised, None], limits.upper[penalised, None])
    gaps = np.sum(z * (b - t) ** 2 / 2 + (b - t) * (z * t - g), axis=0)
    free = np.flatnonzero(~penalised)
    return np.asarray(
        gaps + _free_terms(coefficients[free], gradient[free], limits.take(free)).sum(axis=0)
    )


def within_tolerance(gaps: Floats, yy: float, settings: PathSettings) -> Booleans:
    """Which gaps are at most tol * yy, up to rounding."""
    return gaps <= (settings.tol + ROUNDING) * yy
