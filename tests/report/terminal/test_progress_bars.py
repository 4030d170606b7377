"""A bar on a terminal; elsewhere nothing at first, and then a line now and then."""

from __future__ import annotations

import io

from rich.console import Console

from runner.report.terminal.progress_bars import Bars, Lines


class Clock:
    """A time that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def lines_of(seconds: int, *, each: float = 1.0) -> list[str]:
    """What is said of so many seconds of steps."""
    clock, said = Clock(), list[str]()
    with Lines(said.append, clock).show("search", round(seconds / each), "candidates") as advance:
        while clock.now < seconds:
            clock.now += each
            advance(1, "best mse 5")
    return said


def test_short_work_says_nothing() -> None:
    """Of less than ten seconds there is no line."""
    assert [] == lines_of(9)


def test_a_line_says_how_far_it_is() -> None:
    """The count, the best so far, and what is left."""
    expected = "search: 10 of 1,200 candidates, best mse 5, 0:19:50 left"
    assert expected == lines_of(1200)[0]


def test_lines_become_rare() -> None:
    """Not more often than every ten seconds, and a day has few."""
    assert 4 == len(lines_of(49))
    assert len(lines_of(86_400, each=10.0)) < 50


def test_inner_work_shares_the_lines() -> None:
    """Runs of a sweep and what goes on within each do not each have lines of their own."""
    clock, said = Clock(), list[str]()
    lines = Lines(said.append, clock)
    with lines.show("runs", 3, "runs") as outer:
        for _ in range(3):
            with lines.show("search", 6, "candidates") as inner:
                for _ in range(6):
                    clock.now += 1
                    inner(1)
            outer(1)
    assert ["search: 4 of 6 candidates, 0:00:02 left"] == said


def on_terminal(columns: int) -> tuple[Bars, io.StringIO]:
    """Bars of a terminal of that width, and what is written to it."""
    written = io.StringIO()
    return Bars(Console(file=written, force_terminal=True, width=columns)), written


def test_a_bar_ends_with_its_time() -> None:
    """It stays, full, with the last word on what came of it, and nothing is wider than 80."""
    bars, written = on_terminal(80)
    with bars.show("search", 1_000, "candidates") as advance:
        advance(600, "best mse 60")
        advance(400, "best mse 59.5")
    last = written.getvalue().split("\r")[-1]
    assert "1,000/1,000 candidates best mse 59.5 0:00:00" in last
    advance(1)  # what goes on after the end is not shown


def test_a_narrow_terminal_has_no_bar() -> None:
    """The count and the time are whole; what is said gives way."""
    bars, written = on_terminal(40)
    with bars.show("search", 3_500, "candidates") as advance:
        advance(3_500, "best partial_deviance 128,300")
    last = written.getvalue().split("\r")[-1]
    assert "search 3,500/3,500 0:00:00  be" in last
    assert "━" not in last


def test_a_bar_within_a_bar_goes_when_it_ends() -> None:
    """Of a sweep the runs stay, each search goes, even where it fails."""
    bars, written = on_terminal(80)
    with bars.show("runs", 2, "runs") as outer:
        for _ in range(2):
            with bars.show("search", 2, "candidates") as inner:
                inner(1, "best r2 0.5")
            inner(1)
            outer(1)
    ended = written.getvalue().rpartition("\r")[2]
    assert "2/2 runs" in ended
    assert "search" not in ended
    with bars.show("search", 1, "candidates") as advance:
        advance(1)
    assert "1/1 candidates" in written.getvalue().rpartition("\r")[2]
