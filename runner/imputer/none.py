"""No imputation: complete data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.base import Imputer

if TYPE_CHECKING:
    from sklearn.preprocessing import FunctionTransformer


class Nothing(Imputer):
    """Passes columns on. Missing numeric values are an error before any work starts."""

    fills: ClassVar[bool] = False
    name: Literal["none"]

    def numeric(self, seed: int) -> FunctionTransformer:
        """The identity; `seed` is not used."""
        from sklearn.preprocessing import FunctionTransformer

        del seed
        return FunctionTransformer(feature_names_out="one-to-one")

    def linear_fill(self) -> float:
        """Nothing is missing, so that any value is right."""
        return 0.0
