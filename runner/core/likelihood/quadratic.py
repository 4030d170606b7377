"""The quadratic model of a likelihood at one point, and the minimum of that with a penalty.

With the gradient g and the second derivatives H of L in the coefficients of some columns, and the
intercepts minimised out,

    g = g_b - H_b0 H_00^+ g_0        H = H_bb - H_b0 H_00^+ H_0b,

a step d minimises g'd + d'H d / 2 + penalty(b + d): an elastic net of the cross products H, which
the active set solves exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import blas

from runner.core.path.active_set import solve_near
from runner.core.path.native.follow_gram import follow
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.squares import inverse_above
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.core.path.settings import Limits
    from runner.records import Floats, Integers

SWEEPS = 50
SETTLES = 200  # systems, in which a support has settled
FINE = 1e-11  # of the largest gradient, by which a column outside may be above its penalty
# of a column's curvature, by which a step of what no penalty holds is held back: the common part of
# all classes' coefficients may be anything
HOLD = 1e-9
LEAST = 1e-3  # of the curvature along a step that was foreseen, below which nothing is learned


@dataclass(frozen=True)
class Hessian:
    """Second derivatives of L in k columns, with the intercepts minimised out."""

    bent: Floats  # H, (m, m) with m = K k, response by response
    cross: Floats  # H_b0, (m, K), or (m, 0) without intercepts
    inverse: Floats  # H_00^+, (K, K) or (0, 0)
    own: bool = False  # whether H is of one model alone, so that it may be changed in place

    @classmethod
    def of(cls, products: Floats, responses: int, *, intercept: bool) -> Hessian:
        """From the products of the columns, the last of which is all 1 if there is an intercept."""
        if not intercept:
            return cls(products, np.empty((len(products), 0)), np.empty((0, 0)))
        blocks = products.reshape(responses, -1, responses, len(products) // responses)
        m = len(products) - responses
        inverse = inverted(blocks[:, -1, :, -1])
        cross = blocks[:, :-1, :, -1].reshape(m, responses)
        bent = blocks[:, :-1, :, :-1].reshape(m, m) - (cross @ inverse) @ cross.T
        return cls(bent, cross, inverse)

    def learn(self, change: Floats, bend: Floats) -> Hessian:
        """What a step (m,) has shown: the gradient's own change by it, (m,), the rest as it was.

        The update of Broyden, Fletcher, Goldfarb and Shanno (1970), which stays positive definite.
        """
        foreseen = self.bent @ change
        curved, expected = float(change @ bend), float(change @ foreseen)
        if not (curved > LEAST * expected > 0):
            return self
        bent = self.bent if self.own else self.bent.copy(order="F")
        bent = blas.dger(1.0 / curved, bend, bend, a=bent, overwrite_a=1)
        bent = blas.dger(-1.0 / expected, foreseen, foreseen, a=bent, overwrite_a=1)
        return replace(self, bent=bent, own=True)


def inverted(bend: Floats) -> Floats:
    """The pseudo-inverse of second derivatives in intercepts, (K, K)."""
    if len(bend) == 1:
        return inverse_above(bend, 0.0)
    return np.asarray(np.linalg.pinv(bend, hermitian=True), dtype=float)


@dataclass(frozen=True)
class Step:
    """Where a quadratic model has its minimum."""

    change: Floats  # (m,)
    intercepts: Floats  # (K,), their change; (0,) where there are none
    decrease: float  # of the objective, by the model

    def full(self, columns: Integers, shape: tuple[int, ...]) -> Floats:
        """As a change of parameters (K, w), of which the step is about some columns."""
        change = np.zeros(shape)
        change[:, columns] = self.change.reshape(shape[0], -1)
        if len(self.intercepts):
            change[:, -1] = self.intercepts
        return change


@dataclass(frozen=True)
class Model:
    """One model's objective near its coefficients b, (m,)."""

    hessian: Hessian
    coefficients: Floats  # b
    gradient: Floats  # g_b, (m,)
    intercept_gradient: Floats  # g_0, (K,), or (0,)

    def minimise(self, l1: Floats, l2: Floats, limits: Limits | None = None) -> Step:
        """The step to its minimum with the penalty's strengths, (m,), between limits if any."""
        H, b, shift = self.hessian, self.coefficients, self.intercept_gradient
        g = self.gradient - H.cross @ (H.inverse @ shift)
        hold = np.where((l1 == 0) & (l2 == 0), HOLD * H.bent.diagonal().max(initial=0.0), 0.0)
        bent = H.bent + np.diag(hold) if hold.any() else H.bent
        found = _minimum(bent, bent @ b - g, l1, l2, b, limits=limits)
        d = found - b
        penalty = l1 @ (np.abs(found) - np.abs(b)) + l2 @ (found**2 - b**2) / 2.0
        rise = d @ (g + H.bent @ d / 2.0) + penalty - shift @ H.inverse @ shift / 2.0
        return Step(d, -H.inverse @ (shift + H.cross.T @ d), -float(rise))


def _minimum(  # noqa: PLR0913 - a quadratic, its penalty, and where to look
    H: Floats, target: Floats, l1: Floats, l2: Floats, start: Floats, *, limits: Limits | None
) -> Floats:
    """The b of least b'H b / 2 - b'target + penalty, between limits if there are any."""
    if limits is None and not l1.any():
        return _ridge(H, target, l2)
    lower, upper = (None, None) if limits is None else (limits.lower, limits.upper)
    compiled = follow(
        GramProblem(H, target, 1.0),
        PathPenalty(np.ones(1), np.ones(1), pull=l1, ridge=l2, lower=lower, upper=upper),
        tol=FINE,
        most=SETTLES,
        start=start,
        exact=True,
    )
    if compiled is not None and compiled.sweeps[0] < SETTLES:
        return compiled.coefficients[:, 0]
    found = solve_near(GramProblem(H, target, 1.0), l1, l2, start, lower=lower, upper=upper)
    return _descend(H, target, l1, l2, start, limits=limits) if found is None else found[0]


def _descend(  # noqa: PLR0913 - as above
    H: Floats, target: Floats, l1: Floats, l2: Floats, start: Floats, *, limits: Limits | None
) -> Floats:
    """A lower point, by coordinate descent, where the support does not settle."""
    b, gradient = start.copy(), target - H @ start
    for _ in range(SWEEPS):
        for j in np.flatnonzero(H.diagonal() + l2 > 0):
            pull = gradient[j] + H[j, j] * b[j]
            new = np.sign(pull) * max(abs(pull) - l1[j], 0.0) / (H[j, j] + l2[j])
            if limits is not None:
                new = min(max(new, limits.lower[j]), limits.upper[j])
            gradient -= H[j] * (new - b[j])
            b[j] = new
    return b


def _ridge(H: Floats, target: Floats, l2: Floats) -> Floats:
    """The same without an L1 penalty: a linear system, of least norm where it is singular."""
    system = H + np.diag(l2)
    if (l2 > 0).all():
        return np.asarray(np.linalg.solve(system, target))
    return np.asarray(np.linalg.lstsq(system, target)[0])
