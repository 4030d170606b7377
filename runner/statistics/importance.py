"""What a squared error gains, on average, where some columns are permuted: no row is drawn.

Of n rows with residuals e and t = x_A'b_A, what the columns A contribute to a prediction, a random
permutation of A's values over the rows makes the residuals e_i + t_i - t_pi(i). As pi(i) is every
row alike, the mean of their squares is on average

    var(e + t) + var(t) + mean(e)^2 = mean(e^2) + 2 cov(e, t) + 2 var(t),

variances and covariance of divisor n. With row weights, values are drawn as often as rows count.
This is what scikit-learn's permutation_importance tends to with many repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.moments import ValidationMoments
    from runner.records import Floats, Integers


def contributions(coefficients: Floats, sets: Sequence[Integers]) -> Floats:
    """Coefficients (q, s), those of each set of columns in a column of its own."""
    parts = np.zeros((len(coefficients), len(sets)))
    for at, columns in enumerate(sets):
        parts[columns, at] = coefficients[columns]
    return parts


def permuted_increase(
    side: ValidationMoments, coefficients: Floats, sets: Sequence[Integers]
) -> Floats:
    """The gain in mean squared error, (s,), by permuting each set of columns, from moments.

    With H and q those of the side, cov(e, t) = b_A'(q - H b)_A and var(t) = b_A'H b_A.

    Args:
        side: the validation side.
        coefficients: (q,).
        sets: the columns of each set.
    """
    parts = contributions(coefficients, sets)
    with_errors = parts.T @ (side.q - side.H @ coefficients)
    spread = np.einsum("qs,qs->s", parts, side.H @ parts)
    return np.asarray(2 * with_errors + 2 * spread)


def permuted_increase_of_rows(contributed: Floats, errors: Floats, weight: Floats) -> Floats:
    """The same, (s,), from what each set contributes to each row, (n, s).

    Args:
        contributed: t, of each set.
        errors: e, (n,).
        weight: (n,).
    """
    share = weight / weight.sum()
    t = contributed - share @ contributed
    return np.asarray(2 * ((share * (errors - share @ errors)) @ t + share @ t**2))
