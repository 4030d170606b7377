"""Ridge between bounds with fewer rows than columns, through the dual of the rows.

With Z, t as in `runner.core.path.centred_columns` and z_j = alpha f_j > 0, the dual of a residual
theta, (n,), is

    D(theta) = t'theta - |theta|^2 / 2 - sum_j sup over lo_j <= b <= hi_j of (g_j b - z_j b^2 / 2)

with g = Z'theta, where the best b_j is g_j / z_j brought between its bounds. D is smooth, and its
second derivative, -(I + Z_F diag(1 / z_F) Z_F') for the columns F that are not at a bound, changes
by few columns from one step to the next. So Newton's method, its step halved until D rises, takes
a few systems of order n for each of a row of falling alphas (Qi & Sun 1993 for its convergence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from runner.core.path.centred_columns import Columns
    from runner.core.path.settings import Limits
    from runner.records import Booleans, Floats, Integers

MOST_STEPS = 200  # Newton steps for one alpha
STEEPEST = 0.3  # a path that falls faster than this gets alphas in between, as many bounds change
MOST_HALVINGS = 30
LEAST_RISE = 1e-4  # of what a step promises, that it must bring
ENOUGH = 1e-13  # norm of D's gradient, as a share of the target's


def solve_ridge_within(
    columns: Columns, alphas: Floats, factors: Floats, limits: Limits
) -> tuple[Floats, Integers]:
    """Coefficients, (p, a), for falling alphas, (a,), and how many systems each took.

    `factors`, (p,), are all positive.
    """
    kernel = _Kernel(columns, 1 / factors)
    theta, now = columns.target.copy(), float(columns.count / factors.min())
    coefficients = np.empty((columns.count, len(alphas)))
    steps = np.zeros(len(alphas), dtype=np.int64)
    for i, alpha in enumerate(alphas):
        for stone in _stones(now, float(alpha)):
            dual = _Dual(columns, stone * factors, limits)
            theta, count = _rise(dual, kernel, stone, theta)
            steps[i] += count
        coefficients[:, i] = dual.best(columns.gradient(theta))
        now = float(alpha)
    return coefficients, steps


def _stones(now: float, alpha: float) -> list[float]:
    """The alphas on the way to the next, which ends them."""
    count = max(int(np.ceil(np.log(alpha / now) / np.log(STEEPEST))), 1)
    return [float(stone) for stone in np.geomspace(now, alpha, count + 1)[1:]]


@dataclass(frozen=True)
class _Dual:
    """D of one alpha."""

    columns: Columns
    z: Floats  # (p,)
    limits: Limits

    def best(self, g: Floats) -> Floats:
        """The best coefficients, (p,), for Z'theta."""
        return np.clip(g / self.z, self.limits.lower, self.limits.upper)

    def moving(self, g: Floats) -> Booleans:
        """Which columns, (p,), are at no bound."""
        return (g > self.z * self.limits.lower) & (g < self.z * self.limits.upper)

    def value(self, theta: Floats, g: Floats) -> float:
        """D itself."""
        b = self.best(g)
        conjugates = np.sum(b * (g - self.z * b / 2))
        return float(self.columns.target @ theta - theta @ theta / 2 - conjugates)

    def slope(self, theta: Floats, g: Floats) -> Floats:
        """D's gradient, (n,): t - theta - Z b."""
        every = np.arange(self.columns.count)
        fitted = self.columns.fitted(self.best(g)[:, None], every)[:, 0]
        return self.columns.target - theta - fitted


class _Kernel:
    """Z_F diag(shares_F) Z_F', (n, n), for columns F that change little from call to call."""

    def __init__(self, columns: Columns, shares: Floats) -> None:
        self._columns, self._shares = columns, shares
        self._inside = np.zeros(len(shares), dtype=bool)
        self._product = np.zeros((len(columns.target), len(columns.target)))

    def of(self, inside: Booleans) -> Floats:
        """That of the columns given as a mask, (p,)."""
        changed = inside != self._inside
        sign = np.where(inside, 1.0, -1.0)
        if changed.sum() < len(self._product):
            chosen = np.flatnonzero(changed)
            Z = self._columns.fitted(np.eye(len(chosen)), chosen)
            self._product += (Z * (sign * self._shares)[chosen]) @ Z.T
        else:
            self._product = self._columns.kernel(np.where(inside, self._shares, 0.0))
        self._inside = inside
        return self._product


def _rise(dual: _Dual, kernel: _Kernel, alpha: float, theta: Floats) -> tuple[Floats, int]:
    """Where D is largest, (n,), and how many systems that took."""
    gradient = dual.columns.gradient
    least = ENOUGH * np.linalg.norm(dual.columns.target)
    g = gradient(theta)
    for count in range(1, MOST_STEPS + 1):
        slope = dual.slope(theta, g)
        if np.linalg.norm(slope) <= least:
            return theta, count
        curvature = kernel.of(dual.moving(g)) / alpha
        curvature.flat[:: len(theta) + 1] += 1.0
        step = cho_solve(cho_factor(curvature, overwrite_a=True), slope)
        before, promised, share = dual.value(theta, g), slope @ step, 1.0
        towards = gradient(step)
        for _ in range(MOST_HALVINGS):
            after = dual.value(theta + share * step, g + share * towards)
            if after >= before + LEAST_RISE * share * promised:
                break
            share /= 2
        else:  # what is left is rounding
            return theta + step, count
        theta, g = theta + share * step, g + share * towards
    return theta, MOST_STEPS
