"""A column of dates written as text comes in; times go out."""

from __future__ import annotations

import warnings

import pandas as pd

from runner.errors import DataError

ISO = "ISO8601"
DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y")
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
OTHERS = (
    "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
    "%B %d, %Y", "%b %Y", "%B %Y",
)  # fmt: skip
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", "T%H:%M", "T%H:%M:%S")
FORMS = (ISO, *(day + time for day in (*DAY_FIRST, *MONTH_FIRST, *OTHERS) for time in TIMES))
DAY = pd.Timedelta(days=1)
EPOCH = pd.Timestamp("1970-01-01")


def read_dates(column: pd.Series, form: str | None) -> pd.Series:
    """The times of a column (n,), in UTC without saying so; NaT where missing.

    Args:
        column: texts, or times already.
        form: how dates are written, as for strptime; None finds the one that suits all of them.

    Raises:
        DataError: they are no dates, or day and month cannot be told apart.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return _in_utc(column, None)
    texts = column.astype(object).map(_as_text, na_action="ignore")
    distinct = pd.Series(texts.dropna().unique(), dtype=object, name=column.name)
    read = _in_utc(distinct, _form_of(distinct, form))
    times = dict(zip(distinct, read, strict=True))
    return pd.Series([times.get(text, pd.NaT) for text in texts], column.index, "datetime64[us]")


def form_of(column: pd.Series) -> str | None:
    """How the dates of a column (n,) of texts are written, as for strptime; None of times.

    Raises:
        DataError: they are no dates, or day and month cannot be told apart.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    texts = column.dropna().astype(object).map(_as_text)
    return _form_of(pd.Series(texts.unique(), dtype=object, name=column.name), None)


def read_times(column: pd.Series) -> pd.Series:
    """The times of a column (n,) that orders rows, in UTC and saying so; NaT where missing.

    Raises:
        DataError: they are not written as times are.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # pandas would guess row by row
            return pd.to_datetime(column, utc=True)
    except (ValueError, TypeError, UserWarning) as error:
        readable = pd.to_datetime(column, utc=True, errors="coerce", format=ISO).notna()
        sample = column[~readable].iloc[0] if not readable.all() else column.iloc[0]
        raise DataError(
            f"the time {column.name!r} cannot be read: it holds {sample!r}, not dates such as "
            "2020-12-31, times such as 2020-12-31T23:59, or numbers; put other dates into "
            "dataset.dates"
        ) from error


def days(times: pd.Series) -> pd.Series:
    """Days since 1970 (n,), NaN where missing: what a model can take."""
    return (times - EPOCH) / DAY


def _form_of(distinct: pd.Series, form: str | None) -> str:
    """The form that suits different texts, which may be given; see `read_dates`."""
    forms = [form] if form else [f for f in FORMS if _suits(f, distinct[:1])]
    suitable = [f for f in forms if _suits(f, distinct)]
    if not suitable and len(distinct):
        raise _unreadable(str(distinct.name), distinct, forms)
    if form is None:
        _refuse_ambiguous(str(distinct.name), distinct, suitable)
    return suitable[0] if suitable else ISO


def _as_text(value: object) -> str:
    """20201231.0, as a column of numbers with gaps has it, is a date without the fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _in_utc(column: pd.Series, form: str | None) -> pd.Series:
    times = pd.to_datetime(column, utc=True, format=form).dt.tz_localize(None)
    return times.astype("datetime64[us]")


def _suits(form: str, distinct: pd.Series) -> bool:
    try:
        pd.to_datetime(distinct, utc=True, format=form)
    except (ValueError, TypeError):
        return False
    return True


def _refuse_ambiguous(name: str, distinct: pd.Series, suitable: list[str]) -> None:
    """Raise DataError if another reading gives other times, as 01/02/2020 and 03/04/2020 do."""
    read = _in_utc(distinct, suitable[0]) if suitable else distinct
    for other in suitable[1:]:
        if not read.equals(_in_utc(distinct, other)):
            raise DataError(
                f"the dates in {name!r} can be read with day or month first: they hold "
                f"{distinct[0]!r}; say how with dataset.dates={{{name}: '{suitable[0]}'}}, or "
                f"'{other}'"
            )


def _unreadable(name: str, distinct: pd.Series, forms: list[str]) -> DataError:
    readable = {f: pd.to_datetime(distinct, utc=True, format=f, errors="coerce") for f in forms}
    best = max(readable.values(), key=lambda read: read.notna().sum(), default=None)
    odd = distinct if best is None else distinct[best.isna()]
    return DataError(
        f"dataset.dates names {name!r}, but {len(odd)} of its {len(distinct)} different values "
        f"are not dates that are written alike, such as {odd.iloc[0]!r}: put such spellings into "
        f"dataset.na_values, or say how dates are written: dataset.dates={{{name}: '%d.%m.%Y'}}"
    )
