"""Tables for spreadsheets: what would be computed there is text, if that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from runner.store.plain_text import as_cell

if TYPE_CHECKING:
    from conftest import Program

NAMES = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\tx"]


@pytest.mark.parametrize("text", NAMES)
def test_a_text_that_begins_a_formula_is_marked(text: str) -> None:
    """By an apostrophe; other texts and numbers are left alone."""
    assert f"'{text}" == as_cell(text)
    assert ["a=1", -1.5, None] == [as_cell(value) for value in ("a=1", -1.5, None)]


@pytest.mark.parametrize("escaped", [False, True])
def test_a_run_has_such_tables(program: Program, mixed: tuple[str, ...], escaped: bool) -> None:
    """Of names of columns and of levels, with the same numbers beside them."""
    frame = pd.read_csv(program.folder / "mixed.csv")
    frame = frame.rename(columns={"age": "=1+1"}).replace({"town": {"York": "@York"}})
    frame.to_csv(program.folder / "mixed.csv", index=False)
    run = program.run(*mixed, f"escape_formulas={escaped}")
    table = pd.read_csv(run / "coefficients.csv")
    mark = "'" if escaped else ""
    assert {f"{mark}=1+1", "town_@York"} <= set(table["feature"])
    assert table["coefficient"].notna().all()
    missing = pd.read_csv(run / "missingness.csv")
    assert f"{mark}=1+1" in set(missing["column"])
