"""What the folds need to know of a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.core.likelihood import Likelihood
    from runner.records import Floats, Observed


class Scoring(Protocol):
    """The scores of linear predictors on some rows."""

    def score(
        self, metrics: Sequence[str], eta: Floats, training_eta: Callable[[], Floats]
    ) -> dict[str, Floats]:
        """Each metric, (c,), of c models.

        Args:
            metrics: which ones.
            eta: linear predictors of the rows, offsets included, (n, c, K).
            training_eta: gives those of the rows that the models were fitted to.
        """


class FamilyKind(Protocol):
    """What a target's distribution says of linear predictors."""

    @property
    def squared(self) -> bool:
        """Whether the loss is squared error, which moments give."""

    def likelihood(self, observed: Observed) -> Likelihood:
        """Of some rows."""

    def scoring(self, observed: Observed, training: Observed) -> Scoring:
        """Of some rows, by models that were fitted to others."""

    def pool(self, etas: Floats) -> Floats:
        """The linear predictors, (n, c, K), of models (d, n, c, K) whose predictions are averaged."""
