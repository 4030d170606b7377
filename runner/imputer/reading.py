"""Rows with gaps, as every imputer of this package reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator

    from runner.records import Floats


def read_gaps(imputer: BaseEstimator, X: ArrayLike, *, reset: bool) -> Floats:
    """Rows (n, p) as numbers, NaN where missing.

    Args:
        imputer: told of the columns, or else asked whether they are the ones that it knows.
        X: the rows.
        reset: whether the imputer is being fitted.
    """
    values: Floats = validate_data(
        imputer, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset
    )
    return values
