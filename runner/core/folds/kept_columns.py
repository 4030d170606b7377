"""Columns with few enough gaps, chosen on the rows that a ColumnTransformer is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class KeptColumns:
    """Chooses columns by the share of rows that they miss.

    Args:
        names: the columns to choose from.
        drop: a column that misses a larger share is left out.
        roles: columns that are kept whatever they miss.
    """

    names: tuple[str, ...]
    drop: float
    roles: tuple[str, ...]

    def __call__(self, frame: pd.DataFrame) -> list[str]:
        """The names of those that are kept."""
        share = frame[list(self.names)].isna().mean()
        return [*(name for name in self.names if share[name] <= self.drop), *self.roles]
