"""Newton's method for groups that have coefficients: correlated columns, which sweeps settle late.

Where every B_j (K,) is other than 0, so is the objective smooth. With u_j = B_j / |B_j| and
c_j = l1_j / |B_j| its second derivatives are those of K like problems, less one direction a group:

    H = I_K x M - sum_j c_j (u_j u_j' at j)      M = A'A + diag(l2 + c)

By Woodbury's identity a step -H^-1 g takes systems of as many unknowns as groups, whatever K is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats

STEPS = 5
HALVINGS = 8


def newton(  # noqa: PLR0913 - a least-squares problem, its penalty, and when to stop
    A: Floats, T: Floats, B: Floats, l1: Floats, l2: Floats, *, enough: float
) -> Floats:
    """Coefficients (K, s) of an objective that is no higher, near the least of these groups.

    Args:
        A: columns (m, s).
        T: targets (m, K).
        B: coefficients (K, s), no column all 0.
        l1: strength of the groups' norms, (s,), positive.
        l2: of half their squares, (s,).
        enough: what a step may promise for it to be the last; what it leaves is much less.
    """
    gram = A.T @ A
    for _ in range(STEPS):
        size = np.linalg.norm(B, axis=0)
        if not size.all():
            break
        smooth = (A @ B.T - T).T @ A + l2 * B
        slope = smooth + l1 * B / size
        try:
            D = -_solve(gram + np.diag(l2), B / size, l1 / size, slope)
        except np.linalg.LinAlgError:
            break
        bend = float(np.sum((A @ D.T) ** 2) + l2 @ np.sum(D**2, axis=0))
        rise = float(np.vdot(smooth, D))
        step = 1.0
        for _ in range(HALVINGS):
            change = step * rise + step**2 / 2 * bend
            change += float(l1 @ (np.linalg.norm(B + step * D, axis=0) - size))
            if change < 0:
                break
            step /= 2
        else:
            break
        B = B + step * D
        if -float(np.vdot(slope, D)) <= enough:
            break
    return B


def _solve(gram: Floats, u: Floats, c: Floats, slope: Floats) -> Floats:
    """H^-1 g, (K, s), with u (K, s), c (s,) and g (K, s)."""
    inverse = np.linalg.inv(gram + np.diag(c))
    plain = slope @ inverse
    own = np.diag(1 / c) - inverse * (u.T @ u)
    back = np.linalg.solve(own, np.sum(u * plain, axis=0))
    return np.asarray(plain + (u * back) @ inverse)
