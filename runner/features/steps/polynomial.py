"""Powers of numeric columns, and the products of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import PolynomialFeatures

from runner.features.steps.base import FeatureStep
from runner.spec import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from runner.records import Floats


class Polynomial(FeatureStep):
    """x, x^2 and so on to `degree` of each column; with `interactions`, all products to it.

    Of p columns there are p * degree features, with `interactions` C(p + degree, degree) - 1.
    """

    kind: Literal["polynomial"]
    degree: Count
    interactions: bool

    def transformer(self) -> Powers | Products:
        """See Powers and Products."""
        if self.interactions:
            return Products(degree=self.degree, include_bias=False)
        return Powers(degree=self.degree)


class Powers(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The powers of each column alone, which scikit-learn's PolynomialFeatures has no choice of.

    Args:
        degree: the highest.
    """

    def __init__(self, *, degree: int) -> None:
        self.degree = degree

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the names of the columns (n, p)."""
        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """(n, p * degree): the powers of the first column, then those of the next."""
        values = X.to_numpy(np.float64)
        powers: Floats = values[:, :, None] ** np.arange(1, self.degree + 1)
        return powers.reshape(len(values), -1)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """a, a^2 and so on."""
        given = self.feature_names_in_ if input_features is None else input_features
        names = [power_of(name, power) for name in given for power in range(1, self.degree + 1)]
        return np.array(names, dtype=object)


class Products(PolynomialFeatures):  # type: ignore[misc]
    """scikit-learn's PolynomialFeatures, with other names."""

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """a, a^2, a:b, a^2:b and so on."""
        given = self.feature_names_in_ if input_features is None else input_features
        names = [
            ":".join(power_of(name, power) for name, power in zip(given, row, strict=True) if power)
            for row in self.powers_
        ]
        return np.array(names, dtype=object)


def power_of(name: str, power: int) -> str:
    """What a power of a column is called."""
    return str(name) if power == 1 else f"{name}^{power}"
