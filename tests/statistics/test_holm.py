"""Holm's correction against R."""

from __future__ import annotations

import numpy as np

from runner.statistics.holm import holm


def test_holm_is_rs() -> None:
    """R's p.adjust(p, "holm") gives these; what has no p-value is not counted."""
    p = np.array([0.011, 0.6, 0.004, 0.03, np.nan, 0.02, 0.004])
    expected = [0.044, 0.6, 0.024, 0.06, np.nan, 0.06, 0.024]
    np.testing.assert_allclose(holm(p), expected, rtol=1e-12)
