"""A penalised likelihood to minimise, and its solutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood
    from runner.core.path.settings import Limits
    from runner.records import Booleans, Floats, Integers, Matrix


@dataclass(frozen=True)
class LikelihoodProblem:
    """Rows as a model sees them, and what they say of the outcome.

    With linear predictors eta_i = b0 + B x_i, its objective is

        L(eta) + alpha * (l1_ratio |B|_1 + (1 - l1_ratio) |B|_F^2 / 2),

    with the sum of norms |B_j|_2 in the place of |B|_1 where the likelihood is `grouped`.
    """

    X: Matrix  # (n, q), columns of like size
    likelihood: Likelihood
    fit_intercept: bool

    @property
    def with_intercept(self) -> bool:
        """Whether b0 is free, and says anything."""
        return self.fit_intercept and self.likelihood.has_intercept


@dataclass(frozen=True)
class Penalty:
    """The penalty of each of c models: alpha and l1_ratio, (c,), and the columns' factors, (q,).

    Coefficients may have limits, which are those of each response.
    """

    alpha: Floats
    l1_ratio: Floats
    factors: Floats
    limits: Limits | None = None

    def of(self, model: int, columns: Integers, responses: int) -> tuple[Floats, Floats]:
        """One model's L1 and L2 strength of some columns, (K k,) each, response by response."""
        f = np.tile(self.factors[columns], responses)
        alpha, ratio = self.alpha[model], self.l1_ratio[model]
        return alpha * ratio * f, alpha * (1.0 - ratio) * f

    def bounds(self, columns: Integers, responses: int) -> Limits | None:
        """The limits of some columns' coefficients, (K k,), if there are any."""
        if self.limits is None:
            return None
        return self.limits.take(np.tile(columns, responses))

    def value(self, models: Integers, parameters: Floats) -> Floats:
        """The penalty, (m,), of some models' parameters (m, K, w), the first q of w penalised."""
        coefficients = parameters[:, :, : len(self.factors)]
        l1 = np.abs(coefficients).sum(axis=1) @ self.factors
        l2 = (coefficients**2).sum(axis=1) @ self.factors / 2.0
        alpha, ratio = self.alpha[models], self.l1_ratio[models]
        return np.asarray(alpha * (ratio * l1 + (1.0 - ratio) * l2))


@dataclass(frozen=True)
class LikelihoodPaths:
    """Solutions of c models along falling alphas."""

    intercepts: Floats  # (a, c, K)
    coefficients: Floats  # (a, c, K, q)
    dual_gaps: Floats  # (a, c), in the units of the objective
    iterations: Integers  # (a, c), of Newton's method
    converged: Booleans  # (a, c)
