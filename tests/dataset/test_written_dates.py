"""Dates as text are read as times, if there is one way to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from runner.config import validate_section
from runner.dataset.date_like import look_like_dates
from runner.dataset.table import make_table
from runner.dataset.written_dates import read_dates
from runner.errors import DataError

if TYPE_CHECKING:
    from conftest import Program

    from runner.records import Table

WRITTEN = {
    "ISO": ["2020-01-31", "2020-02-01", "2021-12-05"],
    "ISO with times": ["2020-01-31T00:00", "2020-02-01T00:00", "2021-12-05T00:00"],
    "German": ["31.01.2020", "1.2.2020", "05.12.2021"],
    "British": ["31/01/2020", "01/02/2020", "05/12/2021"],
    "American": ["01/31/2020", "02/01/2020", "12/05/2021"],
    "words": ["31 Jan 2020", "1 Feb 2020", "5 Dec 2021"],
    "American words": ["Jan 31, 2020", "Feb 1, 2020", "Dec 5, 2021"],
    "with a time": ["31.01.2020 00:00", "01.02.2020 00:00", "05.12.2021 00:00"],
    "digits": ["20200131", "20200201", "20211205"],
}


def table_of_days(day: Any, **keys: Any) -> Table:  # noqa: ANN401 - any column, config values
    """A table with a column of dates."""
    frame = pd.DataFrame({"day": day, "x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0]})
    section = {"name": "csv", "path": "a.csv", "target": "y", **keys}
    roles: Any = validate_section("dataset", section)
    return make_table(frame, roles)


@pytest.mark.parametrize("name", WRITTEN)
def test_dates_are_read_as_they_are_written(name: str) -> None:
    """As a feature they count days since 1970, as a time they order the rows."""
    table = table_of_days(WRITTEN[name], dates="day")
    assert [18292.0, 18293.0, 18966.0] == table.features["day"].to_list()
    ordered = table_of_days(WRITTEN[name], dates="day", time="day")
    assert ordered.time is not None
    assert ([1, 2, 3], ("x",)) == (ordered.time.tolist(), ordered.numeric)
    assert look_like_dates(WRITTEN[name]) == (name != "digits")


def test_missing_dates_are_missing() -> None:
    """A gap, or a spelling of one, is a missing value of the feature."""
    table = table_of_days(["2020-01-31", None, "?"], dates=["day"], na_values="?")
    np.testing.assert_array_equal([18292.0, np.nan, np.nan], table.features["day"])


def test_numbers_with_gaps_are_dates_too() -> None:
    """20200131 with a gap in the column is read by pandas as a fraction."""
    assert [18292.0] == table_of_days([20200131.0, None, None], dates="day").features[
        "day"
    ].dropna().to_list()


def test_day_and_month_that_cannot_be_told_apart() -> None:
    """Where both orders can be meant the form must be given, and then counts."""
    texts = ["01/02/2020", "03/04/2020", "05/06/2020"]
    with pytest.raises(DataError, match=r"day or month first.*dataset.dates=\{day: '%d/%m/%Y'\}"):
        table_of_days(texts, dates="day")
    british = table_of_days(texts, dates={"day": "%d/%m/%Y"}).features["day"]
    american = table_of_days(texts, dates={"day": "%m/%d/%Y"}).features["day"]
    assert (18293.0, 18263.0) == (british[0], american[0])


def test_what_is_no_date_is_named() -> None:
    """A text that is none is shown, with how many there are."""
    with pytest.raises(DataError, match=r"'day', but 1 of its 3 different values.*'n/k'"):
        table_of_days(["2020-01-31", "n/k", "2020-02-01"], dates="day")
    with pytest.raises(DataError, match=r"dataset.dates names 'dya'.*did you mean 'day'"):
        table_of_days(["2020-01-31"] * 3, dates="dya")


@pytest.mark.parametrize("text", ["12-14", "1.5", "3/4", "A-1-2", "2020", "555-1234", "v1.2.3"])
def test_other_texts_do_not_look_like_dates(text: str) -> None:
    """Numbers, shares, codes and versions are no dates."""
    assert not look_like_dates([text])


def test_times_of_a_zone_are_brought_to_utc() -> None:
    """A time with its zone is the same instant in UTC."""
    read = read_dates(pd.Series(["2020-01-31T01:00+02:00"], name="t"), None)
    assert [pd.Timestamp("2020-01-30T23:00")] == read.to_list()


def test_a_stream_refuses_dates(program: Program) -> None:
    """Dates are read in memory alone, and that is said with the key."""
    (program.folder / "a.csv").write_text("day,y\n31.01.2020,1\n")
    data = ("dataset=csv", "dataset.path=a.csv", "dataset.target=y", "dataset.stream=true")
    ended = program(*data, "dataset.dates=day")
    assert 2 == ended.status
    assert "dataset.dates needs the rows in memory" in ended.err
