"""Filled values shifted by a share of the column's spread, to see how far conclusions hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.impute import SimpleImputer

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Floats


class Shifted(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What another imputer fills in, plus `delta` standard deviations of the observed values.

    The delta adjustment of pattern-mixture models (Rubin 1987; van Buuren 2018, section 3.8): were
    values missing because they are large, those filled in would be too small by some delta.

    Args:
        imputer: an imputer of numeric columns (n, p), which keeps their number and order; what
            columns it needs beside them come last.
        delta: the shift.
    """

    def __init__(self, imputer: TransformerMixin, delta: float) -> None:
        self.imputer = imputer
        self.delta = delta

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Fit the imputer, and learn the spread of the observed values; see `fit_transform`."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: object = None, **_: object) -> Floats:
        """Learn from rows (n, p), and return these rows completed and shifted."""
        self.imputer_ = clone(self.imputer)
        filled = self.imputer_.fit_transform(X, y)
        values = _numbers(X, filled.shape[1])
        seen = np.maximum(np.count_nonzero(~np.isnan(values), axis=0), 1)
        away = values - np.nansum(values, axis=0) / seen
        spread = np.sqrt(np.nansum(away**2, axis=0) / seen)
        self.shift_: Floats = self.delta * spread
        return self._shift(values, filled)

    def transform(self, X: pd.DataFrame) -> Floats:
        """Complete rows (n, p), and shift what was filled in."""
        filled = self.imputer_.transform(X)
        return self._shift(_numbers(X, filled.shape[1]), filled)

    def plain(self) -> TransformerMixin:
        """scikit-learn's own imputer where that can hold the shift, else this one."""
        if not isinstance(self.imputer_, SimpleImputer):
            return self
        plain = clone(self.imputer_)
        vars(plain).update(vars(self.imputer_))
        plain.statistics_ = self.imputer_.statistics_ + self.shift_
        return plain

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ANN401 - an array
        """The imputer's."""
        return self.imputer_.get_feature_names_out(input_features)

    def _shift(self, values: Floats, filled: Floats) -> Floats:
        shifted: Floats = filled + np.isnan(values) * self.shift_
        return shifted


def _numbers(X: pd.DataFrame, width: int) -> Floats:
    """The numeric columns, which come first."""
    return np.asarray(X.iloc[:, :width].to_numpy(dtype=np.float64, na_value=np.nan))
