"""Counts: the log of the mean is linear in the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from runner.core.likelihood import Cone, RowWise, log_mean, xlogx
from runner.family.estimators import PenalisedFit, poisson_estimator
from runner.family.log_link import LogLink
from runner.family.targets import counts

if TYPE_CHECKING:
    from runner.records import Floats, Matrix, Observed, Table


class PoissonLoss(RowWise):
    """Minus the log-likelihood of counts but for log(y!), l = exp(eta) - y eta."""

    compiled = "poisson"

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
        return xlogx(mean) - mean

    def least(self, y: Floats) -> Floats:
        """Where the mean is the count."""
        return y - xlogx(y)

    def start(self) -> float:
        """The log of the counts over the exposure."""
        exposure = 0.0 if self.offset is None else log_mean(self.share, self.offset)
        return float(np.log(self.share @ self.y)) - exposure


class Poisson(LogLink):
    """Counts, or rates per exposure, with the log link."""

    name: Literal["poisson"]

    def settle(self, table: Table) -> Table:
        """No negative count."""
        return counts(table)

    def likelihood(self, observed: Observed) -> PoissonLoss:
        """Of some rows."""
        return PoissonLoss(observed)

    def cone(self, Z: Floats, observed: Observed) -> Cone:
        """Those in which the mean of no row falls that counts, and that of no other rises."""
        none = observed.y == 0
        return Cone(-Z[none], Z[~none])

    def regressors(self, observed: Observed) -> Floats:
        """The counts, and their logs: with small effects features follow the former."""
        return np.column_stack([observed.y, np.log(observed.y + 0.5)])

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A PoissonRegressor."""
        del X, observed
        return poisson_estimator(found)
