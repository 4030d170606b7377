"""How long the rest takes is told by the later half of the time, whatever came before."""

from __future__ import annotations

import pytest

from runner.report.terminal.pace import Pace, clock_text


class Clock:
    """A time that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def after(pace: Pace, clock: Clock, seconds: float, steps: int) -> None:
    """Let time pass, and then steps be done."""
    clock.now += seconds
    pace.advance(steps)


def test_an_even_pace_goes_on() -> None:
    """A quarter in 10 s leaves 30 s, which pass while nothing is told, but never below 0."""
    clock = Clock()
    pace = Pace(40, clock)
    assert ("-:--:-- left", None) == (pace.time, pace.left())
    after(pace, clock, 10, 10)
    assert pytest.approx(30) == pace.left()
    clock.now += 12
    assert "0:00:18 left" == pace.time
    clock.now += 100
    assert 0 == pace.left()


def test_what_was_found_done_does_not_count() -> None:
    """400 trials of an earlier start come at once; a new one takes 10 s, and so do the others."""
    clock = Clock()
    pace = Pace(500, clock)
    after(pace, clock, 0.01, 400)
    after(pace, clock, 10, 1)
    assert pytest.approx(990) == pace.left()
    after(pace, clock, 10, 1)
    assert pytest.approx(980) == pace.left()


def test_a_slow_start_is_forgotten() -> None:
    """Steps of 10 s that are followed by steps of 1 s: the later half of the time counts."""
    clock = Clock()
    pace = Pace(100, clock)
    for _ in range(3):
        after(pace, clock, 10, 1)
    for _ in range(35):
        after(pace, clock, 1, 1)
    assert pytest.approx(62) == pace.left()


def test_the_end_has_the_time_that_has_passed() -> None:
    """When all is done, seconds since the start; where the total is unknown, never what is left."""
    clock = Clock()
    pace, endless = Pace(2, clock), Pace(None, clock)
    for each in (pace, endless):
        after(each, clock, 30, 2)
    assert ("0:00:30", None) == (pace.time, endless.left())


def test_clocks_have_hours() -> None:
    """Hours are not limited to a day."""
    assert ["0:00:00", "0:01:05", "1:00:00", "30:00:01"] == [
        clock_text(seconds) for seconds in (0.2, 65, 3599.9, 108_001)
    ]
