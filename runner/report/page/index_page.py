"""The runs and sweeps of a folder come in; a page that lists them, and follows them, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.report.page.document import render

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Listed:
    """A run or a sweep."""

    name: str
    link: str | None  # to its page, where it can have one
    about: str  # what it was run with
    score: str
    status: str
    when: str


def index_page(folder: str, listed: Sequence[Listed]) -> str:
    """The HTML of the list, which asks for itself anew while it is open.

    Args:
        folder: its name.
        listed: newest first.
    """
    content = {"title": f"Runs in {folder}", "listed": listed}
    return render("index.html", content, "/report.js", follows=True)
