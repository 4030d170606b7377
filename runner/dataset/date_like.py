"""Texts come in; whether they are written as dates goes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# 2020-12-31, 31.12.20, 1/2/2020, 31 Dec 2020, 31-Dec-20, Dec 31, 2020; times may follow
LIKE_DATES = re.compile(
    r"\s*(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d{2})"
    r"|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4})([T ]\d.*)?\s*"
)
SAMPLE = 20


def look_like_dates(texts: Iterable[object]) -> bool:
    """Whether some texts, none of them missing, are all written as dates."""
    some = [str(text) for text, _ in zip(texts, range(SAMPLE), strict=False)]
    return bool(some) and all(LIKE_DATES.fullmatch(text) for text in some)
