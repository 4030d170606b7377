"""Positive amounts: the log of the mean is linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import xlogy

from runner.core.likelihood import RowWise, log_mean
from runner.family.estimators import PenalisedFit, gamma_estimator
from runner.family.log_link import LogLink
from runner.family.targets import amounts

if TYPE_CHECKING:
    from runner.records import Floats, Matrix, Observed, Table


class GammaLoss(RowWise):
    """Half the gamma deviance but for a constant, with the log link: l = y exp(-eta) + eta."""

    compiled = "gamma"

    def loss(self, y: Floats, eta: Floats) -> Floats:
        """The target as a share of the mean, and the log of the mean."""
        return np.asarray(y * np.exp(-eta) + eta)

    def slope(self, y: Floats, eta: Floats) -> Floats:
        """1 less the share."""
        return np.asarray(1.0 - y * np.exp(-eta))

    def bend(self, y: Floats, eta: Floats) -> Floats:
        """The share: the observed curvature, not the expected one, which is 1."""
        return np.asarray(y * np.exp(-eta))

    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """With the share r = 1 - slope, r log(r / y) - r."""
        share = np.maximum(1.0 - slope, 0.0)
        return np.asarray(xlogy(share, share / y) - share)

    def least(self, y: Floats) -> Floats:
        """Where the mean is the target."""
        return np.asarray(1.0 + np.log(y))

    def start(self) -> float:
        """The log of the mean, each target a share of its exposure."""
        logs = np.log(self.y)
        return log_mean(self.share, logs if self.offset is None else logs - self.offset)


class Gamma(LogLink):
    """Positive amounts of constant relative spread, with the log link."""

    name: Literal["gamma"]

    def settle(self, table: Table) -> Table:
        """Positive amounts."""
        return amounts(table)

    def likelihood(self, observed: Observed) -> GammaLoss:
        """Of some rows."""
        return GammaLoss(observed)

    def information(self, Z: Floats, observed: Observed, eta: Floats, freedom: int) -> Floats:
        """The expected one, of Pearson's dispersion, as R's glm has it."""
        log_mean = eta[:, 0] if observed.offset is None else eta[:, 0] + observed.offset
        excess = observed.y * np.exp(-log_mean) - 1.0
        dispersion = float(observed.weight @ excess**2) / freedom
        return np.asarray(Z.T @ (Z * observed.weight[:, None]) / dispersion)

    def regressors(self, observed: Observed) -> Floats:
        """The logs of the amounts."""
        return np.log(observed.y)[:, None]

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A GammaRegressor."""
        del X, observed
        return gamma_estimator(found)
