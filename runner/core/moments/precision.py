"""Moments of a training side come in; the reason not to trust answers from them goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cholesky, lapack

from runner.core.moments.gram_problem import column_variance

if TYPE_CHECKING:
    from runner.core.moments.fill import Filled
    from runner.core.moments.gram_problem import Standardisation
    from runner.records import Floats


def doubt(
    train: Filled,
    standardisation: Standardisation,
    *,
    loss_limit: float = 1e6,
    condition_limit: float | None = None,
) -> str | None:
    """Say why answers from these moments cannot be trusted, or None if they can.

    A column's variance is what is left of its mean square about the shift: with their ratio r,
    log10(r) of the 16 digits are lost in it, and in the column's covariances. The limit of 1e6
    leaves relative errors of about 1e-10 times the growth over the rows. Scales do not matter,
    as every step is made column by column.

    Args:
        train: The training side.
        standardisation: What was learnt from it.
        loss_limit: Largest r of a column that is not constant, and of the target.
        condition_limit: Largest condition number of the columns' correlations, for models with
            next to no penalty; None asks nothing, as a penalty makes collinear columns harmless.
    """
    loss = cancellation(train)
    loss[:-1][train.constant] = 1.0
    worst = int(np.argmax(loss))
    if not loss[worst] <= loss_limit:
        name = "the target" if worst == train.n_columns else f"column {worst}"
        return (
            f"{name} has a mean square about its shift {loss[worst]:.1e} times its variance, "
            f"but sums keep enough digits only up to {loss_limit:.0e}"
        )
    if condition_limit is None:
        return None
    number = condition(train, standardisation)
    if number <= condition_limit:
        return None
    return (
        f"the columns' correlations have a condition number of {number:.1e}, "
        f"but answers without a penalty are exact only up to {condition_limit:.0e}"
    )


def cancellation(filled: Filled) -> Floats:
    """Ratio of mean square about the centre to variance, at least 1: (q + 1,), the target last.

    A target with a single value has ratio 1, as its variance is known to be 0.
    """
    square = np.diagonal(filled.cross)[1:] / filled.weight
    y_mean = filled.cross[0, -1] / filled.weight
    variance = np.append(column_variance(filled), max(square[-1] - y_mean**2, 0.0))
    kept = np.where(square > 0, variance / np.where(square > 0, square, 1.0), 1.0)
    kept[-1] = 1.0 if filled.y_constant else kept[-1]
    ratio: Floats = 1.0 / np.maximum(kept, np.finfo(np.float64).tiny)
    return ratio


def condition(train: Filled, standardisation: Standardisation) -> float:
    """Estimate the 1-norm condition number of the correlations of the columns that vary.

    LAPACK's pocon on a Cholesky factor; infinite where there is none.
    """
    vary = ~standardisation.constant
    if not vary.any():
        return 1.0
    s = (train.cross[0, 1:-1] / train.weight)[vary]
    covariance = train.cross[1:-1, 1:-1][np.ix_(vary, vary)] / train.weight - np.outer(s, s)
    deviation = np.sqrt(np.diagonal(covariance))
    correlation = covariance / deviation[:, None] / deviation
    try:
        factor = cholesky(correlation)
    except LinAlgError:
        return float("inf")
    reciprocal, _ = lapack.dpocon(factor, float(np.abs(correlation).sum(axis=0).max()))
    return float(1 / reciprocal) if reciprocal > 0 else float("inf")
