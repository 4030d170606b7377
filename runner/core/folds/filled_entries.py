"""A sparse matrix whose missing entries are NaN comes in; the same with them filled goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.impute import SimpleImputer

if TYPE_CHECKING:
    from scipy import sparse

    from runner.records import Floats


class FilledEntries(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The columns of a sparse matrix (n, p) by name, as an imputer of scikit-learn fills them.

    Args:
        filler: unfitted, of matrices.
        names: of the columns, (p,).
    """

    def __init__(self, filler: TransformerMixin, names: tuple[str, ...]) -> None:
        self.filler = filler
        self.names = names

    def fit(self, X: sparse.csr_array, y: object = None) -> Self:
        """Learn what fills each column of rows (n, p)."""
        del y
        self.filler_ = _fitted(clone(self.filler), X)
        return self

    def transform(self, X: sparse.csr_array) -> Any:  # noqa: ANN401 - any sparse matrix
        """The rows without gaps, (m, p); themselves, and no copy, if they have none."""
        if not np.isnan(X.data).any():
            return X
        return self.filler_.transform(X)

    def get_feature_names_out(self, input_features: object = None) -> Any:  # noqa: ANN401
        """The names of the columns, (p,)."""
        del input_features
        return np.array(self.names, dtype=object)

    def plain(self) -> TransformerMixin:
        """The fitted imputer itself, which knows columns by their position."""
        return self.filler_

    def filled(self, X: sparse.csr_array) -> dict[str, Floats]:
        """What is filled into each column with gaps of rows (n, p), by its name."""
        if not isinstance(self.filler_, SimpleImputer):
            return {}
        counts = gap_counts(X)
        return {
            self.names[at]: np.full(counts[at], self.filler_.statistics_[at])
            for at in np.flatnonzero(counts)
        }


def gap_counts(X: sparse.csr_array) -> Any:  # noqa: ANN401 - whole numbers
    """How many entries of each column are missing, (p,)."""
    return np.bincount(X.indices[np.isnan(X.data)], minlength=X.shape[1])


def _fitted(filler: Any, X: sparse.csr_array) -> Any:  # noqa: ANN401 - of scikit-learn
    """An imputer, fitted; the means of very many columns are taken at once.

    scikit-learn (1.9) goes through the columns one by one: 200,000 take seconds.
    """
    if not (isinstance(filler, SimpleImputer) and filler.strategy == "mean"):
        return filler.fit(X)
    filler.set_params(strategy="constant", fill_value=0.0).fit(X[:1])
    filler.set_params(strategy="mean", fill_value=None)
    there = X.shape[0] - gap_counts(X)
    total = np.bincount(X.indices, weights=np.nan_to_num(X.data, nan=0.0), minlength=X.shape[1])
    filler.statistics_ = total / np.maximum(there, 1)
    return filler
