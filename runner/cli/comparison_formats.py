"""The tables of a comparison come in; text for the screen, a paper or a page goes out."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from runner.cli.fitted_table import lay_out, whole_table
from runner.report.latex import latex_table
from runner.report.markdown import escape, markdown_table
from runner.report.terminal.columns import wrap
from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.cli.comparison_tables import ComparisonTable

BOOKTABS = r"% \usepackage{booktabs}"


def screen_text(table: ComparisonTable) -> str:
    """Lines as wide as the terminal."""
    lines = lay_out(table.rows, names=[table.name], right=table.right, optional=table.optional)
    return "\n".join([*_wrapped(table.title), *lines, *_wrapped(table.notes)])


def latex_text(table: ComparisonTable) -> str:
    """A captioned table of all columns, its notes as comments below."""
    headers, rows = whole_table(table.rows)
    said = "; ".join(table.title).rstrip(":")
    body = latex_table(headers, rows, caption=said[:1].upper() + said[1:])
    return "\n".join([BOOKTABS, body.rstrip(), *(f"% {reveal(note)}" for note in _notes(table))])


def markdown_text(table: ComparisonTable) -> str:
    """A table of all columns, its title above and its notes below, a paragraph each."""
    body = markdown_table(*whole_table(table.rows)).rstrip()
    said = [[escape(text) for text in texts] for texts in (table.title, _notes(table))]
    return "\n\n".join([*said[0], body, *said[1]])


FORMATS: dict[str, Callable[[ComparisonTable], str]] = {
    "latex": latex_text,
    "markdown": markdown_text,
}


def _notes(table: ComparisonTable) -> list[str]:
    """Those of single rows, then those of the whole."""
    own = [f"{row.cells[table.name]}: {row.note}" for row in table.rows if row.note]
    return [*own, *table.notes]


def _wrapped(texts: Sequence[str]) -> list[str]:
    width = shutil.get_terminal_size((80, 24)).columns
    return [line for text in texts for line in wrap(reveal(text), width)]
