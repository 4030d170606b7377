"""The results of a sweep come in; the lines of its table go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report.numbers import NONE, is_number, number
from runner.report.standing import standing_cell, standing_notes
from runner.report.terminal.columns import Column, Line, lay_out

if TYPE_CHECKING:
    import pandas as pd

DIGITS = {"seconds": 2, "nrmse": 3}  # significant ones; of standard errors 2, of scores 4
SPARE = {"seconds": 4, "n_selected": 3}


def sweep_lines(results: pd.DataFrame, width: int) -> list[Line]:
    """A row per run.

    Args:
        results: the run and what varied before its column `status`, figures after it.
        width: what no line should exceed.
    """
    labels = list(results.columns[: results.columns.get_loc("status")])
    columns = []
    for name in results.columns.drop("ties", errors="ignore"):
        cells = _cells(results, str(name))
        spare = _spare(str(name), cells)
        columns.append(Column(str(name), tuple(cells), label=name in labels, spare=spare))
    return lay_out(columns, width)


def sweep_notes(results: pd.DataFrame) -> list[str]:
    """What the cells against the best mean; nothing where no runs can be compared."""
    if "p_best" not in results:
        return []
    expected, cv = ([n for n in results if str(n).startswith(p)] for p in ("expected", "cv_"))
    scored = results[results[cv].notna().any(axis=1)]
    lacking = bool(scored[expected].isna().all(axis=1).any())
    return standing_notes(_cells(results, "p_best"), lacking=lacking)


def _cells(results: pd.DataFrame, name: str) -> list[str]:
    """The column's text, each number with the digits that it is worth."""
    values = results[name].tolist()
    if name == "p_best":
        pairs = zip(values, results["ties"], strict=True)
        return [standing_cell(p_best, ties) for p_best, ties in pairs]
    if name == "n_selected":  # beside a run without one they are floats
        values = [int(value) if is_number(value) else None for value in values]
    digits = 2 if name.endswith("_se") else DIGITS.get(name, 4)
    return [number(value, digits) for value in values]


def _spare(name: str, cells: list[str]) -> int:
    """How easily a column can be left out; a status only where all are alike."""
    if name == "status":
        return 5 if set(cells) <= {"finished"} else 0
    if name == "p_best":  # says nothing where none has been tested
        return 5 if set(cells) == {NONE} else 0
    if name.endswith("_se"):
        return 3
    return 2 if name.startswith("test_") else SPARE.get(name, 0)
