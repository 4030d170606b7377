"""What the folds need to know of a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.core.likelihood import Likelihood
    from runner.core.metrics import Scoring
    from runner.records import Floats, Observed


class FamilyKind(Protocol):
    """What a target's distribution says of linear predictors."""

    @property
    def squared(self) -> bool:
        """Whether the loss is squared error, which moments give."""

    def likelihood(self, observed: Observed) -> Likelihood:
        """Of some rows."""

    def scoring(self, validation: Observed, training: Observed) -> Scoring:
        """Of some rows, by models that were fitted to others."""

    def pool(self, etas: Floats) -> Floats:
        """The linear predictors (n, c, K) of the mean of what models (d, n, c, K) predict."""
