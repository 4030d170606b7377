"""Rare levels of categorical columns, and those never seen, as one level."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from runner.features.steps.base import ColumnStep, Sort
from runner.features.steps.level_text import level_text
from runner.spec import Share

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Rare(ColumnStep):
    """Levels in less than `min_share` of the training rows, and others than theirs, are `label`.

    A missing value is no level: it stays missing, however rare.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("categorical",)
    kind: Literal["rare"]
    min_share: Share
    label: str

    def transformer(self) -> CommonLevels:
        """See CommonLevels."""
        return CommonLevels(min_share=self.min_share, label=self.label)


class CommonLevels(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Categorical columns of the levels that are common in the rows that it is fitted to.

    All of them come out as texts: a number as a float's, so that 5 is 5.0.

    Args:
        min_share: of the rows, gaps among them, that a common level has at least.
        label: what all other levels become.
    """

    def __init__(self, *, min_share: float, label: str) -> None:
        self.min_share = min_share
        self.label = label

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the common levels of rows (n, p)."""
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.common_: dict[str, frozenset[str]] = {}
        for name in X:
            counts = X[name].value_counts()
            common = counts.index[counts >= self.min_share * len(X)]
            self.common_[str(name)] = frozenset(map(level_text, common))
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Rows (n, p) of texts, NaN where missing."""
        columns = {name: self._settled(X[name], common) for name, common in self.common_.items()}
        return pd.DataFrame(columns, index=X.index, dtype=object)

    def _settled(self, column: pd.Series, common: frozenset[str]) -> NDArray[np.object_]:
        codes, levels = pd.factorize(column)
        texts = [text if (text := level_text(level)) in common else self.label for level in levels]
        settled: NDArray[np.object_] = np.array([*texts, np.nan], dtype=object)[codes]
        return settled
