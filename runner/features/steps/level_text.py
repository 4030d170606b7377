"""A level of a category comes in; the text that stands for it goes out."""

from __future__ import annotations

from typing import Any


def level_text(level: Any) -> str:  # noqa: ANN401 - a text or a number of any type
    """The text itself; a number as that of a float, which is what tables hold and features name."""
    return level if isinstance(level, str) else str(float(level))
