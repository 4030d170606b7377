"""Text of unknown origin comes in; text that does nothing but be read goes out."""

from __future__ import annotations

import re
from typing import Any

# what moves a cursor, breaks a line, turns the direction of writing, or cannot be encoded
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_ACTIVE_BUT_BREAKS = re.compile(_ACTIVE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one


def as_cell(value: Any) -> Any:  # noqa: ANN401 - a value of a table
    """A value of a table; a text that a spreadsheet would compute has an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def reveal(text: str, *, breaks: bool = False) -> str:
    r"""The text with control and bidirectional characters written out: \n, \x1b, \u202e.

    Args:
        text: a name of a column, a path, the message of an error.
        breaks: whether its line breaks are meant, and stay.
    """
    active = _ACTIVE_BUT_BREAKS if breaks else _ACTIVE
    return active.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
