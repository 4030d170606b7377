"""Squared error as a likelihood, for which there are other solvers to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.likelihood import RowWise

if TYPE_CHECKING:
    from runner.records import Floats


class SquaredError(RowWise):
    """Half the square, l = (y - eta)^2 / 2."""

    def loss(self, y: Floats, eta: Floats) -> Floats:
        """Half the square of the residual."""
        return np.asarray((y - eta) ** 2 / 2)

    def slope(self, y: Floats, eta: Floats) -> Floats:
        """The residual, its sign turned."""
        return eta - y

    def bend(self, y: Floats, eta: Floats) -> Floats:
        """Everywhere 1."""
        del y
        return np.ones_like(eta)

    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """Half the square of the slope, and the slope times y."""
        return np.asarray(slope**2 / 2 + slope * y)

    def least(self, y: Floats) -> Floats:
        """Every target can be met."""
        return np.zeros_like(y)

    def start(self) -> float:
        """The mean."""
        return float(self.share @ self.y) - self.mean_offset()
