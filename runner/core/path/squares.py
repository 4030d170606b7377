"""Least squares from a Gram matrix: the inverse, of least norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    unscale = inverse_above(np.sqrt(np.maximum(np.diag(gram), 0.0)), 0.0)
    d, V = np.linalg.eigh(gram * np.outer(unscale, unscale))
    if d[0] > len(d) * EPS * d[-1]:
        return np.asarray((V / d) @ V.T * np.outer(unscale, unscale))
    d, V = np.linalg.eigh(gram)
    return np.asarray((V * inverse_above(d, len(d) * EPS * d[-1])) @ V.T)


def inverse_above(d: Floats, cutoff: float) -> Floats:
    """1 / d where d is above the cutoff, else 0."""
    return np.divide(1.0, d, out=np.zeros_like(d), where=d > cutoff)
