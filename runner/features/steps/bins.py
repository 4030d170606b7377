"""Numeric columns cut into bins at edges that the training rows say; each bin is a 0/1 column."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field
from sklearn.preprocessing import KBinsDiscretizer

from runner.features.steps.base import FeatureStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

# what is meant to be: bins of one value become one, and a column that does not vary has one
EXPECTED = "Feature .* is constant|Bins whose width are too small|Number of distinct clusters"


class Bins(FeatureStep):
    """`bins` of each column: of equal numbers of rows, of equal width, or around k-means' centres.

    Where a value is so frequent that edges coincide, there are fewer. Values beyond the outer
    edges are in the outer bins.
    """

    kind: Literal["bins"]
    bins: Annotated[int, Field(ge=2)]
    strategy: Literal["quantile", "uniform", "kmeans"]

    def transformer(self) -> Binned:
        """See Binned."""
        return Binned(
            n_bins=self.bins,
            encode="onehot-dense",
            strategy=self.strategy,
            quantile_method="averaged_inverted_cdf",
            subsample=None,
        )


class Binned(KBinsDiscretizer):  # type: ignore[misc]
    """scikit-learn's KBinsDiscretizer, silent of what is meant to be, with other names."""

    def fit(self, X: pd.DataFrame, y: object = None, sample_weight: object = None) -> Self:
        """Learn the edges of each column of rows (n, p)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=EXPECTED)
            fitted: Self = super().fit(X, y, sample_weight)
        return fitted

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """COLUMN_bin_0 and so on, from the lowest."""
        given = self.feature_names_in_ if input_features is None else input_features
        counted = zip(given, self.n_bins_, strict=True)
        names = [f"{name}_bin_{number}" for name, count in counted for number in range(count)]
        return np.array(names, dtype=object)
