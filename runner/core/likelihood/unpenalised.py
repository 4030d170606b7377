"""A likelihood and columns come in; coefficients that maximise it without a penalty go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood
    from runner.records import Floats

STEPS = 50  # of Newton's method; regular problems take about ten
HALVES = 40  # of one step
STILL = 1e-9  # change of linear predictors, relative to the largest, that is none
ROUNDING = 1e-13  # of L, relative to it


def maximum(likelihood: Likelihood, Z: Floats, *, reference: bool) -> Floats | None:
    """The coefficients (K, w) of columns (n, w) that minimise L, by Newton's method.

    Where rows are separated, linear predictors grow by about 1 with every step and never come to
    rest, while the curvature vanishes: then there is no minimum, and None is returned.

    Args:
        likelihood: of K responses.
        Z: columns with Z'Z = n I, that of the intercept among them if there is one.
        reference: whether the first response's coefficients are held at 0, where all of them
            together can be shifted without changing L.
    """
    held = int(reference)
    null = likelihood.null()
    B = np.outer(null - (null[0] if reference else 0.0), Z.mean(axis=0))
    eta = Z @ B.T
    for _ in range(STEPS):
        step = _newton_step(likelihood, Z, eta, held)
        if step is None or not np.isfinite(step).all():
            return None
        moved = Z @ step.T
        if np.abs(moved).max() <= STILL * (1 + np.abs(eta).max()):
            found: Floats = B + step
            return found
        share = _share_that_lowers(likelihood, eta, moved)
        if share is None:
            return None
        B, eta = B + share * step, eta + share * moved
    return None


def _newton_step(likelihood: Likelihood, Z: Floats, eta: Floats, held: int) -> Floats | None:
    """(K, w), 0 for the responses that are held; None where the curvature is no longer positive."""
    width, responses = Z.shape[1], eta.shape[1]
    slope = likelihood.gradient(eta[:, None])[:, 0].T @ Z
    bend = likelihood.curvature(eta).cross(Z)[held * width :, held * width :]
    try:
        free = cho_solve(cho_factor(bend), -slope[held:].ravel())
    except (np.linalg.LinAlgError, ValueError):  # not positive, or not finite
        return None
    step = np.zeros((responses, width))
    step[held:] = free.reshape(-1, width)
    return step


def _share_that_lowers(likelihood: Likelihood, eta: Floats, moved: Floats) -> float | None:
    """The first of 1, 1/2, 1/4 ... by which L does not rise, but for rounding."""
    with np.errstate(over="ignore", invalid="ignore"):
        now = likelihood.value(eta[:, None])[0]
        most = now + ROUNDING * (1 + abs(now))
        for halves in range(HALVES):
            share = 0.5**halves
            if likelihood.value((eta + share * moved)[:, None])[0] <= most:
                return share
    return None
