"""Which item a free worker gets: one like its last, as long as there is any."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Waiting:
    """The items that nobody has yet, by what they have in common.

    A worker keeps what its last item had read. One that has no like item left takes up what the
    fewest others are at, and of that the first.

    Args:
        items: all of them.
        alike: those of one word share what a worker keeps.
    """

    def __init__(self, items: Sequence[Any], alike: Callable[[Any], str]) -> None:
        self._words = [alike(item) for item in items]
        self._queues: dict[str, deque[int]] = {}
        for number, word in enumerate(self._words):
            self._queues.setdefault(word, deque()).append(number)
        self._count = len(items)
        self._latest: dict[str, str] = {}  # by worker

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def take(self, worker: str) -> int:
        """The number of an item for a worker; there must be one."""
        word = self._latest.get(worker)
        if word is None or word not in self._queues:
            taken = Counter(self._latest.values())
            free = (word for word in self._queues if not taken[word])
            word = next(free, None) or min(self._queues, key=lambda each: taken[each])
        self._latest[worker] = word
        self._count -= 1
        number = self._queues[word].popleft()
        if not self._queues[word]:
            del self._queues[word]
        return number

    def put_back(self, number: int) -> None:
        """Have an item given to somebody else, before others."""
        self._count += 1
        self._queues.setdefault(self._words[number], deque()).appendleft(number)

    def forget(self, worker: str) -> None:
        """A worker is gone, and with it what it kept."""
        self._latest.pop(worker, None)
