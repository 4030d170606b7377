"""Which item a worker gets: like ones, as long as nobody waits for it."""

from __future__ import annotations

from runner.launcher.cluster.waiting import Waiting


def first_letter(word: str) -> str:
    """What items have in common here."""
    return word[0]


def test_workers_keep_to_what_they_have_read() -> None:
    """Each begins with what nobody is at, and helps others only when that is used up."""
    waiting = Waiting(["a0", "a1", "a2", "b3", "b4"], first_letter)
    taken = [waiting.take(worker) for worker in ("one", "two", "one", "two", "two")]
    assert [0, 3, 1, 4, 2] == taken
    assert 0 == len(waiting)


def test_what_comes_back_is_next() -> None:
    """An item whose worker is gone goes before those like it; what the gone one kept is gone."""
    waiting = Waiting(["a0", "a1", "b2"], first_letter)
    assert 0 == waiting.take("one")
    waiting.put_back(0)
    waiting.forget("one")
    assert [0, 2, 1] == [waiting.take("two"), waiting.take("three"), waiting.take("two")]
