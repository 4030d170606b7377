"""What many looks at the same test rows mean."""

from __future__ import annotations

import re

import numpy as np
from scipy.stats import norm

from runner.report.terminal.ledger_line import ledger_line, sweep_ledger_line

RECORD = {
    "metric": "mse",
    "test": {
        "rows": 40,
        "level": 0.95,
        "mse": {"score": 100.0, "low": 80.0, "high": 121.0, "se": 10.0},
    },
}


def test_the_first_look_is_free() -> None:
    """Nothing is said of one look, or where there are no test rows."""
    assert ledger_line(RECORD, 1) is None
    assert sweep_ledger_line(1) is None
    assert ledger_line({"metric": "mse", "test": None}, 5) is None


def test_the_interval_is_at_the_level_of_all_looks() -> None:
    """Five looks at 95 % are one each at 99 %: score +- 2.576 standard errors."""
    line = ledger_line(RECORD, 5)
    assert line is not None
    found = re.fullmatch(
        r"the test rows have been looked at by 5 different runs: "
        r"at level 0.99 mse is (.*) to (.*)",
        line,
    )
    assert found is not None
    ends = 100 + np.array([-1, 1]) * norm.ppf(0.995) * 10
    np.testing.assert_allclose([float(text) for text in found.groups()], ends, atol=0.5)


def test_an_interval_stays_where_scores_are() -> None:
    """A mean squared error is not below 0."""
    record = RECORD | {"test": {"rows": 4, "level": 0.95, "mse": {"score": 1.0, "se": 9.0}}}
    line = ledger_line(record, 2)
    assert line is not None
    assert " mse is 0 to " in line
