"""Rubin's rules: estimates and variances of several imputations in, one estimate each out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

if TYPE_CHECKING:
    from runner.records import Floats


def pool_estimates(
    estimates: Floats, variances: Floats, *, freedom: float, level: float
) -> pd.DataFrame:
    """Pool what M imputations say of q parameters.

    With estimates Q_m, variances U_m, their means Q and U, and B the variance of the Q_m,

        T = U + (1 + 1/M) B    lambda = (1 + 1/M) B / T    r = (1 + 1/M) B / U

    is the total variance, and Q has a t distribution (Rubin 1987) with the degrees of freedom nu
    of Barnard & Rubin (1999), given those of complete data, f:

        nu_1 = (M - 1) / lambda^2    nu_2 = f (f + 1) / (f + 3) (1 - lambda)
        nu = 1 / (1/nu_1 + 1/nu_2)   fraction missing = (r + 2 / (nu + 3)) / (1 + r)

    Args:
        estimates: (M, q).
        variances: (M, q), squared standard errors.
        freedom: f, residual degrees of freedom of the complete data.
        level: of the intervals.

    Returns:
        A row per parameter: estimate, se, low, high, p (two-sided, of 0), df, within (U), between
        (B), fraction_missing.
    """
    M = len(estimates)
    Q, U, B = estimates.mean(axis=0), variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    extra = (1 + 1 / M) * B
    T = U + extra
    # a parameter without any variance is known exactly
    share = np.divide(extra, T, out=np.zeros_like(T), where=T > 0)
    ratio = np.divide(extra, U, out=np.zeros_like(U), where=U > 0)
    second = freedom * (freedom + 1) / (freedom + 3) * (1 - share)
    nu = 1 / (share**2 / (M - 1) + 1 / second)
    se = np.sqrt(T)
    reach = stats.t.ppf((1 + level) / 2, nu) * se
    away = np.divide(np.abs(Q), se, out=np.where(Q == 0, 0.0, np.inf), where=se > 0)
    return pd.DataFrame(
        {
            "estimate": Q,
            "se": se,
            "low": Q - reach,
            "high": Q + reach,
            "p": 2 * stats.t.sf(away, nu),
            "df": nu,
            "within": U,
            "between": B,
            "fraction_missing": (ratio + 2 / (nu + 3)) / (1 + ratio),
        }
    )
