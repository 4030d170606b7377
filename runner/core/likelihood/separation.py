"""Rows of a likelihood without a penalty come in; whether it has a minimum goes out.

It has none where some direction d of the coefficients lowers no row's likelihood, however far one
goes, and raises that of at least one: the rows are separated (Albert & Anderson 1984). Such
directions are those with

    a_i'd >= 0 for all i,     e_j'd = 0 for all j,     a_i'd > 0 for some i,

which a linear program finds if there is one (Konis 2007). Where a coefficient has a limit, d_j may
not point beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from runner.core.path import Limits
    from runner.records import Floats, Matrix

CLEAR = 1e-4  # what a'd must reach at some row, with |d_j| <= 1 and columns of spread 1
ROUNDING = 1e-6  # below 0, where it may lie at the others
SECONDS = 30.0  # after which the question is left open


@dataclass(frozen=True)
class Cone:
    """The directions in which no row becomes less likely."""

    at_least: Matrix  # (m, p), the a_i
    equal: Matrix | None = None  # (r, p), the e_j


def separating(cone: Cone, limits: Limits | None = None) -> Floats | None:
    """A direction (p,) in which the likelihood rises without end; None if none was found.

    Args:
        cone: of the rows.
        limits: of the first of the p coefficients, or of all; the others have none.
    """
    from scipy.optimize import linprog  # only models without a penalty need it

    A: Any = cone.at_least
    E: Any = None if cone.equal is None or not cone.equal.shape[0] else cone.equal
    if not A.shape[0]:
        return None
    found = linprog(
        -np.asarray(A.sum(axis=0)).ravel() / A.shape[0],
        A_ub=-A,
        b_ub=np.zeros(A.shape[0]),
        A_eq=E,
        b_eq=None if E is None else np.zeros(E.shape[0]),
        bounds=_ways(limits, A.shape[1]),
        method="highs",
        options={"time_limit": SECONDS},
    )
    if found.x is None:
        return None
    gained = A @ found.x
    kept = gained.min() >= -ROUNDING and (E is None or np.all(np.abs(E @ found.x) <= ROUNDING))
    return np.asarray(found.x) if kept and gained.max() > CLEAR else None


def _ways(limits: Limits | None, count: int) -> list[tuple[float, float]]:
    """How far each coefficient of a direction may go down and up."""
    if limits is None:
        return [(-1.0, 1.0)] * count
    down = np.where(np.isfinite(limits.lower), 0.0, -1.0).tolist()
    up = np.where(np.isfinite(limits.upper), 0.0, 1.0).tolist()
    known = list(zip(down, up, strict=True))
    return [*known, *[(-1.0, 1.0)] * (count - len(known))]
