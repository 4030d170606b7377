"""Survival curves and groups by risk, against R's survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.statistics.kaplan_meier import kaplan_meier, risk_groups

GOLDEN = Path(__file__).parents[1] / "golden"
ROWS = pd.read_csv(GOLDEN / "survival_scores_data.csv")


@pytest.mark.parametrize("case", ["lung", "dying"])
def test_the_curve_is_that_of_survfit(case: str) -> None:
    """Numbers at risk, events, survival and log-log limits, with ties, to the last row too."""
    rows = ROWS if case == "lung" else ROWS[:7]
    event = rows["event"].to_numpy() == 1 if case == "lung" else np.ones(7, dtype=bool)
    found = kaplan_meier(rows["time"].to_numpy(dtype=float), event)
    golden = pd.read_csv(GOLDEN / "kaplan_meier.csv").query("case == @case")
    for name in ("time", "at_risk", "events"):
        np.testing.assert_array_equal(golden[name], getattr(found, name))
    for name in ("survival", "low", "high"):
        np.testing.assert_allclose(getattr(found, name), golden[name], rtol=1e-12, atol=1e-15)


def test_before_any_event_all_survive() -> None:
    """Rows that are censored first leave survival and its limits at 1."""
    found = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([False, True, False]))
    assert [3, 2, 1] == found.at_risk.tolist()
    assert [1.0, 0.5, 0.5] == found.survival.tolist()
    assert (1.0, 1.0) == (found.low[0], found.high[0])


def test_a_lower_level_has_a_narrower_interval() -> None:
    """0.5 lies within 0.95."""
    rows = np.arange(1.0, 11.0), np.ones(10, dtype=bool)
    wide, narrow = kaplan_meier(*rows), kaplan_meier(*rows, level=0.5)
    assert (wide.low[:-1] < narrow.low[:-1]).all()
    assert (narrow.high[:-1] < wide.high[:-1]).all()


@pytest.mark.parametrize("risk", ["fine", "rough"])
def test_groups_are_between_quantiles(risk: str) -> None:
    """Those of R's findInterval, also of a risk with ties."""
    golden = pd.read_csv(GOLDEN / "kaplan_meier_groups.csv")[risk]
    np.testing.assert_array_equal(golden, risk_groups(ROWS[risk].to_numpy(dtype=float)))


def test_rows_of_one_risk_are_in_one_group() -> None:
    """Where most are tied a group is empty, and where all are there is one."""
    assert [0, 0, 0, 0, 2] == risk_groups(np.array([1.0, 1.0, 1.0, 1.0, 2.0])).tolist()
    assert [0, 0, 0] == risk_groups(np.ones(3)).tolist()
    assert [1, 0, 1, 0] == risk_groups(np.array([3.0, 1.0, 4.0, 2.0]), groups=2).tolist()
