"""Quantiles as columns of a table, against pandas'."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runner.statistics.value_quantiles import QUANTILES, quantile_columns, quantiles_of


def test_quantiles_are_those_of_pandas() -> None:
    """Interpolated between values, however few there are."""
    rng = np.random.default_rng(0)
    values = {str(n): rng.lognormal(size=n) for n in (1, 2, 7, 100)}
    found = quantile_columns("seen", quantiles_of(values), list(values))
    assert ["seen_q05", "seen_q25", "seen_q50", "seen_q75", "seen_q95"] == list(found)
    for at, (own, quantile) in enumerate(zip(found.values(), QUANTILES, strict=True)):
        expected = [pd.Series(some).quantile(quantile) for some in values.values()]
        np.testing.assert_allclose(own, expected, rtol=1e-14, err_msg=str(at))


def test_a_column_without_values_has_none() -> None:
    """Neither an empty one nor one that is not known, and no column at all is no trouble."""
    found = quantile_columns(
        "x", quantiles_of({"a": np.empty(0), "b": np.ones(2)}), ["a", "b", "c"]
    )
    np.testing.assert_array_equal([np.nan, 1.0, np.nan], found["x_q50"])
    assert 0 == len(quantile_columns("x", {}, [])["x_q95"])
