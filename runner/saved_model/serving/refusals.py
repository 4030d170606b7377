"""What a server says to a request that it does not answer."""

from __future__ import annotations

import json
from typing import Any

from runner.errors import RunnerError


class RefusedError(RunnerError):
    """A request that gets no answer, with the status that says why.

    Args:
        status: of HTTP.
        detail: a sentence, or a list of objects with `loc` and `msg`.
    """

    def __init__(self, status: int, detail: str | list[dict[str, Any]]) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def body(self) -> bytes:
        """As JSON, in ASCII: a name may hold what UTF-8 cannot."""
        return json.dumps({"detail": self.detail}).encode("ascii")
