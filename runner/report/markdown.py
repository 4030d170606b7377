"""Headers and rows of text come in; a table of Markdown, its columns divided by pipes, goes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

from runner.report.latex import NUMERIC
from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 3  # hyphens under a header
# within a word an underscore is one; elsewhere it emphasises
INNER = re.compile(r"[\\`*|~$\[\]]|(?<![^\W_])_|_(?![^\W_])")
LEADING = re.compile(
    r"(?=#{1,6}(\s|$)|>|[-+]\s|-{2,}|=+$)"
)  # a heading, a quotation, a list, a rule
NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
ENTITY = re.compile(r"&(?=#?\w+;)")


def escape(text: str) -> str:
    """The text as Markdown shows it, sign by sign; what is hidden in it is written out."""
    safe = INNER.sub(r"\\\g<0>", ENTITY.sub("&amp;", reveal(text))).replace("<", "&lt;")
    safe = NUMBERED.sub(r"\1\\\2", safe)
    return f"\\{safe}" if LEADING.match(safe) else safe


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns, numbers to the right.

    Args:
        headers: plain text, which is escaped here, as all of it is.
        rows: a cell per header.
    """
    columns = [[header, *(row[at] for row in rows)] for at, header in enumerate(headers)]
    lines = zip(*map(_column, columns), strict=True)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _column(cells: Sequence[str]) -> list[str]:
    """A header, what says where its cells stand, and the cells, all of one width."""
    escaped = [escape(cell) for cell in cells]
    right = all(NUMERIC.fullmatch(cell) for cell in cells[1:])
    width = max(LEAST, *(cell_len(cell) for cell in escaped))
    header, *rest = (_padded(cell, width, right=right) for cell in escaped)
    return [header, "-" * (width - 1) + ":" if right else "-" * width, *rest]


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space
