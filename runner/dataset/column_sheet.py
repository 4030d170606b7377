"""A frame and its columns' roles come in; a line on each column goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from runner.dataset.roles import SINGLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.dataset.roles import ColumnRoles

SHOWN = 3  # levels


@dataclass(frozen=True)
class ColumnLine:
    """What there is to say of a column."""

    name: str
    role: str
    kind: str
    missing: int
    share: float  # of the rows, missing
    values: str


def roles_of(columns: list[str], roles: ColumnRoles) -> dict[str, str]:
    """What each column is used as."""
    found = {name: _as_feature(name, roles) for name in columns}
    named = [(getattr(roles, role), role) for role in reversed(SINGLE)]
    for name, role in [*named, *((target, "target") for target in roles.targets)]:
        if name in found:
            found[name] = role
    return found


def describe_columns(
    frame: pd.DataFrame, roles: Mapping[str, str], categorical: list[str]
) -> list[ColumnLine]:
    """A line a column, in the frame's order; `categorical` are codes."""
    return [
        _describe(frame[name], roles[str(name)], coded=str(name) in categorical) for name in frame
    ]


def _as_feature(name: str, roles: ColumnRoles) -> str:
    if name in roles.drop:
        return "dropped"
    listed = roles.features is None or name in roles.features or name in roles.text
    return "feature" if listed else "not used"


def _describe(column: pd.Series, role: str, *, coded: bool) -> ColumnLine:
    observed = column.dropna()
    missing = len(column) - len(observed)
    if observed.empty:
        kind, values = "empty", ""
    elif pd.api.types.is_datetime64_any_dtype(column):
        kind, values = "dates", f"{observed.min()} to {observed.max()}"
    elif pd.api.types.is_numeric_dtype(column) and not coded:
        kind, values = "numeric", f"{float(observed.min()):.6g} to {float(observed.max()):.6g}"
    else:
        texts = observed.astype(str)
        some = texts.value_counts().index[:SHOWN].tolist()
        more = ", ..." if texts.nunique() > SHOWN else ""
        kind = "category" if coded or role == "feature" else "text"
        values = f"{texts.nunique()} different: {', '.join(some)}{more}"
    return ColumnLine(str(column.name), role, kind, missing, missing / max(len(column), 1), values)
