"""What checks have found, as the screen shows it and as docs/checks.md lists it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from make_checks import render

from runner.checks import BEST_NOT_CONVERGED, GAPS_PREDICT, WARNED_IN_FOLDS, all_checks
from runner.report.terminal.run_summary import finding_lines

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"


def test_warnings_come_first_and_are_grouped() -> None:
    """One line a code, warnings before notes, with what can be done."""
    found = [
        GAPS_PREDICT.found("gaps tell"),
        WARNED_IN_FOLDS.found("first"),
        WARNED_IN_FOLDS.found("second"),
        BEST_NOT_CONVERGED.found("too few sweeps"),
    ]
    lines = finding_lines([asdict(one) for one in found])
    assert lines == [
        f"warning EN202: first (and 1 more of these in run.json); {WARNED_IN_FOLDS.remedy}",
        "warning EN301: too few sweeps; raise model.max_iter or model.tol",
        f"note EN101: gaps tell; {GAPS_PREDICT.remedy}",
    ]


def test_codes_are_distinct() -> None:
    """Each check has a code of its own, EN and three digits."""
    codes = [check.code for check in all_checks()]
    assert codes == sorted(set(codes))
    assert all(code[:2] == "EN" and code[2:].isdigit() and len(code) == 5 for code in codes)


def test_the_page_lists_every_check() -> None:
    """docs/checks.md is what tests/make_checks.py makes of the checks of today."""
    assert PAGE.read_text(encoding="utf-8") == render()
