"""The power of each column that makes it most like a normal one: Yeo and Johnson."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.features.steps.base import ColumnStep

if TYPE_CHECKING:
    from sklearn.preprocessing import PowerTransformer


class YeoJohnson(ColumnStep):
    """Box and Cox's power of 1 + x for x >= 0, and minus that of 1 - x, with 2 - l, for x < 0.

    Each column's l has the largest likelihood if the training rows' values are normal afterwards
    (Yeo & Johnson 2000). A column that does not vary there stays as it is.
    """

    kind: Literal["yeo_johnson"]

    def transformer(self) -> PowerTransformer:
        """scikit-learn's PowerTransformer, which leaves it to the scaler to standardise."""
        from sklearn.preprocessing import PowerTransformer

        return PowerTransformer(method="yeo-johnson", standardize=False)
