"""Rows of text come in; lines that fit the terminal go out, with nothing lost but of a name."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from runner.report.terminal.columns import shorten, wrap
from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
LEAST_NAME = 6
INDENT = "    "


@dataclass(frozen=True)
class Row:
    """The cells of a line by column, settings that go below where there is no room, and a note."""

    cells: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)
    note: str = ""  # always below


def lay_out(
    rows: Sequence[Row],
    *,
    names: Sequence[str],
    right: Sequence[str] = (),
    optional: Sequence[str] = (),
    width: int | None = None,
) -> list[str]:
    """The lines of a table with a header.

    Settings are columns before the last one where all of it fits, if need be without optional
    columns, of which the last goes first. If not, they follow as KEY=VALUE in lines of their own;
    where even the rest is too wide, names are shortened, the longest first. No other cell ever is.

    Args:
        rows: with the same columns each.
        names: the columns whose cells may be shortened.
        right: columns of numbers.
        optional: columns that can be done without.
        width: in characters; the terminal's if not given.
    """
    if not rows:
        return []
    width = width or shutil.get_terminal_size((80, 24)).columns
    rows = [_revealed(row) for row in rows]
    keys, wide = _widened(rows)
    fewer = [optional[at:] for at in range(len(optional), -1, -1)]
    choices = [[column for column in rows[0].cells if column not in left] for left in fewer]
    for *before, last in choices:
        if _width(wide, [*before, *keys, last]) <= width:
            header, *lines = _lines(wide, [*before, *keys, last], right)
            return _with_notes(header, lines, [_below(row, {}, width) for row in rows])
    cells = [row.cells for row in rows]
    fitting = [columns for columns in choices if _width(cells, columns) <= width]
    columns = fitting[0] if fitting else choices[-1]
    rooms = _rooms(cells, names, _width(cells, columns) - width)
    cells = [{**cell, **{n: shorten(cell[n], room) for n, room in rooms.items()}} for cell in cells]
    header, *lines = _lines(cells, columns, right)
    return _with_notes(header, lines, [_below(row, row.settings, width) for row in rows])


def whole_table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """All headers, settings before the last column, and the cells of every row."""
    keys, wide = _widened(rows)
    *before, last = rows[0].cells
    headers = [*before, *keys, last]
    return headers, [[cell[header] for header in headers] for cell in wide]


def _revealed(row: Row) -> Row:
    """A row with control characters written out."""
    cells = {column: reveal(cell) for column, cell in row.cells.items()}
    settings = {key: reveal(value) for key, value in row.settings.items()}
    return replace(row, cells=cells, settings=settings, note=reveal(row.note, breaks=True))


def _widened(rows: Sequence[Row]) -> tuple[list[str], list[dict[str, str]]]:
    """The keys of all settings, and every row's cells with them."""
    keys = list(dict.fromkeys(key for row in rows for key in row.settings))
    return keys, [{**row.cells, **{k: row.settings.get(k, "-") for k in keys}} for row in rows]


def say(value: Any) -> str:  # noqa: ANN401 - any value of a record or a config
    """A value as YAML would have it, without spaces; numbers with all their digits."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return f"[{','.join(map(say, value))}]"
        case dict():
            return "{" + ",".join(f"{key}:{say(inner)}" for key, inner in value.items()) + "}"
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case _:
            return str(value)


def say_score(score: float | None) -> str:
    """A score with four digits, - where there is none."""
    if score is None or score != score:  # noqa: PLR0124 - NaN
        return "-"
    return f"{score:.4g}" if abs(score) < 1e4 else f"{score:,.0f}"  # noqa: PLR2004 - readable


def _rooms(cells: Sequence[dict[str, str]], names: Sequence[str], over: int) -> dict[str, int]:
    """How wide each name may be, if they are to be narrower by `over` in sum."""
    rooms = {name: max(cell_len(cell[name]) for cell in cells) for name in names}
    for _ in range(over):
        longest = max(rooms, key=lambda name: rooms[name])
        rooms[longest] = max(LEAST_NAME, rooms[longest] - 1)
    return rooms


def _with_notes(header: str, lines: list[str], notes: list[list[str]]) -> list[str]:
    below = zip(lines, notes, strict=True)
    return [header, *(found for line, note in below for found in (line, *note))]


def _below(row: Row, settings: dict[str, str], width: int) -> list[str]:
    """The lines under a row."""
    said = [f"{key}={value}" for key, value in settings.items()]
    text = " ".join(shorten(setting, width - len(INDENT)) for setting in said)
    lines = [wrap(each, width - len(INDENT), "", chop=True) for each in (text, row.note) if each]
    return [INDENT + line for each in lines for line in each]


def _width(cells: Sequence[dict[str, str]], columns: Sequence[str]) -> int:
    return sum(_widest(cells, column) for column in columns) + len(GAP) * (len(columns) - 1)


def _widest(cells: Sequence[dict[str, str]], column: str) -> int:
    return max(cell_len(column), *(cell_len(cell[column]) for cell in cells))


def _lines(
    cells: Sequence[dict[str, str]], columns: Sequence[str], right: Sequence[str]
) -> list[str]:
    widths = {column: _widest(cells, column) for column in columns}
    lines = []
    for cell in [{column: column for column in columns}, *cells]:
        padded = []
        for column in columns:
            space = " " * (widths[column] - cell_len(cell[column]))
            padded.append(space + cell[column] if column in right else cell[column] + space)
        lines.append(GAP.join(padded).rstrip())
    return lines
