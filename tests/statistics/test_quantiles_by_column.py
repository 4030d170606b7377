"""Quantiles of all columns at once equal those of each column by numpy."""

from __future__ import annotations

import numpy as np

from runner.statistics.value_quantiles import quantiles_by_column, quantiles_of


def test_the_numbers_are_those_of_each_column() -> None:
    """Of columns with one to forty values; of none NaN."""
    X = np.random.default_rng(0).standard_normal((40, 41))
    X[np.arange(40)[:, None] >= np.arange(41)] = np.nan
    found = quantiles_by_column(X)
    each = quantiles_of({str(at): own[~np.isnan(own)] for at, own in enumerate(X.T)})
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_array_equal(np.array([each[str(at)] for at in range(1, 41)]).T, found[:, 1:])
