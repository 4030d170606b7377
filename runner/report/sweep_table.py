"""The results of a sweep come in; the lines of its table go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report.columns import Column, Line, lay_out
from runner.report.numbers import is_number, number

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
    for name in results:
        digits = 2 if str(name).endswith("_se") else DIGITS.get(str(name), 4)
        values = results[name].tolist()
        if name == "n_selected":  # beside a run without one they are floats
            values = [int(value) if is_number(value) else None for value in values]
        cells = [number(value, digits) for value in values]
        spare = _spare(str(name), cells)
        columns.append(Column(str(name), tuple(cells), label=name in labels, spare=spare))
    return lay_out(columns, width)


def _spare(name: str, cells: list[str]) -> int:
    """How easily a column can be left out; a status only where all are alike."""
    if name == "status":
        return 5 if set(cells) <= {"finished"} else 0
    if name.endswith("_se"):
        return 1
    return 2 if name.startswith("test_") else SPARE.get(name, 0)
