"""What every family offers: what a target may be, its likelihood, its metrics and its estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runner.core.metrics import FAMILY_METRICS, TRIAL_METRICS, scoring_of
from runner.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from runner.core.likelihood import Cone, Likelihood
    from runner.core.metrics import MetricName, Scoring
    from runner.family.estimators import PenalisedFit
    from runner.family.shown import Shown
    from runner.records import Floats, Integers, Matrix, Observed, Table

Averaged = Literal["classes", "numbers", "survival"]


@dataclass(frozen=True)
class Trained:
    """What a model was fitted to, and its linear predictors there."""

    observed: Observed
    eta: Callable[[], Floats]  # gives (n, K), offsets within


class Family(Spec):
    """A distribution of the target, with the link from linear predictors to it.

    Models minimise, over coefficients b of standardised columns and a free intercept,

        sum_i w_i l(y_i, eta_i) / sum_i w_i + alpha * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2)

    with l the negative log-likelihood, constants left out: alpha is glmnet's lambda.
    """

    name: str
    # what the target's column holds: numbers, or labels of classes, which may be numbers too
    reads: ClassVar[Literal["numbers", "labels"]] = "numbers"
    # whether dataset.offset and dataset.exposure are used, and dataset.event
    takes_offset: ClassVar[bool] = True
    takes_event: ClassVar[bool] = False
    # whether a saved model has outcomes of single training rows
    keeps_rows: ClassVar[bool] = False
    # whether coefficients may have limits
    takes_limits: ClassVar[bool] = True
    # whether exponentials of coefficients are odds, rate, mean or hazard ratios
    ratios: ClassVar[bool] = True
    has_intercept: ClassVar[bool] = True
    # whether coefficients are those of a response against another, the first: without a penalty
    has_reference: ClassVar[bool] = False
    # what several models that are averaged predict
    averaged: ClassVar[Averaged] = "numbers"

    @property
    def squared(self) -> bool:
        """Whether the loss is squared error, which moments give."""
        return False

    @property
    def metrics(self) -> tuple[MetricName, ...]:
        """Those of a winner; the first is optimised where the config names none."""
        return FAMILY_METRICS[self.name]  # type: ignore[index]

    @property
    def trial_metrics(self) -> tuple[MetricName, ...]:
        """Those of every trial, as they cost little."""
        return TRIAL_METRICS[self.name]  # type: ignore[index]

    def settle(self, table: Table) -> Table:
        """The table with the target as the likelihood wants it.

        Raises:
            DataError: the target cannot be one of this family; the message says what it holds.
        """
        raise NotImplementedError

    def strata(self, table: Table) -> Integers | None:
        """What each fold must have its share of, a code per row (n,); None if nothing is."""
        del table
        return None

    def likelihood(self, observed: Observed) -> Likelihood:
        """Of some rows that train."""
        raise NotImplementedError

    def cone(self, Z: Floats, observed: Observed) -> Cone | None:
        """The directions in which no row that trains becomes less likely; None: there are none.

        Args:
            Z: columns (n, w), that of the intercept among them.
            observed: of the same rows, each of positive weight.
        """
        del Z, observed
        return None

    def without_class_weight(self) -> Family:
        """The family whose likelihood is that of the rows as they are."""
        return self

    def information(self, Z: Floats, observed: Observed, eta: Floats, freedom: int) -> Floats:
        """What rows tell of coefficients without a penalty, (K w, K w): the inverse covariance.

        Args:
            Z: columns (n, w).
            observed: of the same rows; a weight counts as so many rows.
            eta: linear predictors (n, K) of the estimates, offsets not within.
            freedom: residual degrees of freedom, of which a dispersion is estimated.
        """
        del freedom
        curvature = self.likelihood(observed).curvature(eta)
        return curvature.cross(Z) * float(observed.weight.sum())

    def count_observations(self, observed: Observed) -> int:
        """Of which coefficients take a degree of freedom each."""
        return len(observed.y)

    def regressors(self, observed: Observed) -> Floats:
        """What an imputation for inference knows of the outcome, (n, k), but for the offset.

        Features should depend on it about linearly, given the others.
        """
        return observed.y.reshape(len(observed.y), -1)

    def scoring(self, validation: Observed, training: Observed) -> Scoring:
        """Of some rows, by models that were fitted to others."""
        return scoring_of(self.name, validation, training)  # type: ignore[arg-type]

    def test_scoring(
        self,
        validation: Observed,
        training: Observed,
        threshold: float | None,
    ) -> Scoring:
        """Of test rows, by the model that is saved, which may decide otherwise than a trial's."""
        del threshold
        return self.scoring(validation, training)

    def decide(self, observed: Observed, predicted: Floats) -> float | None:
        """The probability from which the saved model calls a row positive; None if it does not.

        Args:
            observed: of rows, (n,).
            predicted: of the same rows, out of fold.

        Raises:
            FitError: the rows do not allow for a choice.
        """
        del observed, predicted
        return None

    def pool(self, etas: Floats) -> Floats:
        """The linear predictors (n, c, K) of the mean of what models (d, n, c, K) predict."""
        raise NotImplementedError

    def predicted(self, eta: Floats, trained: Trained) -> Floats:
        """What is predicted at linear predictors (n, K): (n,) or (n, m), as it is shown.

        Args:
            eta: complete, offsets within.
            trained: what the model was fitted to.
        """
        raise NotImplementedError

    def predicted_by(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        eta: Floats,
        trained: Trained,
    ) -> Floats:
        """What a saved model predicts, as it is shown.

        Args:
            model: fitted.
            features: rows, (n,).
            eta: its linear predictors there (n, K), offsets within.
            trained: what it was fitted to.
        """
        del model, features
        return self.predicted(eta, trained)

    def responses(self, table: Table) -> tuple[Any, ...]:
        """What each of several responses is called; nothing where there is one."""
        del table
        return ()

    def shown(self, threshold: float, labels: tuple[Any, ...]) -> Shown:
        """How predictions are shown.

        Args:
            threshold: from which a probability is that of the positive class.
            labels: of the classes.
        """
        raise NotImplementedError

    def estimator(self, found: PenalisedFit, X: Matrix, observed: Observed) -> Any:  # noqa: ANN401
        """A fitted estimator, scikit-learn's own where it has one, with a solution set on it.

        Args:
            found: the solution.
            X: what it was fitted to, (n, q).
            observed: the same rows.
        """
        raise NotImplementedError

    def linear_predictors(
        self,
        model: Any,  # noqa: ANN401 - a Pipeline or an average of them
        features: pd.DataFrame,
        labels: tuple[Any, ...],
    ) -> Floats:
        """Of a fitted Pipeline, or an average of them, for a data frame's rows: (n, K).

        Offsets are not in them.
        """
        raise NotImplementedError
