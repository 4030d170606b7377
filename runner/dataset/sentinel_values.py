"""Columns of numbers come in; values that may stand for a missing one go out.

Such a value is written with nines (or 8888, 7777), is far from the others at an end of the column,
and is there often.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from runner.checks import SENTINEL_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.checks import Finding
    from runner.records import Floats

LIKE_SENTINEL = re.compile(r"-[789]|-?(9+[6-9]|8{2,}|7{2,}|66+)")
OFTEN = 0.002  # share of the rows, and
TIMES = 3  # rows at least
AWAY = 0.5  # of the others' spread, between their 1 % and their 99 % quantile
SHOWN = 5  # columns that a finding names


def find_sentinels(columns: Mapping[str, Floats]) -> Iterator[Finding]:
    """At most one finding, with the key that makes these values missing."""
    found = {name: values for name, column in columns.items() if (values := sentinels_of(column))}
    if not found:
        return
    said = [f"{name}: {', '.join(map(_plain, values))}" for name, values in found.items()]
    some = "; ".join(said[:SHOWN]) + ("; ..." if len(said) > SHOWN else "")
    yield SENTINEL_VALUE.found(f"frequent values that may stand for a missing one ({some})")


def sentinels_of(column: Floats) -> list[float]:
    """The suspicious values of a column (n,), from its ends inwards."""
    found: list[float] = []
    # fmin and fmax pass over NaN; most columns are done with here
    ends = [float(np.fmin.reduce(column)), float(np.fmax.reduce(column))]
    if not any(_is_like(end) for end in ends):
        return found
    rest = column[~np.isnan(column)]
    enough = max(TIMES, OFTEN * len(rest))
    while len(rest):
        likely = [end for end in (rest.min(), rest.max()) if _stands_out(float(end), rest, enough)]
        if not likely:
            break
        found += map(float, likely)
        rest = rest[~np.isin(rest, likely)]
    return found


def _stands_out(end: float, rest: Floats, enough: float) -> bool:
    if not _is_like(end):
        return False
    others = rest[(rest != end) & ~_all_like(rest, end)]
    if not len(others) or np.count_nonzero(rest == end) < enough:
        return False
    if end < 0 <= others.min():
        return True
    low, high = np.quantile(others, [0.01, 0.99])
    return float(np.abs(others - end).min()) > AWAY * max(float(high - low), 1.0)


def _all_like(rest: Floats, end: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where another sentinel beside this one is, such as -998 beside -999."""
    near = rest[np.abs(rest - end) <= abs(end) * 0.25]
    like = [value for value in np.unique(near)[:TIMES] if _is_like(float(value))]
    like += [value for value in np.unique(near)[-TIMES:] if _is_like(float(value))]
    return np.isin(rest, like)


def _is_like(value: float) -> bool:
    return np.isfinite(value) and bool(LIKE_SENTINEL.fullmatch(_plain(value).replace(".", "")))


def _plain(value: float) -> str:
    return f"{value:.10g}"
