"""Headers and rows of text come in; a table for a paper, with the package booktabs, goes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBER = r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?%?"
NUMERIC = re.compile(rf"{NUMBER}( to {NUMBER})?|-|")
MINUS = re.compile(r"(?<![\w.])-(?=\d)")
SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",  # which languages of babel do not make a command of
    "`": r"\textasciigrave{}",
    "[": "{[}",  # behind a line's end it would be the space below
    "]": "{]}",
    "-": "-{}",  # before another one, with which it would be a dash
    "*": "{*}",  # at the beginning: behind a line's end it would be part of that
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
SPECIAL = re.compile(
    rf"[{re.escape(''.join(sign for sign in SIGNS if sign not in '-*'))}]|-(?=-)|^\*"
)


def escape(text: str) -> str:
    """The text as LaTeX sets it, sign by sign; what is hidden in it is written out."""
    return SPECIAL.sub(lambda found: SIGNS[found[0]], reveal(text))


def latex_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], caption: str | None = None
) -> str:
    """A tabular, numbers to the right; with a caption, a table that holds it.

    Args:
        headers: plain text, which is escaped here, as all of it is.
        rows: a cell per header.
        caption: what stands above the table.
    """
    numeric = [all(NUMERIC.fullmatch(row[at]) for row in rows) for at in range(len(headers))]
    lines = [
        rf"\begin{{tabular}}{{{''.join('r' if right else 'l' for right in numeric)}}}",
        *_indented([r"\toprule", _line([escape(header) for header in headers]), r"\midrule"]),
        *_indented([_line(_set(row, numeric)) for row in rows]),
        *_indented([r"\bottomrule"]),
        r"\end{tabular}",
    ]
    if caption is not None:
        inner = [r"\centering", rf"\caption{{{escape(caption)}}}", *lines]
        lines = [r"\begin{table}", *_indented(inner), r"\end{table}"]
    return "\n".join(lines) + "\n"


def _set(row: Sequence[str], numeric: Sequence[bool]) -> list[str]:
    """The cells of a row; a number's sign is a minus, and no hyphen."""
    return [
        MINUS.sub("$-$", escape(cell)) if right else escape(cell)
        for cell, right in zip(row, numeric, strict=True)
    ]


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
