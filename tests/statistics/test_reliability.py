"""Reliability bins against scikit-learn's, and Wilson's limits against R's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from runner.statistics.reliability import reliability, wilson_limits

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "wilson.csv")


def outcomes(rows: int, digits: int) -> tuple[np.ndarray, np.ndarray]:
    """Positives and their probabilities, rounded to so many digits."""
    rng = np.random.default_rng(rows)
    probability = np.round(rng.beta(1, 3, rows), digits)
    return (rng.random(rows) < probability).astype(float), probability


@pytest.mark.parametrize("rows", [30, 203, 1000])
@pytest.mark.parametrize("digits", [1, 2, 16])
def test_bins_are_those_of_calibration_curve(rows: int, digits: int) -> None:
    """With ties or without: mean probability and share of positives of the bins that have rows."""
    y, probability = outcomes(rows, digits)
    observed, predicted = calibration_curve(y, probability, n_bins=10, strategy="quantile")
    found = reliability(y, probability)
    np.testing.assert_allclose(found.predicted, predicted, rtol=1e-13)
    np.testing.assert_allclose(found.observed, observed, rtol=1e-13)
    assert rows == found.rows.sum()
    assert found.rows @ found.observed == pytest.approx(y.sum())


def test_each_bin_has_wilsons_limits() -> None:
    """Of its own positives and rows, at the level asked for."""
    found = reliability(*outcomes(203, 16), bins=4, level=0.8)
    positive = np.round(found.observed * found.rows)
    low, high = wilson_limits(positive, found.rows.astype(float), level=0.8)
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=1e-12)
    assert [51, 51, 50, 51] == found.rows.tolist()


@pytest.mark.parametrize("case", range(len(GOLDEN)))
def test_limits_are_those_of_prop_test(case: int) -> None:
    """From no positives to all, at two levels."""
    row = GOLDEN.iloc[case]
    rows = np.array([row["rows"]])
    found = wilson_limits(np.array([row["positive"]]), rows, level=float(row["level"]))
    np.testing.assert_allclose(np.ravel(found), row[["low", "high"]], rtol=1e-12, atol=1e-15)
