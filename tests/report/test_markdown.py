"""Any text can stand in a table of Markdown, a cell per column."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.report.markdown import escape, markdown_table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        (r"a\|b", r"a\\\|b"),
        ("`x` *y* [z](u) ~w~ $v$", r"\`x\` \*y\* \[z\](u) \~w\~ \$v\$"),
        ("<b>&lt;", "&lt;b>&amp;lt;"),
        ("R&D", "R&D"),
        ("cv_mse _a_", r"cv_mse \_a\_"),
        ("a\nb\u202e", r"a\\nb\\u202e"),
        ("# a", r"\# a"),
        ("#a", "#a"),
        ("> a", r"\> a"),
        ("- a", r"\- a"),
        ("+ a", r"\+ a"),
        ("---", r"\---"),
        ("===", r"\==="),
        ("1. a", r"1\. a"),
        ("1.5", "1.5"),
        ("-0.5", "-0.5"),
        ("-", "-"),
        ("=cmd|x", r"=cmd\|x"),
    ],
)
def test_markup_is_escaped(text: str, expected: str) -> None:
    """What would be a cell's end, code, HTML, emphasis or a block; numbers stay as they are."""
    assert expected == escape(text)


def test_columns_are_aligned() -> None:
    """Numbers stand to the right, by what is written under the header too; wide letters count."""
    expected = """
| name |   score |
| ---- | ------: |
| 名   | 130,783 |
| a\\|b |    -0.5 |
"""
    found = markdown_table(["name", "score"], [["名", "130,783"], ["a|b", "-0.5"]])
    assert expected.lstrip() == found


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4))
def test_a_row_has_a_cell_per_column(rows: list[tuple[str, str]]) -> None:
    """No cell ends early, and none breaks the line, whatever its text."""
    lines = markdown_table(["a", "b"], rows).split("\n")
    assert 2 + len(rows) == len(lines) - 1
    for line in lines[:-1]:
        assert 3 == len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
