"""The frozen records that the stages hand to one another; no behaviour beyond derived values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class GramProblem:
    """A least-squares problem as cross products, already centred and scaled.

    With row weights w and W = sum(w), X (n, p) and y (n,) centred (if an intercept is fitted):

        gram = X' diag(w) X / W      xy = X' diag(w) y / W      yy = y' diag(w) y / W

    and the elastic-net objective of coefficients b is

        b' gram b / 2 - b' xy + yy / 2 + alpha * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2).
    """

    gram: Floats  # (p, p)
    xy: Floats  # (p,)
    yy: float


@dataclass(frozen=True)
class RowProblem:
    """The same problem kept as rows, for when columns outnumber rows.

    The columns that the solver works on are (X - centre) / scale, which are never formed for a
    sparse X. `y` is centred already. The objective is GramProblem's.
    """

    X: Floats | sparse.csc_array  # (n, p)
    y: Floats  # (n,)
    weight: Floats  # (n,), not negative
    centre: Floats  # (p,)
    scale: Floats  # (p,), positive


@dataclass(frozen=True)
class Path:
    """Solutions for one l1_ratio along alphas, in the order in which the alphas were given."""

    alphas: Floats  # (a,)
    coefficients: Floats  # (p, a)
    dual_gaps: Floats  # (a,), in the units of the objective
    iterations: Integers  # (a,)
    converged: Booleans  # (a,)
