"""Yes or no: the log-odds of the positive class are linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

from runner.core.likelihood import RowWise

if TYPE_CHECKING:
    from runner.records import Floats


class LogLoss(RowWise):
    """The logistic loss of y from 0 to 1, l = log(1 + exp(eta)) - y eta."""

    def loss(self, y: Floats, eta: Floats) -> Floats:
        """Minus the log of the probability of what was observed."""
        return np.asarray(np.logaddexp(0.0, eta) - y * eta)

    def slope(self, y: Floats, eta: Floats) -> Floats:
        """The probability less the observed share."""
        return np.asarray(probability(eta) - y)

    def bend(self, y: Floats, eta: Floats) -> Floats:
        """The variance of one draw."""
        del y
        p = probability(eta)
        return np.asarray(p * (1.0 - p))

    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """Minus the entropy of the probability y + slope."""
        p = np.clip(y + slope, 0.0, 1.0)
        return np.asarray(xlogy(p, p) + xlogy(1.0 - p, 1.0 - p))

    def least(self, y: Floats) -> Floats:
        """The entropy of y, 0 for 0 and 1."""
        return np.asarray(-xlogy(y, y) - xlogy(1.0 - y, 1.0 - y))

    def link(self, mean: float) -> float:
        """Log-odds."""
        return float(np.log(mean) - np.log1p(-mean))


def probability(eta: Floats) -> Floats:
    """1 / (1 + exp(-eta)); numpy's exp is several times faster than scipy's expit."""
    with np.errstate(over="ignore"):  # exp is infinite then, and the probability 0
        p = np.exp(-eta)
    p += 1.0
    return np.reciprocal(p, out=p)
