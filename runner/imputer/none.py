"""No imputation: complete data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.errors import ConfigError, DataError
from runner.imputer.base import Imputer

if TYPE_CHECKING:
    from sklearn.preprocessing import FunctionTransformer

    from runner.core.folds import Preparation
    from runner.imputer.base import DataSeen

NAMED = 10  # columns that a message names


class Nothing(Imputer):
    """Passes columns on. Missing numeric values are an error before any work starts."""

    fills: ClassVar[bool] = False
    name: Literal["none"]

    def check_data(self, data: DataSeen, preparation: Preparation) -> None:
        """Missing numeric values must not reach the model."""
        super().check_data(data, preparation)
        if self.columns.drop is not None:
            return
        if self.rows.drop is not None:
            if self.rows.predict == "impute":
                raise ConfigError(
                    "imputer=none fills nothing in the rows that imputer.rows.drop keeps from "
                    "training: set imputer.rows.predict=skip or refuse, or choose an imputer"
                )
            return
        gappy = data.missing_numeric()
        if gappy:
            named = ", ".join(f"{name} ({count})" for name, count in list(gappy.items())[:NAMED])
            more = len(gappy) - NAMED
            named += f" and {more} other columns" if more > 0 else ""
            raise DataError(f"imputer=none, but values are missing in {named}: choose an imputer")

    def numeric(self, seed: int) -> FunctionTransformer:
        """The identity; `seed` is not used."""
        from sklearn.preprocessing import FunctionTransformer

        del seed
        return FunctionTransformer(feature_names_out="one-to-one")

    def linear_fill(self) -> float:
        """Nothing is missing, so that any value is right."""
        return 0.0
