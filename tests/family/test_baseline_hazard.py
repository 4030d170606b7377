"""Baseline hazards against those of R's survival, and at their edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.errors import FitError
from runner.family.baseline_hazard import Baseline, breslow
from runner.records import Observed

GOLDEN = Path(__file__).parents[1] / "golden"
ROWS = pd.read_csv(GOLDEN / "breslow_data.csv")
COEFFICIENTS = pd.read_csv(GOLDEN / "breslow_coefficients.csv", index_col="case")
HAZARDS = pd.read_csv(GOLDEN / "breslow.csv")
COLUMNS = ["age", "dose"]


def observed_for(case: str) -> Observed:
    """The golden rows, with the weights or the offset of a case."""
    weight = ROWS["weight"].to_numpy() if case == "weighted" else np.ones(len(ROWS))
    offset = ROWS["offset"].to_numpy() if case == "offset" else None
    time = ROWS["time"].to_numpy(dtype=float)
    return Observed(time, weight, ROWS["event"].to_numpy(dtype=bool), offset)


@pytest.mark.parametrize("case", COEFFICIENTS.index)
def test_hazard_and_survival_are_those_of_r(case: str) -> None:
    """With ties, weights and an offset, the steps are coxph's at every time that was seen."""
    eta = ROWS[COLUMNS].to_numpy() @ COEFFICIENTS.loc[case, COLUMNS].to_numpy(dtype=float)
    baseline = breslow(observed_for(case), eta)
    golden = HAZARDS[HAZARDS["case"] == case]
    times = golden["time"].to_numpy(dtype=float)
    assert len(times) > 20
    np.testing.assert_allclose(baseline.at(times), golden["hazard"], rtol=1e-12)
    survival = baseline.survival(eta[:1], times)
    np.testing.assert_allclose(survival[0], golden["probability"], rtol=1e-10)


def test_steps_stand_at_events_alone() -> None:
    """Two events of three rows: 1/3 at the first, 1 at the last, nothing where one is censored."""
    observed = Observed(np.array([5.0, 2.0, 3.0]), np.ones(3), np.array([True, True, False]))
    baseline = breslow(observed, np.zeros(3))
    np.testing.assert_array_equal([2.0, 5.0], baseline.times)
    np.testing.assert_allclose(baseline.hazard, [1 / 3, 1 / 3 + 1], rtol=1e-14)


def test_times_between_steps_have_the_last_one_and_later_times_none() -> None:
    """0 before the first event, the step from its own time on, NaN after the last row's time."""
    baseline = Baseline(np.array([2.0, 4.0]), np.array([0.5, 1.5]), last=6.0)
    found = baseline.at(np.array([0.0, 1.9, 2.0, 3.9, 4.0, 6.0, 6.1]))
    np.testing.assert_array_equal([0, 0, 0.5, 0.5, 1.5, 1.5, np.nan], found)
    survival = baseline.survival(np.array([0.0, np.log(2)]), np.array([1.0, 2.0]))
    np.testing.assert_allclose(survival, [[1, np.exp(-0.5)], [1, np.exp(-1)]], rtol=1e-14)


def test_predictors_far_from_0_neither_overflow_nor_vanish() -> None:
    """What shifts all linear predictors is taken back by the baseline; a row far below counts."""
    observed = Observed(np.array([1.0, 2.0]), np.ones(2), np.array([True, True]))
    for eta in ([650.0, 650.0], [-650.0, -650.0]):
        baseline = breslow(observed, np.array(eta))
        cumulative = baseline.cumulative(np.array(eta), np.array([1.0, 2.0]))
        np.testing.assert_allclose(cumulative, [[0.5, 1.5]] * 2, rtol=1e-12)
    baseline = breslow(observed, np.array([400.0, -500.0]))
    np.testing.assert_allclose(baseline.hazard, [np.exp(-400), np.exp(500)], rtol=1e-12)


def test_a_row_without_weight_is_not_at_risk() -> None:
    """It neither adds a step, nor lowers one, nor makes the time known for longer."""
    observed = Observed(
        np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 0.0]), np.array([True, False, True])
    )
    baseline = breslow(observed, np.array([0.0, 0.0, 50.0]))
    np.testing.assert_array_equal([1.0], baseline.times)
    np.testing.assert_allclose(baseline.hazard, [0.5], rtol=1e-14)
    assert 2.0 == baseline.last


def test_without_events_the_message_names_the_key() -> None:
    """Rows that are all censored have no baseline."""
    observed = Observed(np.array([1.0, 2.0]), np.ones(2), np.zeros(2, dtype=bool))
    with pytest.raises(FitError, match=r"at least one event.*dataset\.event"):
        breslow(observed, np.zeros(2))
