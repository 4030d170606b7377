"""Predictions of some rows come in; the columns of predictions.csv that a family has go out.

What was predicted is an array of numbers whose rows are those of the table: probabilities, means,
or a risk with the survival at some times, NaN for a row without a prediction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner.records import Floats, Integers, Split, Table

    # columns by name, each (n,), of some rows of a table and what was predicted for them
    Shown = Callable[[Table, Integers, Floats], dict[str, Any]]


def predictions_table(
    table: Table,
    split: Split,
    out_of_fold: Sequence[Floats],
    tested: Floats,
    shown: Shown,
) -> pd.DataFrame:
    """A row per prediction: out of fold (`oof`), then of the test rows by the refitted model.

    Args:
        table: the rows, and what was observed.
        split: the folds, and the test rows.
        out_of_fold: what was predicted of each fold's validation rows.
        tested: the same of the test rows.
        shown: the family's columns.
    """
    parts = []
    for fold, predicted in zip(split.folds, out_of_fold, strict=True):
        rows = split.sides(fold)[1]
        parts.append(_part(table, rows, "oof", fold.number, shown(table, rows, predicted)))
    parts.append(_part(table, split.test, "test", None, shown(table, split.test, tested)))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _part(
    table: Table, rows: Integers, part: str, fold: int | None, columns: dict[str, Any]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": table.row[rows],
            "part": part,
            "fold": pd.array([fold] * len(rows), dtype="Int64"),
            **columns,
        }
    )
