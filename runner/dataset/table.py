"""From a data frame of any types to a Table: roles checked, types settled, bad rows dropped."""

from __future__ import annotations

import difflib
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.errors import DataError
from runner.records import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.dataset.files import File
    from runner.records import Floats, Integers

MOST_LEVELS = 0.5  # a text column with more levels than this share of its rows is no category
FEW_LEVELS = 20
SOME = 12  # columns that a message lists


def make_table(frame: pd.DataFrame, roles: File) -> Table:
    """Give the columns of `frame` the roles that the config says.

    Raises:
        DataError: a named column is not there, the target is not numeric, no feature is left, or
            a feature cannot be used (all missing, infinite, dates, free text).
    """
    frame = frame.rename(columns=str)
    _check_roles(frame, roles)
    sentinels = _sentinels(roles.na_values)
    frame = frame.mask(frame.isin(sentinels)) if sentinels else frame
    target = _target(frame[roles.target])
    weight = _weight(frame[roles.weight]) if roles.weight else None
    keep = ~np.isnan(target)
    dropped = {"target missing": int((~keep).sum())}
    if weight is not None:
        dropped["weight zero"] = int((keep & (weight == 0)).sum())
        keep &= weight > 0
    if not keep.any():
        raise DataError(f"no row has a value of the target {roles.target!r}")
    features = _features(frame.loc[keep, _feature_names(frame, roles)], roles)
    categorical = tuple(str(c) for c in features if features[c].dtype == object)
    return table_of(
        features.reset_index(drop=True),
        target[keep],
        categorical=categorical,
        row=np.flatnonzero(keep),
        time=_time_rank(frame.loc[keep, roles.time]) if roles.time else None,
        group=pd.factorize(frame.loc[keep, roles.group])[0] if roles.group else None,
        weight=weight[keep] if weight is not None else None,
        dropped={reason: count for reason, count in dropped.items() if count},
    )


def table_of(  # noqa: PLR0913 - one argument per role
    features: pd.DataFrame,
    target: Floats,
    *,
    categorical: tuple[str, ...] = (),
    row: Integers | None = None,
    time: Integers | None = None,
    group: Integers | None = None,
    weight: Floats | None = None,
    dropped: dict[str, int] | None = None,
) -> Table:
    """A Table of settled columns, with its hash."""
    row = np.arange(len(target)) if row is None else row
    digest = hashlib.sha256()
    for name in features:
        digest.update(f"{name}\0".encode())
        digest.update(pd.util.hash_pandas_object(features[name], index=False).to_numpy().tobytes())
    for part in (target, row, time, group, weight):
        digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    return Table(
        features=features,
        target=np.asarray(target, dtype=np.float64),
        numeric=tuple(str(c) for c in features if c not in categorical),
        categorical=categorical,
        row=row,
        time=time,
        group=group,
        weight=weight,
        dropped=dropped or {},
        data_hash=digest.hexdigest(),
    )


def _check_roles(frame: pd.DataFrame, roles: File) -> None:
    single = {"target": roles.target, "time": roles.time, "group": roles.group}
    single["weight"] = roles.weight
    for key, name in single.items():
        if name is not None:
            _check_column(frame, f"dataset.{key}", name)
    for key in ("features", "drop", "categorical"):
        for name in getattr(roles, key) or []:
            _check_column(frame, f"dataset.{key}", name)
    if roles.target in (roles.features or []):
        raise DataError(f"dataset.features names the target {roles.target!r}")


def _check_column(frame: pd.DataFrame, key: str, name: str) -> None:
    if name not in frame:
        columns = [str(column) for column in frame]
        near = difflib.get_close_matches(name, columns, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        some = ", ".join(columns[:SOME]) + (", ..." if len(columns) > SOME else "")
        raise DataError(f"{key} names {name!r}, which is not a column{hint} (columns: {some})")


def _feature_names(frame: pd.DataFrame, roles: File) -> list[str]:
    others = {roles.target, roles.time, roles.group, roles.weight, *roles.drop}
    names = roles.features or [str(name) for name in frame if name not in others]
    names = [name for name in names if name not in roles.drop]
    if not names:
        raise DataError("no usable feature: every column is the target, has a role or is dropped")
    return names


def _sentinels(values: Iterable[str | float]) -> list[Any]:
    """Each spelling as text and, where it is one, as a number."""
    spellings: list[Any] = []
    for value in values:
        spellings.append(str(value))
        try:
            spellings.append(float(value))
        except ValueError:
            continue
    return spellings


def _target(column: pd.Series) -> Floats:
    values = _numbers(column)
    if values is None:
        sample = column.dropna().iloc[:1].to_list()
        raise DataError(f"the target {column.name!r} is not numeric: it holds {sample[0]!r}")
    _refuse_infinite(str(column.name), values)
    return values


def _weight(column: pd.Series) -> Floats:
    values = _numbers(column)
    if values is None or np.isnan(values).any() or np.isinf(values).any() or (values < 0).any():
        raise DataError(
            f"the weight {column.name!r} must be numeric, not missing, not negative and finite"
        )
    return values


def _numbers(column: pd.Series) -> Floats | None:
    """The column as float64 with NaN where missing, or None if it is not one of numbers."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        if pd.api.types.is_complex_dtype(column):
            return None
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if column.isna().all():
        return np.full(len(column), np.nan)
    if column.dtype == object:
        kinds = {type(value) for value in column.dropna()}
        if all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds):
            return np.asarray(pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan))
    if isinstance(column.dtype, pd.ArrowDtype) and "decimal" in str(column.dtype):
        return np.asarray(column.astype("float64[pyarrow]").to_numpy(np.float64, na_value=np.nan))
    return None


def _features(frame: pd.DataFrame, roles: File) -> pd.DataFrame:
    settled = {name: _feature(frame[name], roles) for name in frame}
    return pd.DataFrame(settled, index=frame.index)


def _feature(column: pd.Series, roles: File) -> pd.Series:
    """float64 for a numeric column; object of str or float, NaN where missing, for a category."""
    name = str(column.name)
    if column.isna().all():
        raise DataError(f"the column {name!r} has no value at all: add it to dataset.drop")
    numbers = _numbers(column)
    if numbers is not None:
        _refuse_infinite(name, numbers)
        kind = object if name in roles.categorical else np.float64
        return pd.Series(numbers, index=column.index, dtype=kind)
    if pd.api.types.is_datetime64_any_dtype(column) or "date" in str(column.dtype):
        raise DataError(f"the column {name!r} holds dates: make it dataset.time, or drop it")
    text = column.astype(object).map(str, na_action="ignore")
    if name not in roles.categorical:
        _refuse_free_text(name, text)
    # object, as pandas would make it its own string type, with which the imputers differ
    return pd.Series(
        [value if isinstance(value, str) else np.nan for value in text],
        index=column.index,
        dtype=object,
    )


def _refuse_infinite(name: str, values: Floats) -> None:
    if np.isinf(values).any():
        count = int(np.isinf(values).sum())
        raise DataError(f"the column {name!r} has {count} infinite values: clean or drop it")


def _refuse_free_text(name: str, text: pd.Series) -> None:
    observed = text.dropna()
    numeric = pd.to_numeric(observed, errors="coerce").notna()
    if numeric.mean() > MOST_LEVELS:
        odd = ", ".join(repr(value) for value in observed[~numeric].unique()[:3])
        raise DataError(
            f"the column {name!r} is numeric but for {odd or 'being text'}: put such spellings "
            "into dataset.na_values, or the column into dataset.categorical"
        )
    levels = observed.nunique()
    if levels > max(FEW_LEVELS, MOST_LEVELS * len(text)):
        raise DataError(
            f"the column {name!r} has {levels} different texts in {len(text)} rows: drop it, or "
            "put it into dataset.categorical if it is a category all the same"
        )


def _time_rank(column: pd.Series) -> Integers:
    """Rank of each row's time, equal for equal times."""
    if column.isna().any():
        raise DataError(f"the time {column.name!r} is missing in {int(column.isna().sum())} rows")
    ordered = pd.Series(_numbers(column), index=column.index)
    if ordered.isna().all():
        try:
            ordered = pd.to_datetime(column, utc=True)
        except (ValueError, TypeError) as error:
            raise DataError(f"the time {column.name!r} cannot be read: {error}") from error
    return np.asarray(ordered.rank(method="dense"), dtype=np.int64)
