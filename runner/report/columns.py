"""The columns of a table and a width come in; lines that fit, with no cell cut, go out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
DISPENSABLE = 3  # a column that can be spared this easily goes before a row takes two lines


@dataclass(frozen=True)
class Column:
    """A header, and a cell per row.

    A label says which row it is: it stands left, and may go on a line of its own. What is the
    easier spared goes first where there is no room; 0 never goes.
    """

    header: str
    cells: tuple[str, ...]
    label: bool = False
    spare: int = 0

    @property
    def width(self) -> int:
        """Of the widest cell, the header among them."""
        return max(cell_len(cell) for cell in (self.header, *self.cells))


@dataclass(frozen=True)
class Line:
    """One line of a table."""

    text: str
    row: int | None  # None for the header


def lay_out(columns: Sequence[Column], width: int) -> list[Line]:
    """A line per row, or two if they would be wider than `width`: labels, then the rest below.

    Before that, columns that can be spared easily are left out; after it, any that can be.
    """
    wide = _spare(columns, width, DISPENSABLE)
    if _width(wide) <= width:
        return _single(wide)
    labels = [column for column in columns if column.label]
    rest = [column for column in columns if not column.label]
    return _stacked(labels, _spare(rest, width - len(GAP), 1), width)


def _spare(columns: Sequence[Column], width: int, least: int) -> list[Column]:
    """The columns less those that have to go, the most easily spared first."""
    kept = list(columns)
    while _width(kept) > width:
        most = max((column.spare for column in kept), default=0)
        if most < least:
            break
        last = max(at for at, column in enumerate(kept) if column.spare == most)
        del kept[last]
    return kept


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(GAP) * max(len(columns) - 1, 0)


def _single(columns: Sequence[Column]) -> list[Line]:
    return [
        Line(_joined(columns, [column.header for column in columns]), None),
        *(Line(_joined(columns, cells), row) for row, cells in enumerate(_rows(columns))),
    ]


def _stacked(labels: Sequence[Column], rest: Sequence[Column], width: int) -> list[Line]:
    lines = [Line(labels[0].header, None)] if len(labels) == 1 else []
    lines.append(Line(GAP + _joined(rest, [column.header for column in rest]), None))
    for row in range(len(labels[0].cells)):
        own = [column.cells[row] for column in labels]
        text = " ".join(f"{c.header}={cell}" for c, cell in zip(labels, own, strict=True))
        text = text if len(labels) > 1 else own[0]
        lines += [Line(part, row) for part in wrap(text, width)]
        lines.append(Line(GAP + _joined(rest, [column.cells[row] for column in rest]), row))
    return lines


def wrap(text: str, width: int) -> list[str]:
    """The text in lines that break between words, never within one; the further ones indented."""
    found = textwrap.wrap(
        text, width, subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False
    )
    return found or [""]


def _rows(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    return list(zip(*(column.cells for column in columns), strict=True))


def _joined(columns: Sequence[Column], cells: Sequence[str]) -> str:
    padded = []
    for column, cell in zip(columns, cells, strict=True):
        space = " " * (column.width - cell_len(cell))
        padded.append(cell + space if column.label else space + cell)
    return GAP.join(padded).rstrip()
