"""What every launcher offers: it makes items of work, and gives what came of each as it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from runner.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class WorkerDied:
    """An item whose worker died every time that it was tried."""

    tries: int


class Launcher(Spec):
    """A way to make many runs. An item may be made more than once, so it must be idempotent."""

    name: str

    @property
    def in_this_process(self) -> bool:
        """Whether items are made here, so that they can share what is in memory."""
        return True

    def launch(
        self, work: Callable[[T], R], items: Sequence[T]
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """Each item's number and what came of it, in the order in which they end.

        Args:
            work: makes one item; it and the items can be pickled unless `in_this_process`.
            items: what to make.
        """
        raise NotImplementedError
