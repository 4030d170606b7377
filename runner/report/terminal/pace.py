"""Steps come in as they are done; how long the rest will take goes out."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """How fast steps are done, by the later half of the time that they have taken.

    So what was found done at the start (trials of a search that was stopped) does not count as
    fast, nor what is begun slowly as slow.

    Args:
        total: how many steps there are, None if nobody knows.
        clock: seconds.
    """

    def __init__(self, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = 0
        self._clock = clock
        self._start = clock()
        self._marks = deque([(self._start, 0)])  # a time, and how many steps were done then

    def advance(self, steps: int) -> None:
        """Count steps that have just been done."""
        now = self._clock()
        self.done += steps
        self._marks.append((now, self.done))
        half = (self._start + now) / 2
        while len(self._marks) > 2 and self._marks[1][0] <= half:  # noqa: PLR2004 - a first, a last
            self._marks.popleft()

    def left(self) -> float | None:
        """Seconds that the rest will take; None where that cannot be told yet."""
        (first, before), (last, done) = self._marks[0], self._marks[-1]
        if self.total is None or done == before:
            return None
        rest = (self.total - done) * (last - first) / (done - before)
        return max(0.0, rest - (self._clock() - last))

    @property
    def time(self) -> str:
        """What is left, or in the end what has passed."""
        if self.done == self.total:
            return clock_text(self._marks[-1][0] - self._start)
        return f"{clock_text(self.left())} left"


def clock_text(seconds: float | None) -> str:
    """Hours, minutes and seconds, 0:01:05; dashes where nobody knows."""
    if seconds is None:
        return "-:--:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
