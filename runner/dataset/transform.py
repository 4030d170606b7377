"""A target and its transform come in; nothing goes out, or an error that says what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Floats

TAKES = {"log": "positive values", "sqrt": "values from 0 on"}


def check_values(transform: str, name: str, y: Floats) -> None:
    """Raise DataError if a target (n,) has values that a transform does not take.

    Args:
        transform: log, sqrt or yeo-johnson, which takes any.
        name: the target's.
        y: its values.
    """
    bad = {"log": y <= 0, "sqrt": y < 0}.get(transform, np.zeros(len(y), dtype=bool))
    count = int(np.count_nonzero(bad))
    if not count:
        return
    root = "sqrt, which takes 0, or " if transform == "log" and float(y.min()) == 0 else ""
    raise DataError(
        f"dataset.transform is {transform}, which takes {TAKES[transform]}, but the target "
        f"{name!r} has others in {count:,} of {len(y):,} rows, the least {float(y.min()):g}: set "
        f"dataset.transform={root}yeo-johnson, which takes any number, or leave out these rows"
    )
