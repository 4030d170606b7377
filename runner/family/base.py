"""What every family offers: what a target may be, its likelihood, its metrics and its estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.core.metrics import MetricName
from runner.spec import Spec

if TYPE_CHECKING:
    from runner.core.likelihood import Likelihood
    from runner.records import Integers, Observed, Table


class Family(Spec):
    """A distribution of the target, with the link from linear predictors to it.

    Models minimise, over coefficients b of standardised columns and a free intercept,

        sum_i w_i l(y_i, eta_i) / sum_i w_i + alpha * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2)

    with l the negative log-likelihood, constants left out: alpha is glmnet's lambda.
    """

    name: str
    # what the target's column holds: numbers, or labels of classes, which may be numbers too
    reads: ClassVar[Literal["numbers", "labels"]] = "numbers"
    # whether dataset.event is needed, and whether dataset.target may be a list
    needs_event: ClassVar[bool] = False
    takes_several: ClassVar[bool] = False
    # of a winner, the first one optimised where the config names none; and those of every trial
    metrics: ClassVar[tuple[MetricName, ...]]
    trial_metrics: ClassVar[tuple[MetricName, ...]]

    @property
    def squared(self) -> bool:
        """Whether the loss is squared error, which moments give."""
        return False

    def settle(self, table: Table) -> Table:
        """The table with the target as the likelihood wants it.

        Raises:
            DataError: the target cannot be one of this family; the message says what it holds.
        """
        raise NotImplementedError

    def strata(self, table: Table) -> Integers | None:
        """What each fold must have its share of, a code per row; None if nothing is."""
        del table
        return None

    def likelihood(self, observed: Observed) -> Likelihood:
        """Of some rows."""
        raise NotImplementedError
