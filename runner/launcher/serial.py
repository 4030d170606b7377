"""One item of work after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.launcher.base import Launcher, R, Site, T, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Serial(Launcher):
    """In this process, in their order."""

    name: Literal["serial"]

    def launch(
        self, work: Callable[[T], R], items: Sequence[T], site: Site
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """Each item in turn."""
        del site
        for number, item in enumerate(items):
            yield number, work(item)
