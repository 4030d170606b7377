"""Fill from the nearest rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.imputer.base import Imputer
from runner.spec import Count

if TYPE_CHECKING:
    from sklearn.impute import KNNImputer


class Knn(Imputer):
    """The mean of the nearest rows that have the value (Troyanskaya et al. 2001)."""

    name: Literal["knn"]
    n_neighbors: Count
    weights: Literal["uniform", "distance"]

    def numeric(self, seed: int) -> KNNImputer:
        """scikit-learn's KNNImputer; `seed` is not used."""
        from sklearn.impute import KNNImputer

        del seed
        return KNNImputer(
            n_neighbors=self.n_neighbors,
            weights=self.weights,
            keep_empty_features=True,
        )
