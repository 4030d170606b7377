"""Text of unknown origin does nothing but be read."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from runner.store.plain_text import reveal

TURNS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def test_what_acts_is_written_out() -> None:
    """Escape sequences, line breaks, overrides of direction, and bytes that are no text."""
    assert r"\x1b[31mred\x1b[0m" == reveal("\x1b[31mred\x1b[0m")
    assert r"a\nb\tc\rd\x00\x9b" == reveal("a\nb\tc\rd\x00\x9b")
    assert r"\u202egnp.exe\u2066" == reveal("\u202egnp.exe\u2066")
    assert r"\u2028\udcff\ufeff" == reveal("\u2028\udcff\ufeff")


def test_what_is_read_stays() -> None:
    """Letters of any script, combining characters, emoji and their joiners, markup, backslashes."""
    for text in ("שלום", "e\u0301", "👩\u200d🔬", "[bold]", ":x:", r"a\n", "=1+1", "名"):
        assert text == reveal(text)


def test_breaks_that_are_meant_stay() -> None:
    """The lines of a message stay lines; whatever else moves a cursor does not stay."""
    assert "one\ntwo\\r\\x0b" == reveal("one\ntwo\r\x0b", breaks=True)


@given(st.text())
def test_nothing_active_is_left(text: str) -> None:
    """No control character, override or lone surrogate, and what had none is the same."""
    shown = reveal(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not TURNS & set(shown)
    assert len(shown.splitlines()) <= 1
    assert shown == reveal(shown)
