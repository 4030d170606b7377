"""Text that names columns, paths or values comes in, and is printed so that it is only read."""

from __future__ import annotations

import sys

from runner.store.plain_text import reveal


def print_text(text: str, *, error: bool = False) -> None:
    """Print lines on stdout, or on stderr, with control characters written out."""
    print(reveal(text, breaks=True), file=sys.stderr if error else sys.stdout)
