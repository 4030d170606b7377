"""The columns of a table and a width come in; lines that fit, with no figure cut, go out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
_WORD = re.compile(r"([ \n\t]*)([^ \n\t]+)")
LEAST_LABEL = 20  # columns that a label which has to be cut keeps beside figures
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

    Before that, columns that can be spared easily are left out; after it, any that can be. A label
    that is wider than a line is cut in the middle; what is hidden in any text is written out.
    """
    shown = [_revealed(column) for column in columns]
    wide = _spare(shown, width, DISPENSABLE)
    if any(column.label and column.width > width for column in wide):
        wide = _narrowed(wide, width)
    if _width(wide) <= width:
        return _single(wide)
    labels = [column for column in shown if column.label]
    rest = [column for column in shown if not column.label]
    return _stacked(labels, _spare(rest, width - len(GAP), 1), width)


def _revealed(column: Column) -> Column:
    cells = tuple(reveal(cell) for cell in column.cells)
    return replace(column, header=reveal(column.header), cells=cells)


def _narrowed(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns with the widest labels cut, if that leaves enough of them, so that all fit."""
    found = list(columns)
    for _ in columns:
        over = _width(found) - width
        at = max(range(len(found)), key=lambda n: found[n].width if found[n].label else 0)
        room = max(found[at].width - over, LEAST_LABEL)
        cells = tuple(shorten(cell, room) for cell in found[at].cells)
        found[at] = replace(found[at], cells=cells)
    return found


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
        # all but the first may begin a line that is indented
        words = [shorten(w, width - len(GAP) * (at > 0)) for at, w in enumerate(text.split(" "))]
        lines += [Line(part, row) for part in wrap(" ".join(words), width)]
        lines.append(Line(GAP + _joined(rest, [column.cells[row] for column in rest]), row))
    return lines


def wrap(text: str, width: int, indent: str = GAP, *, chop: bool = False) -> list[str]:
    """The text in lines that break between words, the further ones indented.

    Args:
        text: in one line or more; where it breaks is decided anew.
        width: in columns of the terminal.
        indent: of all lines but the first.
        chop: whether a word that is wider than a line is broken too.
    """
    found, line = [], ""
    for space, word in _WORD.findall(text):
        gap = re.sub(r"[\n\t]", " ", space)
        if line.strip() and cell_len(line + gap + word) > width:
            found.append(line)
            line, gap = indent, ""
        line += gap + word
        while chop and cell_len(line) > width:
            first, *rest = chop_cells(line, width)
            found.append(first)
            line = indent + "".join(rest)
    return [*found, line]


def shorten(text: str, room: int) -> str:
    """The text, or its beginning and its end, the longer one, with dots between."""
    if cell_len(text) <= room:
        return text
    end = (room - 1) * 2 // 3
    tail = _begun(text[::-1], end)[::-1]
    return f"{_begun(text, room - 1 - end)}…{tail}"


def _begun(text: str, room: int) -> str:
    """As much of the text as there is room for."""
    return chop_cells(text, room)[0] if room > 0 else ""


def _rows(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    return list(zip(*(column.cells for column in columns), strict=True))


def _joined(columns: Sequence[Column], cells: Sequence[str]) -> str:
    padded = []
    for column, cell in zip(columns, cells, strict=True):
        space = " " * (column.width - cell_len(cell))
        padded.append(cell + space if column.label else space + cell)
    return GAP.join(padded).rstrip()
