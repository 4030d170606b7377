"""Features: how columns become the numbers that a model sees, fitted on training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runner.spec import Spec

if TYPE_CHECKING:
    from sklearn.preprocessing import OneHotEncoder


class MainEffects(Spec):
    """Every numeric column as it is, every categorical column one-hot.

    `scale` standardises all of them to mean 0 and standard deviation 1. `drop` leaves out a level
    of a category: the `first`, the first only of those with two levels (`if_binary`), or none.
    """

    name: Literal["main_effects"]
    scale: bool
    drop: Literal["first", "if_binary"] | None

    def encoder(self) -> OneHotEncoder:
        """An unfitted encoder; a level not seen when fitting becomes zeros."""
        from sklearn.preprocessing import OneHotEncoder

        return OneHotEncoder(handle_unknown="ignore", drop=self.drop, sparse_output=False)

    def scaler_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that standardise, if the config says so."""
        if not self.scale:
            return []
        from sklearn.preprocessing import StandardScaler

        return [("scaler", StandardScaler())]
