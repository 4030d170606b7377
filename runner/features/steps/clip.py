"""Numeric columns cut off at quantiles of the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from runner.features.steps.base import ColumnStep

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Floats

Quantile = Annotated[float, Field(ge=0, le=1)]


class Clip(ColumnStep):
    """Values below the quantile `low` of the training rows become it, those above `high` that."""

    kind: Literal["clip"]
    low: Quantile
    high: Quantile

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low is {self.low}, but must be less than high, {self.high}")
        return self

    def transformer(self) -> Clipped:
        """See Clipped."""
        return Clipped(low=self.low, high=self.high)


class Clipped(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numeric columns within two quantiles of the rows that it is fitted to.

    Args:
        low: the lower quantile, 0 to 1.
        high: the upper one.
    """

    def __init__(self, *, low: float, high: float) -> None:
        self.low = low
        self.high = high

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the quantiles of rows (n, p)."""
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.limits_: Floats = np.quantile(X.to_numpy(np.float64), [self.low, self.high], axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """Rows (n, p) with each value within its column's limits."""
        clipped: Floats = np.clip(X.to_numpy(np.float64), *self.limits_)
        return clipped
