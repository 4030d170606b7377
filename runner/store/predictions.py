"""Predictions of some rows come in; the columns of predictions.csv that a family has go out.

What was predicted is an array of numbers whose rows are those of the table: probabilities, means,
or a risk with the survival at some times, NaN for a row without a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.records import Floats, Integers, Table

    # columns by name, each (n,), of some rows of a table and what was predicted for them
    Shown = Callable[[Table, Integers, Floats], dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """What was predicted of some rows."""

    name: str  # `oof`, `nested` or `test`
    fold: int | None
    rows: Integers  # (n,) positions in the table
    predicted: Floats  # (n, ...)


def predictions_table(table: Table, parts: Sequence[Part], shown: Shown) -> pd.DataFrame:
    """A row per prediction.

    Args:
        table: the rows, and what was observed.
        parts: in their order.
        shown: the family's columns.
    """
    frames = [
        pd.DataFrame(
            {
                "row": table.row[part.rows],
                "part": part.name,
                "fold": pd.array([part.fold] * len(part.rows), dtype="Int64"),
                **shown(table, part.rows, part.predicted),
            }
        )
        for part in parts
        if len(part.rows)
    ]
    return pd.concat(frames, ignore_index=True)
