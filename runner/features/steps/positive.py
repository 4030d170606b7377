"""Refuses what has no logarithm, by the name of the column and with what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from runner.errors import FitError

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5  # columns that a message lists


class Positive(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Lets numeric columns pass as they are, if all of their values are greater than a limit.

    Args:
        step: what the step of the features is called.
        limit: what every value must be greater than.
        remedy: what can be done where one is not; {step} in it is the step's name, and {needed}
            minus the least value.
    """

    def __init__(self, *, step: str, limit: float, remedy: str) -> None:
        self.step = step
        self.limit = limit
        self.remedy = remedy

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the names of the columns (n, p)."""
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns themselves, (n, p).

        Raises:
            FitError: a value is not greater than the limit.
        """
        values = X.to_numpy(np.float64)
        low = np.flatnonzero((values <= self.limit).any(axis=0))
        if not len(low):
            return X
        names = [str(name) for name in X.columns[low]]
        listed = ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
        least = float(values[:, low].min())
        remedy = self.remedy.format(step=self.step, needed=f"{0.0 - least:g}")
        raise FitError(
            f"features.steps.{self.step} takes values greater than {self.limit:g}, but the least "
            f"of {listed} is {least:g}: {remedy}"
        )
