"""Residuals come in; they go out in order, beside the quantiles that normal ones would have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from runner.records import Floats


@dataclass(frozen=True)
class NormalQuantiles:
    """The points of a normal quantile plot."""

    expected: Floats  # (n,) of a normal distribution of mean 0 and variance 1
    residual: Floats  # (n,) rising


def normal_quantiles(residual: Floats) -> NormalQuantiles:
    """Residuals (n,) in order, the i-th beside the normal quantile of (i - 3/8) / (n + 1/4).

    Blom's (1958) positions, near the means of normal order statistics whatever n is. R's qqnorm has
    them for up to 10 values, qnorm(ppoints(n, a = 3/8)) for any number.
    """
    n = len(residual)
    position = (np.arange(1, n + 1) - 3 / 8) / (n + 1 / 4)
    return NormalQuantiles(special.ndtri(position), np.sort(residual))
