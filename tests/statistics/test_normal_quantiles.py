"""Normal quantile plots against R's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.statistics.normal_quantiles import normal_quantiles

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "normal_quantiles.csv")


@pytest.mark.parametrize("n", [1, 2, 10, 11, 50])
def test_points_are_those_of_qqnorm(n: int) -> None:
    """Values in order, each with the quantile that R has beside it."""
    golden = GOLDEN[["value", "expected"]].to_numpy(dtype=float)[n == GOLDEN["n"]]
    found = normal_quantiles(golden[:, 0])
    golden = golden[np.argsort(golden[:, 0])]
    np.testing.assert_array_equal(golden[:, 0], found.residual)
    np.testing.assert_allclose(found.expected, golden[:, 1], rtol=1e-12, atol=1e-15)
