"""Rows as a model sees them come in; what was filled into their gaps goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import FilledEntries, blocks_of, suits
from runner.statistics.value_quantiles import quantiles_by_column, quantiles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    from runner.core.folds import Preparation
    from runner.records import Floats, Integers, Table


def filled_quantiles(
    steps: Pipeline,
    X: Any,  # noqa: ANN401 - an array, sparse only after steps that make features
    table: Table,
    rows: Integers,
    preparation: Preparation,
) -> dict[str, Floats]:
    """The quantiles (5,) of what was filled into each numeric column with gaps; see below.

    Of very many columns they are taken some columns at a time.
    """
    if not suits(table, preparation):
        return quantiles_of(filled_values(steps, X, table.frame_rows(rows), preparation.numeric))
    found: dict[str, Floats] = {}
    values, names = table.features.to_numpy(), preparation.numeric
    for block in blocks_of(len(names)):
        gaps = np.isnan(values[rows, block])
        filled = np.where(gaps, _in_its_units(X[:, block], block, steps), np.nan)
        quantiles = quantiles_by_column(filled)
        found |= {names[block][at]: quantiles[:, at] for at in np.flatnonzero(gaps.any(axis=0))}
    return found


def filled_values(
    steps: Pipeline,
    X: Any,  # noqa: ANN401 - an array, sparse only after steps that make features
    features: Any,  # noqa: ANN401 - a data frame, or a sparse matrix
    numeric: Sequence[str],
) -> dict[str, Floats]:
    """What was filled in of each numeric column with gaps, in the column's units.

    Args:
        steps: fitted, `columns` and maybe a `scaler`.
        X: what they make of the rows, (n, q).
        features: the rows (n,), with gaps.
        numeric: the numeric columns; those that the steps leave out have no values.
    """
    columns = steps.named_steps["columns"]
    if isinstance(columns, FilledEntries):
        return columns.filled(features)
    first, names = _numeric_part(columns, set(numeric))
    if "features" in steps.named_steps:  # what comes out is made of what was filled
        X = columns.transform(features)[names].to_numpy()
        first, steps = 0, steps[:1]
    gaps = features[names].isna().to_numpy()
    found = {}
    for at in np.flatnonzero(gaps.any(axis=0)).tolist():
        found[names[at]] = _in_its_units(X[gaps[:, at], first + at], first + at, steps)
    return found


def pool_values(draws: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """The values of several imputations of the same rows together."""
    return {name: np.concatenate([draw[name] for draw in draws]) for name in draws[0]}


def _numeric_part(columns: ColumnTransformer, numeric: set[str]) -> tuple[int, list[str]]:
    """Where the numeric columns begin in what comes out, and which of them do.

    The columns that an imputer needs beside them are given to it after them, and do not come out.
    """
    for name, _, chosen in columns.transformers_:
        if name == "numeric":
            kept = [column for column in chosen if column in numeric]
            return columns.output_indices_[name].start, kept
    return 0, []


def _in_its_units(values: Floats, at: int | slice, steps: Pipeline) -> Floats:
    scaler = steps.named_steps.get("scaler")
    if scaler is None:
        return values
    mean = scaler.mean_[at] if scaler.with_mean else 0.0
    own: Floats = values * scaler.scale_[at] + mean
    return own
