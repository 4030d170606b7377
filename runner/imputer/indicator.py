"""Missing-value indicators for the columns that often have gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.impute import MissingIndicator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from runner.records import Booleans, Integers


class FrequentMissing(MissingIndicator):  # type: ignore[misc]
    """A MissingIndicator of the columns that miss more than a share of the rows it is fitted to.

    Args:
        threshold: the share, 0 to 1.
    """

    def __init__(self, *, threshold: float) -> None:
        super().__init__(error_on_new=False)
        self.threshold = threshold

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Choose the columns of rows (n, p)."""
        super().fit(X, y)
        self._choose(X)
        return self

    def fit_transform(self, X: ArrayLike, y: object = None) -> Booleans:
        """Choose the columns of rows (n, p), and return theirs, (n, chosen)."""
        indicators: Booleans = self.fit(X, y).transform(X)
        return indicators

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> Any:  # noqa: ANN401
        """As scikit-learn's own class names them."""
        return self.plain().get_feature_names_out(input_features)

    def plain(self) -> MissingIndicator:
        """The same as scikit-learn's own class."""
        plain = MissingIndicator(error_on_new=False)
        learnt = {k: v for k, v in vars(self).items() if k not in {"threshold", *vars(plain)}}
        vars(plain).update(learnt)
        return plain

    def _choose(self, X: ArrayLike) -> None:
        share = np.asarray(np.isnan(np.asarray(X, dtype=np.float64)).mean(axis=0))
        gappy: Integers = vars(self)["features_"]
        self.features_: Integers = gappy[share[gappy] > self.threshold]
