"""What goes on, step by step, comes in; a bar, or a line now and then, goes out."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from runner.report.terminal.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TaskID

QUIET = 10.0  # seconds before the first line where there is no terminal, and between two
GROWTH = 0.25  # of the time that has passed, before the next line: those of hours are few
BAR = 40  # columns at the most
NARROW = 72  # columns, of which too few would be left for a bar
COUNTED = 36  # columns of all but the word that is said


class Advance(Protocol):
    """Counts steps that are done, with a word on what has come of them."""

    def __call__(self, steps: int, word: str = "") -> None:
        """So many more are done."""


def ignore(steps: int, word: str = "") -> None:
    """Show nothing; an Advance."""
    del steps, word


class Bars:
    """Bars on a terminal; one that is begun within another stands below it until it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._outer: Progress | None = None

    @contextmanager
    def show(self, what: str, total: int | None, unit: str) -> Iterator[Advance]:
        """A bar of `total` steps; yields what advances it."""
        if self._outer is not None:
            task, advance = _begin(self._outer, Pace(total), what, unit)
            try:
                yield advance
            finally:
                self._outer.remove_task(task)
            return
        from rich.progress import Progress

        with Progress(*_columns(self._console.width), console=self._console) as bars:
            self._outer = bars
            _, advance = _begin(bars, Pace(total), what, unit)
            try:
                yield advance
            finally:
                self._outer = None


class Lines:
    """Where there is no terminal: nothing at first, then a line now and then.

    Args:
        say: prints a line.
        clock: seconds.
    """

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self._start = clock()
        self._next = QUIET

    @contextmanager
    def show(self, what: str, total: int | None, unit: str) -> Iterator[Advance]:
        """Lines on `total` steps; yields what advances them."""
        pace = Pace(total, self._clock)

        def advance(steps: int, word: str = "") -> None:
            pace.advance(steps)
            elapsed = self._clock() - self._start
            if elapsed >= self._next:
                said = [f"{what}: {_count(pace, ' of ')} {unit}", word]
                said += [] if pace.left() is None else [pace.time]
                self._say(", ".join(filter(None, said)))
                self._next = elapsed + max(QUIET, GROWTH * elapsed)

        yield advance


def _begin(bars: Progress, pace: Pace, what: str, unit: str) -> tuple[TaskID, Advance]:
    """A bar more: its number, and what advances it for as long as it is there."""
    count, total = _count(pace, "/"), pace.total
    task = bars.add_task(what, total=total, pace=pace, count=count, unit=unit, tail="")

    def advance(steps: int, word: str = "") -> None:
        pace.advance(steps)
        if task in bars.task_ids:
            bars.update(
                task, completed=pace.done, count=_count(pace, "/"), tail=f" {word}" if word else ""
            )

    return task, advance


def _columns(width: int) -> list[ProgressColumn]:
    """The name, a bar that gives way where there is no room, the count, what is said, the time."""
    from rich.progress import BarColumn, TextColumn
    from rich.table import Column

    texts = ("{task.description}", "{task.fields[count]}", "{task.fields[pace].time}",
             "{task.fields[tail]}")  # fmt: skip
    if width < NARROW:
        word = Column(no_wrap=True, max_width=max(width - COUNTED, 1))
        said = TextColumn(texts[-1], markup=False, table_column=word)
        return [*map(TextColumn, texts[:-1]), said]
    bar = BarColumn(None, table_column=Column(max_width=BAR))
    said = TextColumn("{task.fields[count]} {task.fields[unit]}{task.fields[tail]}", markup=False)
    return [TextColumn(texts[0]), bar, said, TextColumn(texts[2])]


def _count(pace: Pace, of: str) -> str:
    return f"{pace.done:,}" if pace.total is None else f"{pace.done:,}{of}{pace.total:,}"
