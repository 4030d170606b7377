"""From a data frame of any types to a Table: roles checked, types settled, bad rows dropped."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.dataset import roles as column_roles
from runner.dataset.column_numbers import notation_of, numbers_of, refuse_unusable
from runner.dataset.outcome import read_outcome
from runner.dataset.problems import Problems
from runner.dataset.written_dates import days, form_of, read_dates, read_times
from runner.errors import DataError
from runner.records import Table

if TYPE_CHECKING:
    from runner.dataset.outcome import Reads
    from runner.dataset.roles import ColumnRoles
    from runner.records import Booleans, Floats, Integers

WIDE = 2000  # columns, above which those of numbers are looked at, and hashed, as one


def make_table(
    frame: pd.DataFrame,
    roles: ColumnRoles,
    problems: Problems | None = None,
    *,
    reads: Reads = "numbers",
) -> Table:
    """Give the columns of `frame` the roles that the config says.

    Args:
        frame: as it was read.
        roles: of its columns.
        problems: notes what is wrong, and the table has the rest of the columns; None raises the
            first.
        reads: what the target holds; of labels the table has the codes, and the labels in order.

    Raises:
        DataError: a named column is not there, the target is constant or no numbers where it must
            be, no feature is left, or a feature cannot be used (all missing, infinite, dates, free
            text).
    """
    problems = problems or Problems(stop=True)
    columns = [str(column) for column in frame]
    problems.note(column_roles.role_problems(columns, roles))
    written, frame = frame, settle(frame, roles, problems)
    rows = read_outcome(frame, roles, problems, reads)
    kept = frame if rows.keep.all() else frame.loc[rows.keep]
    time = group = None
    with problems.noted():
        time = time_rank(kept[roles.time]) if roles.time in frame else None
    with problems.noted():
        group = group_code(kept[roles.group]) if roles.group in frame else None
    features = _features(kept, roles, problems)
    if not rows.usable or features.empty:
        raise problems.found[0]
    categorical = tuple(
        str(c)
        for c, kind in features.dtypes.items()
        if c not in roles.text and (kind == np.dtype("O") or c in roles.categorical)
    )
    return table_of(
        features.reset_index(drop=True),
        rows.target[rows.keep],
        categorical=categorical,
        text=tuple(str(c) for c in features if c in roles.text),
        row=np.flatnonzero(rows.keep),
        time=time,
        group=group,
        weight=None if rows.weight is None else rows.weight[rows.keep],
        labels=rows.labels,
        target_names=tuple(roles.targets) if rows.target.ndim > 1 else (),
        event=None if rows.event is None else rows.event[rows.keep],
        offset=None if rows.offset is None else rows.offset[rows.keep],
        roles=(roles.time, roles.group),
        role_values=role_values(kept, roles),
        dropped={reason: count for reason, count in rows.dropped.items() if count},
        dates=tuple(str(name) for name in features if name in roles.dates),
        date_forms=_date_forms(written.rename(columns=str), roles),
    )


def settle(frame: pd.DataFrame, roles: ColumnRoles, problems: Problems) -> pd.DataFrame:
    """The frame with what is spelt as missing missing, and with what is written as a date read."""
    frame = frame.rename(columns=str)
    return _with_dates(_without_sentinels(frame, roles), roles, problems)


def table_of(  # noqa: PLR0913 - one argument per role
    features: pd.DataFrame,
    target: Floats,
    *,
    categorical: tuple[str, ...] = (),
    text: tuple[str, ...] = (),
    row: Integers | None = None,
    time: Integers | None = None,
    group: Integers | None = None,
    weight: Floats | None = None,
    labels: tuple[Any, ...] = (),
    target_names: tuple[str, ...] = (),
    event: Booleans | None = None,
    offset: Floats | None = None,
    roles: tuple[str | None, str | None] = (None, None),
    role_values: pd.DataFrame | None = None,
    dropped: dict[str, int] | None = None,
    dates: tuple[str, ...] = (),
    date_forms: dict[str, str] | None = None,
) -> Table:
    """A Table of settled columns, with its hash."""
    table = Table(
        features=features,
        target=np.asarray(target, dtype=np.float64),
        numeric=tuple(str(c) for c in features if c not in categorical and c not in text),
        categorical=categorical,
        text=text,
        row=np.arange(len(target)) if row is None else row,
        time=time,
        group=group,
        weight=weight,
        labels=labels,
        target_names=target_names,
        event=event,
        offset=offset,
        roles=roles,
        role_values=pd.DataFrame(index=features.index) if role_values is None else role_values,
        dropped=dropped or {},
        data_hash="",
        dates=dates,
        date_forms=date_forms or {},
    )
    return replace(table, data_hash=_hash(table))


def _hash(table: Table) -> str:
    """SHA-256 of all that determines a result."""
    digest = hashlib.sha256()
    if _is_block(table.features):
        digest.update("\0".join(map(str, table.features)).encode())
        digest.update(np.ascontiguousarray(table.features.to_numpy().T).data)
    for name in () if _is_block(table.features) else table.features:
        digest.update(f"{name}\0".encode())
        digest.update(_column_bytes(table.features[name]))
    for part in (table.target, table.row, table.time, table.group, table.weight):
        digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    # what most tables do not have leaves no trace in the hashes of these
    several = table.target.shape[1:] or None
    for kind, extra in {"t": several, "labels": table.labels or None}.items():
        digest.update(b"" if extra is None else f"{kind}{extra}".encode())
    for kind, values in {"event": table.event, "offset": table.offset}.items():
        digest.update(b"" if values is None else kind.encode() + values.tobytes())
    for name in table.role_values:
        digest.update(_column_bytes(table.role_values[name]))
    return digest.hexdigest()


def _is_block(features: pd.DataFrame) -> bool:
    """Whether there are very many columns, and all are numbers: looked at as one."""
    return features.shape[1] > WIDE and bool((features.dtypes == np.float64).all())


def _column_bytes(column: pd.Series) -> bytes:
    hashed: bytes = pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes()
    return hashed


def _without_sentinels(frame: pd.DataFrame, roles: ColumnRoles) -> pd.DataFrame:
    """The same with further spellings of a missing value as missing.

    Text of which only numbers are left becomes numbers, unless the column is a category, a time or
    a group.
    """
    as_it_is = {*roles.categorical, *roles.text, *roles.dates, roles.time, roles.group}
    settled: dict[str, pd.Series] = {}
    for name in frame:
        spellings = column_roles.sentinels(roles.missing_in(str(name)))
        if spellings:
            settled[str(name)] = _blanked(frame[name], spellings, as_it_is=name in as_it_is)
    return frame.assign(**settled)


def _with_dates(frame: pd.DataFrame, roles: ColumnRoles, problems: Problems) -> pd.DataFrame:
    """The same with times in the place of dates, and where they are features, days."""
    forms = roles.dates if isinstance(roles.dates, dict) else dict.fromkeys(roles.dates)
    times: dict[str, pd.Series] = {}
    for name, form in forms.items():
        if name in frame:
            times[name] = pd.Series(0.0, index=frame.index)  # what cannot be read is told once
            with problems.noted():
                times[name] = read_dates(frame[name], form)
                if name not in {roles.time, roles.group}:
                    times[name] = days(times[name])
    return frame.assign(**times)


def _date_forms(frame: pd.DataFrame, roles: ColumnRoles) -> dict[str, str]:
    """How the columns of dates are written, as it is said or found; none of times."""
    if isinstance(roles.dates, dict):
        return dict(roles.dates)
    written = _without_sentinels(frame[roles.dates], roles)
    found = {name: form_of(written[name]) for name in roles.dates}
    return {name: form for name, form in found.items() if form is not None}


def _blanked(column: pd.Series, spellings: list[Any], *, as_it_is: bool) -> pd.Series:
    numbers = numbers_of(column)
    if numbers is not None:
        absent = np.isin(numbers, [value for value in spellings if isinstance(value, float)])
        blank = pd.Series(np.where(absent, np.nan, numbers), index=column.index)
        return blank if absent.any() else column
    values = column.astype(object)  # Arrow's types know no list of texts and numbers
    absent = values.isin(spellings).to_numpy()
    observed = values[~absent].dropna()
    if not as_it_is and all(isinstance(value, str) for value in observed):
        read = pd.to_numeric(observed, errors="coerce")
        if read.notna().all():
            return read.astype(np.float64).reindex(column.index)
    return column.mask(absent)


def role_values(frame: pd.DataFrame, roles: ColumnRoles) -> pd.DataFrame:
    """The time and group columns, each once."""
    named = list(dict.fromkeys(name for name in (roles.time, roles.group) if name))
    return frame[named].reset_index(drop=True)


def _features(frame: pd.DataFrame, roles: ColumnRoles, problems: Problems) -> pd.DataFrame:
    names: list[str] = []
    with problems.noted():
        names = column_roles.feature_names([str(name) for name in frame], roles)
    settled: dict[str, pd.Series] = {}
    if len(names) > WIDE and not roles.text:
        whole = frame[[name for name in names if name in frame]]
        if _is_block(whole) and _usable(whole.to_numpy()):
            return whole
    for name in names:
        with problems.noted():
            if name in frame:
                settled[name] = _feature(frame[name], roles)
    return pd.DataFrame(settled, index=frame.index)


def _usable(X: Floats) -> bool:
    """Whether each column (n, p) has a value, and none is infinite or too large to square."""
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)  # which pass over NaN
    most = column_roles.LARGEST
    return bool(((low >= -most) & (high <= most)).all())


def _feature(column: pd.Series, roles: ColumnRoles) -> pd.Series:
    """float64 for numbers, be they quantities or codes, object of str for text; NaN if missing."""
    name = str(column.name)
    if column.isna().all():
        raise column_roles.no_value(name)
    if name in roles.text:
        return _texts(column.astype(object).map(str, na_action="ignore"))
    numbers = numbers_of(column)
    if numbers is not None:
        refuse_unusable(name, numbers)
        return pd.Series(numbers, index=column.index)
    dates = any(isinstance(value, date) for value in column)  # a timestamp is one
    if dates or pd.api.types.is_datetime64_any_dtype(column):
        raise column_roles.dates(name)
    text = column.astype(object).map(str, na_action="ignore")
    if name not in roles.categorical:
        _refuse_free_text(name, text, roles)
    return _texts(text)


def _texts(column: pd.Series) -> pd.Series:
    """Texts as objects, NaN where missing: pandas' own string type is not what imputers take."""
    values = [value if isinstance(value, str) else np.nan for value in column]
    return pd.Series(values, index=column.index, dtype=object)


def _refuse_free_text(name: str, text: pd.Series, roles: ColumnRoles) -> None:
    observed = text.dropna()
    distinct = observed.unique().tolist()
    column_roles.refuse_written_otherwise(name, distinct, lambda: notation_of(observed, roles))
    numeric = pd.to_numeric(observed, errors="coerce").notna()
    column_roles.refuse_numeric_text(name, numeric.mean(), observed[~numeric].unique().tolist())
    column_roles.refuse_free_text(name, observed.nunique(), len(text))


def group_code(column: pd.Series) -> Integers:
    """A code of each row's group."""
    if column.isna().any():
        raise DataError(f"the group {column.name!r} is missing in {int(column.isna().sum())} rows")
    codes: Integers = pd.factorize(column)[0].astype(np.int64)
    return codes


def time_rank(column: pd.Series) -> Integers:
    """Rank of each row's time, equal for equal times."""
    if column.isna().any():
        raise DataError(f"the time {column.name!r} is missing in {int(column.isna().sum())} rows")
    ordered = pd.Series(numbers_of(column), index=column.index)
    if ordered.isna().all():
        ordered = read_times(column)
    return np.asarray(ordered.rank(method="dense"), dtype=np.int64)
