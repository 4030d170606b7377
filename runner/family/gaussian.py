"""Squared error: the mean of the target is linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from runner.core.likelihood import RowWise
from runner.core.metrics import FROM_MOMENTS, METRICS
from runner.family.base import Family

if TYPE_CHECKING:
    from runner.core.metrics import MetricName
    from runner.records import Floats, Observed, Table


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

    def link(self, mean: float) -> float:
        """The mean itself."""
        return mean


class Gaussian(Family):
    """The normal distribution, whose log-likelihood is the squared error."""

    name: Literal["gaussian"]
    metrics: ClassVar[tuple[MetricName, ...]] = METRICS
    trial_metrics: ClassVar[tuple[MetricName, ...]] = tuple(
        metric for metric in METRICS if metric in FROM_MOMENTS
    )

    @property
    def squared(self) -> bool:
        """It is."""
        return True

    def settle(self, table: Table) -> Table:
        """As it is."""
        return table

    def likelihood(self, observed: Observed) -> SquaredError:
        """Of some rows."""
        return SquaredError(observed)
