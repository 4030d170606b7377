"""A run comes in; a paragraph and a table go out, ready to be pasted into a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report.latex import latex_table
from runner.report.markdown import markdown_table
from runner.report.numbers import number
from runner.report.page import run_words

if TYPE_CHECKING:
    from runner.report.page.material import Material

MOST = 40  # rows of a table


def paragraph(material: Material) -> str:
    """What was done and found, in sentences."""
    found = run_words.versions(material.environment)
    return " ".join([*run_words.summary(material), f"Software: {found}." if found else ""]).strip()


def markdown(material: Material) -> str:
    """The selected coefficients as a Markdown table."""
    return markdown_table(*_rows(material))


def latex(material: Material) -> str:
    """The selected coefficients as a LaTeX table in the style of booktabs."""
    return latex_table(*_rows(material), caption=_caption(material))


def _caption(material: Material) -> str:
    said = f"Selected coefficients, {run_words.title(material)}"
    count = _selected_count(material)
    return said if count <= MOST else f"{said} (the {MOST} largest of {count:,})"


def _selected_count(material: Material) -> int:
    return sum(row["selected"] == "True" for row in material.coefficients)


def _rows(material: Material) -> tuple[list[str], list[list[str]]]:
    chosen = [row for row in material.coefficients if row["selected"] == "True"]
    chosen.sort(key=lambda row: -abs(float(row["standardised"])))
    several = len(material.responses) > 1
    labels = ["feature", *(["response"] if several else [])]
    figures = ["coefficient", "standardised"]
    figures += ["ratio"] if chosen and "ratio" in chosen[0] else []
    rows = [
        [*(row[key] for key in labels), *(number(float(row[key])) for key in figures)]
        for row in chosen[:MOST]
    ]
    return [*labels, *figures], rows
