"""What is wrong with data: a run stops at the first problem, a check notes all of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Problems:
    """Errors in the order in which to solve them.

    Args:
        stop: whether the first one is raised; else what can go on without the failed step does.
    """

    def __init__(self, *, stop: bool) -> None:
        self._stop = stop
        self.found: list[DataError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A step that may fail; raises its DataError, or notes it."""
        try:
            yield
        except DataError as error:
            if self._stop:
                raise
            self.found.append(error)

    def note(self, errors: Iterator[DataError]) -> None:
        """Raise the first of them, or note all."""
        for error in errors:
            with self.noted():
                raise error
