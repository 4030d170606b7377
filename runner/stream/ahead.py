"""What an iterator gives, made by a thread of its own a few steps ahead."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


@dataclass(frozen=True)
class _Made(Generic[T]):
    """An item, or how the iterator ended."""

    item: T | None = None
    ended: bool = False
    error: BaseException | None = None


class _Maker(threading.Thread, Generic[T]):
    """Puts what an iterator gives into a queue until that is told to stop."""

    def __init__(self, items: Iterator[T], depth: int) -> None:
        super().__init__(name="reader", daemon=True)
        self.made: queue.Queue[_Made[T]] = queue.Queue(depth)
        self.stopped = threading.Event()
        self._items = items

    def run(self) -> None:
        try:
            for item in self._items:
                self._put(_Made(item))
                if self.stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised by the thread that asks
            self._put(_Made(ended=True, error=error))
        else:
            self._put(_Made(ended=True))

    def _put(self, made: _Made[T]) -> None:
        while not self.stopped.is_set():
            try:
                self.made.put(made, timeout=0.1)
            except queue.Full:
                continue
            return


def ahead(items: Iterator[T], depth: int) -> Generator[T]:
    """Yield the items in order, up to `depth` of them made before they are asked for.

    An error of the iterator is raised here. The thread ends with the generator.
    """
    maker = _Maker(items, depth)
    maker.start()
    try:
        while True:
            made = maker.made.get()
            if made.error is not None:
                raise made.error
            if made.ended:
                return
            yield cast("T", made.item)
            del made  # or its memory would be held while the next one is waited for
    finally:
        maker.stopped.set()
        maker.join()
