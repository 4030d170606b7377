"""Least squares from a Gram matrix: plain, of least norm, and non-negative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from runner.records import Floats

EPS = float(np.finfo(float).eps)


def pseudo_inverse(gram: Floats) -> Floats:
    """The Moore-Penrose inverse of a positive semidefinite matrix, (p, p).

    A regular matrix is inverted in units in which its diagonal is 1: the inverse does not depend on
    the units, its rounding does.
    """
    if not len(gram):
        return gram
    unscale = inverse_above(np.sqrt(np.diag(gram)), 0.0)
    d, V = np.linalg.eigh(gram * np.outer(unscale, unscale))
    if d[0] > len(d) * EPS * d[-1]:
        return np.asarray((V / d) @ V.T * np.outer(unscale, unscale))
    d, V = np.linalg.eigh(gram)
    return np.asarray((V * inverse_above(d, len(d) * EPS * d[-1])) @ V.T)


def inverse_above(d: Floats, cutoff: float) -> Floats:
    """1 / d where d is above the cutoff, else 0."""
    return np.divide(1.0, d, out=np.zeros_like(d), where=d > cutoff)


def solve_nonnegative(H: Floats, c: Floats) -> tuple[Floats, bool]:
    """Minimise b' H b / 2 - b' c over b >= 0, for a positive semidefinite H.

    In units in which H has a unit diagonal, with H = V diag(d) V', it is the least-squares problem
    of the rows diag(d)^(1/2) V' and targets diag(d)^(-1/2) V' c, which Lawson and Hanson's active
    set method (`scipy.optimize.nnls`) solves exactly.

    Args:
        H: Quadratic term, (p, p). A column whose diagonal is 0 gets the coefficient 0.
        c: Linear term, (p,), in the range of H.

    Returns:
        The coefficients, (p,), and whether the method ended by itself.
    """
    b = np.zeros_like(c)
    # a column of zeros would come back from V as one of rounding errors, and be fitted
    varying = np.flatnonzero(np.diag(H) > 0)
    if not len(varying):
        return b, True
    unscale = 1 / np.sqrt(np.diag(H)[varying])
    d, V = np.linalg.eigh(H[np.ix_(varying, varying)] * np.outer(unscale, unscale))
    kept = d > len(d) * EPS * d[-1]
    root = np.sqrt(d[kept])
    try:
        solution, _ = nnls(
            root[:, None] * V[:, kept].T, V[:, kept].T @ (unscale * c[varying]) / root
        )
    except RuntimeError:  # its own limit of iterations
        return b, False
    b[varying] = unscale * solution
    return b, True
