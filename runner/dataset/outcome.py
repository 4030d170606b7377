"""A frame and its columns' roles come in; what is predicted goes out: values, labels, events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from runner.dataset import roles as column_roles
from runner.dataset.column_numbers import notation_of, numbers_of, refuse_unusable

if TYPE_CHECKING:
    from runner.dataset.problems import Problems
    from runner.dataset.roles import ColumnRoles
    from runner.errors import DataError
    from runner.records import Booleans, Floats

    Labels = tuple[Any, ...]

Reads = Literal["numbers", "labels"]


@dataclass(frozen=True)
class Outcome:
    """What is known of the target in each row, and which rows count for how much."""

    target: Floats  # (n,), or (n, t) of several; codes where there are labels; NaN where missing
    labels: Labels  # of the kept rows, by code
    weight: Floats | None  # (n,)
    event: Booleans | None  # (n,)
    offset: Floats | None  # (n,)
    keep: Booleans  # (n,)
    dropped: dict[str, int]
    usable: bool  # whether there is a target


def read_outcome(
    frame: pd.DataFrame, roles: ColumnRoles, problems: Problems, reads: Reads
) -> Outcome:
    """The target and all that belongs to it; all rows where it has a problem, so as to go on.

    Args:
        frame: settled.
        roles: of its columns.
        problems: notes what is wrong, or raises it.
        reads: whether the target holds numbers, or labels of classes.
    """
    weight = events = offset = None
    with problems.noted():
        if roles.weight in frame:
            weight = _weight(frame[roles.weight])
    with problems.noted():
        if roles.event in frame:
            events = _events(frame[roles.event])
    target, labels, usable = np.zeros(len(frame)), (), False
    keep, dropped = np.ones(len(frame), dtype=bool), {}
    with problems.noted():
        if all(name in frame for name in roles.targets):
            found, named = _target(frame, roles, reads)
            known, reasons = _known(found, events, weight)
            _check_target(roles.targets, found, known, named)
            target, labels = _relabelled(found, known, named)
            keep, dropped, usable = known, reasons, True
    with problems.noted():
        offset = _offset(frame, roles, keep)
    event = None if events is None else events == 1
    return Outcome(target, labels, weight, event, offset, keep, dropped, usable)


def _known(
    target: Floats, events: Floats | None, weight: Floats | None
) -> tuple[Booleans, dict[str, int]]:
    """Which rows can be used, and how many others there are, each counted by its first reason."""
    known, dropped = np.ones(len(target), dtype=bool), {}
    absent = np.isnan(target)
    reasons = {"target missing": ~(absent if absent.ndim == 1 else absent.any(axis=1))}
    if events is not None:
        reasons["event missing"] = ~np.isnan(events)
    if weight is not None:
        reasons["weight zero"] = weight > 0
    for reason, there in reasons.items():
        dropped[reason] = int((known & ~there).sum())
        known &= there
    return known, dropped


def _target(frame: pd.DataFrame, roles: ColumnRoles, reads: Reads) -> tuple[Floats, Labels]:
    """All targets, and the labels of the one that has them."""
    columns = [frame[name] for name in roles.targets]
    if reads == "labels":
        if len(columns) > 1:
            raise column_roles.several_labelled(roles.targets)
        return _coded(columns[0])
    numbers = [_numeric(column, roles) for column in columns]
    return (numbers[0] if len(numbers) == 1 else np.column_stack(numbers)), ()


def _numeric(column: pd.Series, roles: ColumnRoles) -> Floats:
    values = numbers_of(column)
    if values is None:
        raise _not_numeric(column.dropna(), roles)
    refuse_unusable(str(column.name), values)
    return values


def _not_numeric(observed: pd.Series, roles: ColumnRoles) -> DataError:
    """What to say of a target that holds something else than numbers."""
    values = observed.astype(object)
    numeric = pd.to_numeric(values.map(str), errors="coerce").notna()
    odd = values[~numeric] if not numeric.all() else values
    count = f"{len(odd):,} of its {len(observed):,} values"
    other = notation_of(observed, roles)
    labels = 0 if numeric.any() else values.map(str).nunique()
    return column_roles.target_not_numeric(
        str(observed.name),
        odd.unique()[: column_roles.SOME].tolist(),
        count,
        other,
        column_roles.family_of_labels(labels),
    )


def _coded(column: pd.Series) -> tuple[Floats, Labels]:
    """The codes of a column's labels, NaN where missing, and the labels in order."""
    values = column.astype(object)
    seen = values.notna().to_numpy()
    numbers = numbers_of(column)
    if numbers is None:
        column_roles.refuse_dated_labels(str(column.name), values[seen].tolist())
        found, code = np.unique(values[seen].map(str).to_numpy(dtype=str), return_inverse=True)
        labels: list[Any] = found.tolist()
    else:
        refuse_unusable(str(column.name), numbers)
        found, code = np.unique(numbers[seen], return_inverse=True)
        logical = all(isinstance(value, bool | np.bool_) for value in values[seen])
        labels = _plain(found, logical=logical)
    codes = np.full(len(column), np.nan)
    codes[seen] = code
    return codes, tuple(labels)


def _plain(found: Floats, *, logical: bool) -> list[Any]:
    """Numbers as booleans, or whole ones as integers."""
    if logical:
        return [bool(value) for value in found]
    return [int(v) for v in found] if (np.floor(found) == found).all() else found.tolist()


def _relabelled(target: Floats, known: Booleans, labels: Labels) -> tuple[Floats, Labels]:
    """The codes without those of labels that no row to be used has."""
    if not labels:
        return target, ()
    used, code = np.unique(target[known].astype(np.int64), return_inverse=True)
    codes = np.full(len(target), np.nan)
    codes[known] = code
    return codes, tuple(labels[at] for at in used)


def _check_target(names: list[str], target: Floats, known: Booleans, labels: Labels) -> None:
    """Raise DataError if a target has no value, or but one, in the rows that can be used."""
    if not known.any():
        columns = target.reshape(len(target), -1).T
        empty = [n for n, column in zip(names, columns, strict=True) if np.isnan(column).all()]
        raise column_roles.target_missing(", ".join(empty or names))
    values = target[known]
    for name, column in zip(names, values.reshape(len(values), -1).T, strict=True):
        if len(column) > 1 and column.min() == column.max():
            constant = labels[int(column[0])] if labels else float(column[0])
            raise column_roles.target_constant(name, constant, len(column))


def _weight(column: pd.Series) -> Floats:
    values = numbers_of(column)
    if values is None or np.isnan(values).any() or np.isinf(values).any() or (values < 0).any():
        raise column_roles.weight_unusable(str(column.name))
    return values


def _events(column: pd.Series) -> Floats:
    """1 for an event, 0 for a censored row, NaN where missing."""
    values = numbers_of(column)
    odd = column if values is None else column[~np.isin(values, [0, 1]) & ~np.isnan(values)]
    if odd.notna().any():
        raise column_roles.event_unusable(str(column.name), odd.dropna().unique().tolist())
    return np.full(len(column), np.nan) if values is None else values


def _offset(frame: pd.DataFrame, roles: ColumnRoles, keep: Booleans) -> Floats | None:
    """The offset and the logarithm of the exposure, 0 in rows that are not used."""
    parts: list[Floats] = []
    if roles.offset in frame:
        parts.append(_complete(frame[roles.offset], "offset", keep))
    if roles.exposure in frame:
        exposure = _complete(frame[roles.exposure], "exposure", keep, elsewhere=1.0)
        if count := int((exposure <= 0).sum()):
            raise column_roles.exposure_not_positive(
                str(roles.exposure), count, float(exposure[exposure <= 0][0])
            )
        parts.append(np.log(exposure))
    return np.sum(parts, axis=0) if parts else None


def _complete(column: pd.Series, key: str, keep: Booleans, *, elsewhere: float = 0.0) -> Floats:
    """A column's numbers, which none of the kept rows may lack."""
    values = numbers_of(column)
    if values is None:
        raise column_roles.not_numbers(key, str(column.name), column.dropna().unique().tolist())
    if count := int((~np.isfinite(values[keep])).sum()):
        raise column_roles.incomplete(key, str(column.name), count)
    return np.where(keep, values, elsewhere)
