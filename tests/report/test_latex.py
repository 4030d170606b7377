"""Any text can stand in a table of LaTeX, which booktabs sets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.report.latex import escape, latex_table

READ = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"\symbol{34}": '"',
    r"\textasciigrave{}": "`", "{[}": "[", "{]}": "]", "{*}": "*", "-{}": "-",
    **{f"\\{sign}": sign for sign in "&%$#_{}"},
}  # fmt: skip
TOKEN = re.compile("|".join(map(re.escape, READ)) + r"|[^\\&%$#_{}~^<>|\"`\[\]]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50% of R&D_1 #2 $3", r"50\% of R\&D\_1 \#2 \$3"),
        (r"{a}\b", r"\{a\}\textbackslash{}b"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ('<"|">', r"\textless{}\symbol{34}\textbar{}\symbol{34}\textgreater{}"),
        ("[2cm]", "{[}2cm{]}"),
        ("*a*", "{*}a*"),
        ("a---b-c", "a-{}-{}-b-c"),
        ("größe 名 👩", "größe 名 👩"),
        ("a\nb\x1b[0m\u202e", r"a\textbackslash{}nb\textbackslash{}x1b{[}0m\textbackslash{}u202e"),
    ],
)
def test_signs_are_escaped(text: str, expected: str) -> None:
    """Each sign that LaTeX reads as more than itself, and what is hidden in a text."""
    assert expected == escape(text)


@given(st.text(st.characters(blacklist_categories=["C", "Zl", "Zp"])))
def test_it_reads_as_it_was(text: str) -> None:
    """What LaTeX sets of an escaped text is the text, and there is nothing else in it."""
    escaped = escape(text)
    tokens = TOKEN.findall(escaped)
    assert escaped == "".join(tokens)
    assert text == "".join(READ.get(token, token) for token in tokens)


def test_a_table_is_booktabs() -> None:
    """Numbers stand to the right with a minus, other columns to the left; rules are booktabs'."""
    rows = [["a_b", "-0.5", "-1.5 to 2e-05", "best"], ["c", "-", "1,234", "0.1"]]
    expected = r"""
\begin{tabular}{lrrl}
  \toprule
  name & score & 95\% interval & p \\
  \midrule
  a\_b & $-$0.5 & $-$1.5 to 2e-05 & best \\
  c & - & 1,234 & 0.1 \\
  \bottomrule
\end{tabular}
"""
    assert expected.lstrip() == latex_table(["name", "score", "95% interval", "p"], rows)


def test_a_caption_makes_it_float() -> None:
    """With a caption the tabular stands in a table, and the caption is escaped too."""
    lines = latex_table(["a"], [["1"]], caption="50%").splitlines()
    assert [r"\begin{table}", r"  \centering", r"  \caption{50\%}"] == lines[:3]
    assert [r"    \toprule", r"    a \\"] == lines[4:6]
    assert [r"  \end{tabular}", r"\end{table}"] == lines[-2:]
