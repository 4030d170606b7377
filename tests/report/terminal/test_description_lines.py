"""The lines on collinearity, importance and more rows that end what is shown of a run."""

from __future__ import annotations

from typing import Any

from runner.report.terminal.description_lines import description_lines


def record(**own: object) -> dict[str, Any]:
    """What a run has found of its features."""
    found: dict[str, Any] = {
        "collinearity": {"features": 9, "rank": 8, "condition_number": 12.345, "groups": 1},
        "importance": {
            "loss": "mse",
            "columns": [
                {"column": "age", "drop_one": 1.5, "permutation": 4.0},
                {"column": "town", "drop_one": None, "permutation": 0.1},
                {"column": "rooms", "drop_one": -0.2, "permutation": 0.1},
            ],
        },
        "learning_curve": {
            "metric": "mse",
            "penalty": "tuned",
            "sizes": [
                {"rows": 1000 * k + 0.4, "score": 9.0 - k} for k in range(1, 6)
            ],
        },
    }  # fmt: skip
    return found | own


def test_each_finding_has_a_line() -> None:
    """Only what is gained counts, and of the sizes the first, the middle and the last."""
    assert [
        "collinearity: condition number 12.3 (rank 8 of 9), 1 group of features alike",
        "mse gained by leaving out: age 1.5",
        "mse by training rows: 8 on 1,000, 6 on 3,000, 4 on 5,000",
    ] == description_lines(record())


def test_a_reason_is_said() -> None:
    """Why there is no collinearity, and that no column is missed."""
    lines = description_lines(
        record(collinearity={"reason": "no two vary"}, importance={"loss": "mse", "columns": []})
    )
    assert "collinearity: not known, as no two vary" == lines[0]
    assert "mse gained by leaving out: no column" == lines[1]


def test_runs_that_were_not_asked_say_nothing() -> None:
    """Without the sections there is no line."""
    assert [] == description_lines({"metric": "mse"})
