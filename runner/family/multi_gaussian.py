"""Several targets by squared error, each feature in or out for all of them together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from runner.core.likelihood import RowCurvature
from runner.family.base import Family, Trained
from runner.family.estimators import PenalisedFit, multi_gaussian_estimator
from runner.family.shown import shown_targets
from runner.family.targets import several_targets

if TYPE_CHECKING:
    import pandas as pd

    from runner.family.shown import Shown
    from runner.records import Floats, Matrix, Observed, Table


class SquaredCurvature:
    """The same for each of K targets, which do not know of one another."""

    def __init__(self, share: Floats, targets: int) -> None:
        self.rows = RowCurvature(share)
        self.targets = targets

    def cross(self, Z: Matrix) -> Floats:
        """The block of one target, (k, k), K times along the diagonal."""
        return np.asarray(np.kron(np.eye(self.targets), self.rows.cross(Z)))

    def bound(self) -> Floats:
        """Of each row, the same for all targets, (n, K)."""
        return np.repeat(self.rows.bound(), self.targets, axis=1)

    def total(self) -> Floats:
        """The sum over the rows, (K, K)."""
        return np.asarray(np.eye(self.targets) * self.rows.total()[0, 0])


class SquaredErrors:
    """The mean of half the squared distance of targets from predictions, l = |y - eta|^2 / 2.

    Args:
        observed: the rows; y is (n, K). An offset is not taken.
    """

    has_intercept: ClassVar[bool] = True
    grouped: ClassVar[bool] = True

    def __init__(self, observed: Observed) -> None:
        self.y = observed.y
        self.share = observed.weight / observed.weight.sum()

    @property
    def responses(self) -> int:
        """The number of targets."""
        return int(self.y.shape[1])

    @cached_property
    def null_deviance(self) -> float:
        """The sum of the targets' variances; the least that L can be is 0."""
        return float(self.share @ ((self.y - self.null()) ** 2).sum(axis=1))

    def null(self) -> Floats:
        """The means, (K,)."""
        return np.asarray(self.share @ self.y)

    def value(self, eta: Floats) -> Floats:
        """L, (c,), of linear predictors (n, c, K)."""
        square = ((self.y[:, None] - eta) ** 2).sum(axis=2)
        return np.asarray(self.share @ square / 2.0)

    def gradient(self, eta: Floats) -> Floats:
        """Its derivative by each, (n, c, K)."""
        return np.asarray(self.share[:, None, None] * (eta - self.y[:, None]))

    def curvature(self, eta: Floats) -> SquaredCurvature:
        """At linear predictors (n, K), everywhere the same."""
        return SquaredCurvature(self.share, eta.shape[1])

    def conjugate(self, slope: Floats) -> Floats:
        """The conjugate of L, (c,), at slopes (n, c, K); rows without weight add nothing."""
        counts = self.share > 0
        own, share = slope[counts], self.share[counts]
        squares = (own**2).sum(axis=2).T @ (1.0 / share) / 2.0
        return np.asarray(squares + np.einsum("nck,nk->c", own, self.y[counts]))


class MultiGaussian(Family):
    """Several targets with squared error, `dataset.target=[a, b]`.

    The penalty is that of glmnet's mgaussian and of scikit-learn's MultiTaskElasticNet,

        alpha * (l1_ratio sum_j |B_j|_2 + (1 - l1_ratio) |B|_F^2 / 2),

    with B_j the coefficients of feature j, which is in or out for all targets together. A target
    of large numbers has large errors, and so counts for more than one of small numbers.
    """

    name: Literal["multi_gaussian"]
    takes_offset: ClassVar[bool] = False
    takes_limits: ClassVar[bool] = False
    ratios: ClassVar[bool] = False

    def settle(self, table: Table) -> Table:
        """Several targets."""
        return several_targets(table)

    def likelihood(self, observed: Observed) -> SquaredErrors:
        """Of some rows."""
        return SquaredErrors(observed)

    def pool(self, etas: Floats) -> Floats:
        """The mean."""
        return np.asarray(etas.mean(axis=0))

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """The linear predictors themselves, (n, K)."""
        del trained
        return eta

    def responses(self, table: Table) -> tuple[Any, ...]:
        """The targets' names."""
        return table.target_names

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """Each target and its prediction."""
        del threshold, labels
        return shown_targets

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A MultiTaskElasticNet."""
        del X, observed
        return multi_gaussian_estimator(found)

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """What is predicted, (n, K)."""
        del labels
        return np.asarray(model.predict(features))
