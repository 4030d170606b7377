"""Tables fit the width that there is, and no cell of what is shown is ever cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from runner.report.terminal.columns import Column, lay_out, shorten, wrap

LABEL = Column("imputer", ("mean", "linear"), label=True)
SCORE = Column("cv_mse", ("128,711", "3,229"))
ERROR = Column("se", ("23,000", "89"), spare=1)
SECONDS = Column("seconds", ("0.1", "12"), spare=4)


def texts(columns: list[Column], width: int) -> list[str]:
    """The lines of a table."""
    return [line.text for line in lay_out(columns, width)]


def test_all_columns_where_there_is_room() -> None:
    """Labels stand left, figures right."""
    expected = [
        "imputer   cv_mse      se  seconds",
        "mean     128,711  23,000      0.1",
        "linear     3,229      89       12",
    ]
    assert expected == texts([LABEL, SCORE, ERROR, SECONDS], 33)


def test_what_can_be_spared_goes_first() -> None:
    """One column too wide, the seconds go and the error stays."""
    lines = texts([LABEL, SCORE, ERROR, SECONDS], 32)
    assert "imputer   cv_mse      se" == lines[0]


def test_then_a_row_takes_two_lines() -> None:
    """An error is kept by putting labels on a line of their own; all figures have room then."""
    expected = [
        "imputer",
        "   cv_mse      se",
        "mean",
        "  128,711  23,000",
        "linear",
        "    3,229      89",
    ]
    assert expected == texts([LABEL, SCORE, ERROR, SECONDS], 20)
    assert [None, None, 0, 0, 1, 1] == [line.row for line in lay_out([LABEL, SCORE, ERROR], 20)]


def test_several_labels_are_named() -> None:
    """In two lines each label stands with its key, broken between words."""
    model = Column("model", ("lasso", "a ridge"), label=True)
    lines = texts([LABEL, model, SCORE], 20)
    assert ["   cv_mse", "imputer=mean", "  model=lasso", "  128,711"] == lines[:4]


def test_a_score_never_goes() -> None:
    """Too narrow for all, the score is still whole."""
    assert "  128,711" in texts([LABEL, SCORE, ERROR], 5)


CELLS = st.text("abc 9,.{}=\u540d", min_size=1, max_size=25).map(lambda text: text.strip() or "-")


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4),
    st.lists(st.integers(0, 5), min_size=3, max_size=3),
    st.integers(30, 100),
)
def test_tables_fit_uncut(rows: list[tuple[str, str, str]], spares: list[int], width: int) -> None:
    """From the widest cell's width on lines fit, and every cell of a kept figure is whole."""
    columns = [Column("run", tuple(str(i) for i in range(len(rows))), label=True)]
    columns += [
        Column(f"c{at}", cells, spare=spares[at])
        for at, cells in enumerate(zip(*rows, strict=True))
    ]
    lines = lay_out(columns, width)
    kept = [column for column in columns if any(column.header in li.text.split() for li in lines)]
    needed = [column for column in columns[1:] if column.spare == 0]
    assert all(column in kept for column in needed)
    if sum(2 + column.width for column in needed) <= width:
        assert all(cell_len(line.text) <= width for line in lines)
    for column in kept:
        for row, cell in enumerate(column.cells):
            assert any(cell in line.text for line in lines if line.row == row)


def test_a_label_wider_than_a_line_is_cut() -> None:
    """In the middle, and no more than that all fits; where figures leave it no room, on a line."""
    long = Column("feature", ("a" * 30 + "z" * 30, "b"), label=True)
    assert [f"aaaaaaa…{13 * 'z'}  128,711", f"b{20 * ' '}    3,229"] == texts([long, SCORE], 30)[1:]
    assert f"aaaaaaa…{12 * 'z'}" in texts([long, SCORE], 20)
    assert all("…" not in text for text in texts([long, SCORE], 60))


def test_labels_that_fit_a_line_are_whole() -> None:
    """Rather than cut a name, a row takes two lines."""
    long = Column("feature", ("a" * 20,), label=True)
    assert ["a" * 20, "  128,711"] == texts([long, Column("cv_mse", ("128,711",))], 20)[-2:]


def test_what_is_hidden_is_written_out() -> None:
    """A name that clears the screen or turns the text is shown as such, and takes its room."""
    named = Column("feature", ("\x1b[2J", "\u202eb\n"), label=True)
    expected = ["feature     cv_mse", r"\x1b[2J    128,711", r"\u202eb\n    3,229"]
    assert expected == texts([named, SCORE], 80)


@given(st.text("a名e\u0301👩", max_size=40), st.integers(6, 30))
def test_names_are_cut_by_what_they_take(text: str, room: int) -> None:
    """Wide letters count as two; what fits stays, and what does not keeps both its ends."""
    cut = shorten(text, room)
    assert cell_len(cut) <= room
    assert (cut == text) == (cell_len(text) <= room)
    if cut != text:
        head, tail = cut.split("…")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_text_breaks_between_words() -> None:
    """A path is never broken."""
    assert ["wrote", "  outputs/a-long-folder/results.csv"] == wrap(
        "wrote outputs/a-long-folder/results.csv", 20
    )
    assert [""] == wrap("", 20)
    assert ["名名 名", "  名"] == wrap("名名 名 名", 8)
    assert ["a  b", "  c"] == wrap("a  b\nc", 5)
    assert ["aaaa", "aaa", "b"] == wrap("aaaaaaa b", 4, "", chop=True)
