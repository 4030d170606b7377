"""Bounds of coefficients, for the active set: what a step may reach, and what leaves a bound.

With bounds lower <= 0 <= upper a coefficient outside the support rests at 0 or at a bound. Of those
in the support each moves within a piece on which its penalty is smooth: between 0 and a bound where
it has an L1 penalty, between its bounds where it has none. With g the gradient, one that rests at b
moves up or down where that lowers the objective, by the one-sided derivatives

    up:    g - c b - a (1 if b >= 0 else -1) > 0
    down:  c b - g - a (1 if b <= 0 else -1) > 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, GramProblem, Integers


@dataclass(frozen=True)
class Box:
    """The bounds of p coefficients, and their penalties a and c."""

    lower: Floats  # (p,), at most 0
    upper: Floats  # (p,), at least 0
    l1: Floats  # (p,), a
    l2: Floats  # (p,), c

    @classmethod
    def of(cls, lower: Floats | None, upper: Floats | None, l1: Floats, l2: Floats) -> Box:
        """A missing side is open."""
        p = len(l1)
        return cls(
            np.full(p, -np.inf) if lower is None else lower,
            np.full(p, np.inf) if upper is None else upper,
            l1,
            l2,
        )

    def inside(self, b: Floats) -> Booleans:
        """Which coefficients, (p,), are at no bound."""
        return (b > self.lower) & (b < self.upper)

    def held(self, problem: GramProblem, b: Floats, sign: Floats) -> GramProblem:
        """The problem that the support is left with, what rests at a bound being fixed."""
        resting = np.flatnonzero((sign == 0) & (b != 0))
        if not len(resting):
            return problem
        fitted = problem.gram[:, resting] @ b[resting]
        return type(problem)(problem.gram, problem.xy - fitted, problem.yy)

    def enter(self, b: Floats, sign: Floats, gradient: Floats, slack: float) -> bool:
        """Give signs to what rests and would lower the objective by moving; if any does."""
        resting, pull = sign == 0, gradient - self.l2 * b
        up = pull - np.where(b >= 0, self.l1, -self.l1) > slack
        down = -pull - np.where(b <= 0, self.l1, -self.l1) > slack
        up &= resting & (b < self.upper)
        down &= resting & (b > self.lower)
        sign[up] = np.where(b[up] >= 0, 1.0, -1.0)
        sign[down] = np.where(b[down] <= 0, -1.0, 1.0)
        return bool(up.any() or down.any())

    def move(
        self, problem: GramProblem, b: Floats, sign: Floats, support: Integers, target: Floats
    ) -> bool:
        """Move to the target, or as far as the pieces allow; whether that was less far.

        All that would go beyond its piece stops at its end, if that lowers the objective, else the
        step is cut short where the first does.
        """
        low, high = self._piece(sign, support)
        beyond = (target <= low) | (target >= high)
        if not beyond.any():
            b[support] = target
            return False
        old, ends = b[support], np.clip(target, low, high)
        if self._rises(problem, sign, support, old, ends):
            way = np.where(old == target, 1.0, target - old)
            share = np.where(beyond, (ends - old) / way, 1.0)
            shortest = float(share.min())
            beyond &= share <= shortest
            ends = np.where(beyond, ends, old + shortest * (target - old))
        b[support] = ends
        sign[support[beyond]] = 0.0
        return True

    def _piece(self, sign: Floats, support: Integers) -> tuple[Floats, Floats]:
        """The ends, (k,) each, of the pieces that the support's coefficients are on."""
        kinked, signs = self.l1[support] > 0, sign[support]
        low = np.where(kinked & (signs > 0), 0.0, self.lower[support])
        high = np.where(kinked & (signs < 0), 0.0, self.upper[support])
        return low, high

    def _rises(
        self, problem: GramProblem, sign: Floats, support: Integers, old: Floats, new: Floats
    ) -> bool:
        """Whether the objective of a problem (see `held`) does not fall from old to new, (k,)."""
        gram = problem.gram.take(support, axis=0).take(support, axis=1)
        ridge, pull = self.l2[support], self.l1[support] * sign[support]
        step = new - old
        slope = gram @ old + ridge * old + pull - problem.xy[support]
        change = step @ slope + step @ (gram @ step + ridge * step) / 2
        return bool(change >= 0)
