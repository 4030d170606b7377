"""Fold problems too large to be there together: each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.folds.source import AnyFold


@dataclass(frozen=True)
class FoldsInTurn(Sequence["AnyFold"]):
    """A problem per fold. Whoever asks for the next should have let go of the last one before."""

    size: int
    make: Callable[[int], AnyFold]  # of the fold's number, counted from 0

    def __len__(self) -> int:
        """How many folds there are."""
        return self.size

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - as a Sequence has it
        """The problem of one fold."""
        if not 0 <= at < self.size:
            raise IndexError(at)
        return self.make(at)
