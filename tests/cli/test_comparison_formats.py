"""`enet compare --format`: the same tables as on the screen, ready to paste, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from conftest import QUICK, Program, mixed_frame

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Make a sweep of three imputers, one of which cannot be used."""
    folder = tmp_path_factory.mktemp("formats")
    mixed_frame().to_csv(folder / "mixed.csv", index=False)
    made = Program(folder)
    data = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=outcome", "report=none")
    made("-m", *data, *QUICK, "imputer=mean,none,median", "hydra.sweep.dir=outputs/sweep")
    return made


def cells(line: str, between: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip("| \\").split(between)]


@pytest.fixture(scope="module")
def shown(program: Program) -> list[list[str]]:
    """The words of the lines on a screen that has room for all columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "300")
        return [line.split("  ") for line in program("compare", "outputs/sweep").out.splitlines()]


def without_gaps(line: list[str]) -> list[str]:
    """The cells of a line of the screen."""
    return [cell.strip() for cell in line if cell.strip()]


def test_latex_has_the_cells_of_the_screen(program: Program, shown: list[list[str]]) -> None:
    """All columns of the ranked runs, rounded alike; what failed is a comment with its reason."""
    lines = program("compare", "outputs/sweep", "--format", "latex").out.splitlines()
    assert [r"% \usepackage{booktabs}", r"\begin{table}"] == lines[:2]
    rows = [cells(line, "&") for line in lines if line.endswith("\\\\")]
    assert without_gaps(shown[1]) == [cell.replace("\\_", "_") for cell in rows[0]]
    assert [without_gaps(line) for line in shown[2:4]] == rows[1:3]
    (noted,) = [line for line in lines if line.startswith("% outputs/sweep/1: imputer=none, but")]
    assert "values are missing in age" in noted
    outside = re.sub(r"(?s)\\begin\{table\}.*?\\end\{table\}", "", "\n".join(lines))
    assert all(line.startswith("%") for line in outside.splitlines() if line)
    assert 2 == sum(line == r"\end{table}" for line in lines)


def test_markdown_has_the_cells_of_the_screen(program: Program, shown: list[list[str]]) -> None:
    """The title above, notes below as paragraphs of their own, so that none becomes a row."""
    lines = program("compare", "outputs/sweep", "--format", "markdown").out.splitlines()
    assert ["by the expected mse, the mean on folds that no choice has seen", ""] == lines[:2]
    assert without_gaps(shown[1]) == cells(lines[2], "|")
    assert [without_gaps(line) for line in shown[2:4]] == [cells(line, "|") for line in lines[4:6]]
    ends = [at for at, line in enumerate(lines) if line.startswith("|")]
    assert all(lines[at + 1] == "" or at + 1 in ends for at in ends)
    assert lines[-1].startswith("outputs/sweep/1: imputer=none, but")


def test_options_have_a_table_too(program: Program) -> None:
    """--by goes with a format: the first table has a row per option."""
    found = program("compare", "outputs/sweep", "--by", "imputer", "--format", "markdown")
    assert 0 == found.status
    assert ["imputer", "runs", "best", "median", "worst", "best run"] == cells(
        found.out.splitlines()[2], "|"
    )


def test_nothing_but_tables_on_stdout(program: Program, tmp_path: Path) -> None:
    """What is said of a file, or of no run, goes to stderr, where a table is to be pasted."""
    asked = ("compare", "outputs/sweep", "--format", "markdown")
    written = program(*asked, "-o", str(tmp_path / "out.md"))
    assert program(*asked).out == written.out
    assert f"wrote {tmp_path / 'out.md'}" in written.err
    none = program(*asked, "--where", "cv_mse<0")
    assert ("", "none of the 3 runs meets cv_mse<0\n", 0) == (none.out, none.err, none.status)
