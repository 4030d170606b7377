"""Differences of tables of text, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from runner.statistics.table_difference import (
    ColumnDifference,
    TableDifference,
    Tolerance,
    compare_tables,
)

BEFORE = pd.DataFrame(
    {"x": ["1.0", "-200.0", ""], "n": ["3.0", "4.0", "5.0"], "status": ["ok", "ok", "ok"],
     "gap": ["1e-9", "2e-9", "3e-9"], "seconds": ["1", "2", "3"]}
)  # fmt: skip
TOLERANCE = Tolerance(share=1e-6, counts={"n": 1.0}, free=("gap",))


def after(column: str, row: int, value: str) -> pd.DataFrame:
    """The table with one cell changed."""
    changed = BEFORE.copy()
    changed.loc[row, column] = value
    return changed


@pytest.mark.parametrize(
    ("column", "row", "value", "largest", "allowed"),
    [
        ("x", 0, "1.0001", 1e-4, True),  # of the column's largest, 200
        ("x", 0, "1.0003", 3e-4, False),
        ("x", 2, "1.0", None, False),
        ("x", 0, "", None, False),
        ("n", 1, "5.0", 1.0, True),
        ("n", 1, "2.0", 2.0, False),
        ("status", 1, "failed", None, False),
        ("gap", 1, "1.0", 1.0, True),
    ],
)
def test_a_changed_cell(
    column: str, row: int, value: str, largest: float | None, allowed: bool
) -> None:
    """It is found with its size; only the tolerance can excuse it."""
    found = compare_tables(BEFORE, after(column, row, value), ["seconds"], TOLERANCE)
    (difference,) = found.columns
    assert (column, 1) == (difference.column, difference.cells)
    assert difference.largest == (None if largest is None else pytest.approx(largest, abs=1e-8))
    assert (False, allowed) == (found.identical, found.allowed)
    strict = compare_tables(BEFORE, after(column, row, value), ["seconds"], None)
    assert (False, False) == (strict.identical, strict.allowed)


def test_what_is_never_compared() -> None:
    """Timings may be anything."""
    assert TableDifference() == compare_tables(BEFORE, after("seconds", 0, "9"), ["seconds"], None)


def test_another_form() -> None:
    """Rows and columns that only one has are told, and nothing excuses them."""
    fewer = compare_tables(BEFORE, BEFORE[:2], [], TOLERANCE)
    assert (("2 rows, but there were 3",), False) == (fewer.form, fewer.allowed)
    other = compare_tables(BEFORE, BEFORE.rename(columns={"n": "m"}), [], TOLERANCE)
    assert (("n is a column of the old one alone",), ("m",)) == (other.form, other.added)
    assert not other.allowed


def test_a_column_that_a_later_version_adds() -> None:
    """It is told, but is no difference to what the old one has."""
    found = compare_tables(BEFORE.drop(columns="n"), BEFORE, ["seconds"], None)
    assert (("n",), (), ()) == (found.added, found.form, found.columns)
    assert (False, True) == (found.identical, found.allowed)


def test_the_largest_of_several_is_told() -> None:
    """Cells are counted, and the largest difference is that of all rows."""
    changed = after("x", 0, "1.5")
    changed.loc[1, "x"] = "-201.0"
    found = compare_tables(BEFORE, changed, [], None)
    assert (ColumnDifference("x", 2, 1.0),) == found.columns
