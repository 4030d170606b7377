"""Counts: the log of the mean is linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

from runner.core.likelihood import RowWise

if TYPE_CHECKING:
    from runner.records import Floats


class PoissonLoss(RowWise):
    """Minus the log-likelihood of counts but for log(y!), l = exp(eta) - y eta."""

    def loss(self, y: Floats, eta: Floats) -> Floats:
        """The mean less y times its log."""
        return np.asarray(np.exp(eta) - y * eta)

    def slope(self, y: Floats, eta: Floats) -> Floats:
        """The mean less the count."""
        return np.asarray(np.exp(eta) - y)

    def bend(self, y: Floats, eta: Floats) -> Floats:
        """The mean."""
        del y
        return np.asarray(np.exp(eta))

    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """With the mean m = y + slope, m log m - m."""
        mean = np.maximum(y + slope, 0.0)
        return np.asarray(xlogy(mean, mean) - mean)

    def least(self, y: Floats) -> Floats:
        """Where the mean is the count."""
        return np.asarray(y - xlogy(y, y))

    def link(self, mean: float) -> float:
        """Its log."""
        return float(np.log(mean))
