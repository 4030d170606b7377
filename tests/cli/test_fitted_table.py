"""Tables fit their width: settings go below, the name gives way, and no score is ever cut."""

from __future__ import annotations

import pytest

from runner.cli.fitted_table import Row, lay_out, say, say_score

ROWS = [
    Row({"run": "outputs/2026-01-02/03-04-05", "CV": "123,456,789", "status": "finished"},
        {"imputer": "mean", "model.alpha": "0.1"}),
    Row({"run": "b", "CV": "1.5", "status": "failed"}, {"imputer": "knn"}, note="why it failed"),
]  # fmt: skip


def test_settings_are_columns_where_there_is_room() -> None:
    """At 100 columns a line has all of it, - where a run has no such setting."""
    assert [
        "run                                  CV  imputer  model.alpha  status",
        "outputs/2026-01-02/03-04-05  123,456,789  mean     0.1          finished",
        "b                                    1.5  knn      -            failed",
        "    why it failed",
    ] == [line.replace("run         ", "run        ", 1)
          for line in lay_out(ROWS, names=["run"], right=["CV"], width=100)]  # fmt: skip


def test_settings_go_below_where_there_is_none() -> None:
    """At 60 columns they are KEY=VALUE in lines of their own."""
    lines = lay_out(ROWS, names=["run"], right=["CV"], width=60)
    assert ["    imputer=mean model.alpha=0.1", "    imputer=knn", "    why it failed"] == [
        line for line in lines if line.startswith(" ")
    ]


@pytest.mark.parametrize("width", [32, 40, 50, 60, 80, 100])
def test_it_fits_and_no_score_is_cut(width: int) -> None:
    """Whatever the width, no line is wider, and each score is whole."""
    lines = lay_out(ROWS, names=["run"], right=["CV"], width=width)
    assert max(map(len, lines)) <= width
    assert ["123,456,789" in lines[1], "1.5" in "".join(lines[2:])] == [True, True]


def test_optional_columns_go_first() -> None:
    """A column that can be done without goes before the settings leave the line."""
    row = Row({"run": "a", "n": "12345678", "status": "ok"}, {"imputer": "mean"})
    wide, narrow = (lay_out([row], names=["run"], optional=["n"], width=w) for w in (40, 25))
    assert ["run", "n", "imputer", "status"] == wide[0].split()
    assert ["run", "imputer", "status"] == narrow[0].split()


def test_values_are_as_one_would_type_them() -> None:
    """Values as YAML has them, without spaces; scores with four digits, and whole above 10,000."""
    values = (None, True, [0.1, 1.0], {"eps": 1e-3, "count": 3}, 0.123456789, 1e-7)
    assert ["null", "true", "[0.1,1]", "{eps:0.001,count:3}", "0.123456789", "1e-07"] == [
        say(value) for value in values
    ]
    scores = (None, float("nan"), 0.0123456, 59.999, 1234567.0)
    assert ["-", "-", "0.01235", "60", "1,234,567"] == [say_score(score) for score in scores]
