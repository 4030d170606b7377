"""What every launcher offers: it makes items of work, and gives what came of each as it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from runner.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")
R = TypeVar("R")
SHARED = ".shared"  # in a run's or a sweep's folder: what its processes share while it goes on
MOST_TRIES = 3  # of an item whose worker dies


@dataclass(frozen=True)
class WorkerDied:
    """An item whose worker died every time that it was tried."""

    tries: int


def _say_nothing(_: str) -> None:
    """Where nobody listens."""


def _count_nothing(running: int, workers: int) -> None:
    """Where nobody looks."""
    del running, workers


def _all_alike(_: Any) -> str:  # noqa: ANN401 - any item
    """Where it does not matter which worker makes an item."""
    return ""


@dataclass(frozen=True)
class Site:
    """What the items of one launch have in common, and who is told how it goes.

    Args:
        shared: a folder that every worker sees, if they need one.
        packages: what must be installed where items are made, beside this package's own needs.
        name: tells an item from all others, in this launch and in those before; None: its place.
        alike: items of one word share what a worker keeps in memory.
        say: takes a line for the person at the screen.
        count: takes how many items are being made, and by how many workers.
    """

    shared: Path | None = None
    packages: tuple[str, ...] = ()
    name: Callable[[Any], str] | None = None
    alike: Callable[[Any], str] = _all_alike
    say: Callable[[str], None] = _say_nothing
    count: Callable[[int, int], None] = _count_nothing


class Launcher(Spec):
    """A way to make many runs. An item may be made more than once, so it must be idempotent."""

    name: str

    @property
    def in_this_process(self) -> bool:
        """Whether items are made here, so that they can share what is in memory."""
        return True

    def check(self) -> None:
        """Say before any work whether items can be made so.

        Raises:
            ConfigError: they cannot.
        """

    def launch(
        self, work: Callable[[T], R], items: Sequence[T], site: Site
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """Each item's number and what came of it, in the order in which they end.

        Args:
            work: makes one item; it and the items can be pickled unless `in_this_process`.
            items: what to make.
            site: what they have in common.
        """
        raise NotImplementedError
