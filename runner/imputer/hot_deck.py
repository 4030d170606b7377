"""Fill with values drawn from the observed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.drawing import DrawingImputer

if TYPE_CHECKING:
    from runner.imputer.donors import RandomDonors


class HotDeck(DrawingImputer):
    """A random draw from the column's observed training values (Andridge & Little 2010).

    scikit-learn has no such imputer, so that a saved model needs this package where it is loaded.
    It holds the observed training values.
    """

    keeps_rows: ClassVar[bool] = True
    name: Literal["hot_deck"]

    def numeric(self, seed: int) -> RandomDonors:
        """Draws that follow from the seed and the row's own values."""
        from runner.imputer.donors import RandomDonors

        return RandomDonors(seed=seed)
