"""A masked table and a preparation come in; errors of the filled values go out.

Out of fold, as scores are: each fold's imputer is fitted to the training rows, and fills the
validation rows.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.core.folds import kept_rows

if TYPE_CHECKING:
    from runner.core.folds import Preparation
    from runner.imputer import Imputer
    from runner.records import Floats, Hidden, Split, Table


def reason_for_none(imputer: Imputer) -> str | None:
    """Why there is no error to measure, or None if there is one."""
    if not imputer.fills:
        return f"imputer={imputer.name} fills nothing"
    if imputer.indicator == "only":
        return "imputer.indicator=only keeps no filled value"
    return None


def measure_errors(
    table: Table, hidden: Hidden, split: Split, preparation: Preparation
) -> pd.DataFrame:
    """A row per hidden value of a validation row: fold, row, column, value, filled, error.

    `error` is filled less value, in standard deviations of the column's observed values in the
    fold's training rows. It is NaN where that is 0, and where the column is left out. Of multiple
    imputation, each draw has its rows. The imputer is fitted once more per fold and draw, as what
    the folds keep is scaled and encoded already.
    """
    truth = pd.DataFrame(vars(hidden))
    parts = []
    for fold in split.folds:
        training, validation = kept_rows(table, *split.sides(fold), preparation)
        sought = truth[truth["row"].isin(validation)]
        observed = table.features.iloc[training]
        spread = observed[list(table.numeric)].std(ddof=0).replace(0.0, np.nan)
        for one in preparation.drawn() if preparation.imputer.draws > 1 else (preparation,):
            filled = fill_numeric(one, table.frame.iloc[training], table.frame.iloc[validation])
            values = _cells(filled.set_axis(validation), sought)
            error = (values - sought["value"]) / sought["column"].map(spread)
            parts.append(sought.assign(fold=fold.number, filled=values, error=error))
    return pd.concat(parts, ignore_index=True)


def fill_numeric(
    preparation: Preparation, training: pd.DataFrame, validation: pd.DataFrame
) -> pd.DataFrame:
    """The numeric columns of validation rows, filled by an imputer fitted to the training rows.

    A column that the preparation leaves out is not among them.
    """
    columns = preparation.transformer().named_steps["columns"]
    for name, imputer, chosen in columns.transformers:
        names = chosen(training) if callable(chosen) else list(chosen)
        kept = [column for column in names if column in preparation.numeric]
        if name == "numeric" and kept:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the search has recorded the same
                filled = imputer.fit(training[names]).transform(validation[names])
            return pd.DataFrame(np.asarray(filled, dtype=np.float64)[:, : len(kept)], columns=kept)
    return pd.DataFrame(index=range(len(validation)))


def by_fold(errors: pd.DataFrame, folds: int) -> dict[str, Floats]:
    """`nrmse` and `bias` of all columns' errors together, (folds,) each; NaN without any.

    And `cells`, how many there are: not all imputers fill the same ones.

    The root of the mean squared error, and the mean error: both in standard deviations, so that 1
    is about what filling in the mean gives when values are missing at random.
    """
    of_fold = errors.groupby("fold")["error"]
    found = {
        "nrmse": of_fold.agg(_root_mean_square),
        "bias": of_fold.mean(),
        "cells": of_fold.count().astype(float),
    }
    numbers = range(1, folds + 1)
    return {name: values.reindex(numbers).to_numpy() for name, values in found.items()}


def by_column(errors: pd.DataFrame) -> pd.DataFrame:
    """A row per column: hidden values in validation rows, nrmse and bias, and nrmse per fold."""
    columns = errors.groupby("column", sort=False)
    table = pd.DataFrame(
        {
            "hidden": columns["row"].nunique(),
            "nrmse": columns["error"].agg(_root_mean_square),
            "bias": columns["error"].mean(),
        }
    )
    folds = errors.pivot_table(
        "error", "column", "fold", aggfunc=_root_mean_square, dropna=False, observed=True
    )
    return table.join(folds.add_prefix("nrmse_fold")).sort_index().reset_index()


def _root_mean_square(errors: pd.Series) -> float:
    known = errors.dropna().to_numpy()
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _cells(filled: pd.DataFrame, sought: pd.DataFrame) -> Floats:
    """The values of the cells sought; NaN in columns that are not there."""
    rows = filled.index.get_indexer(pd.Index(sought["row"]))
    places = filled.columns.get_indexer(pd.Index(sought["column"]))
    values = np.full(len(sought), np.nan)
    there = places >= 0
    values[there] = filled.to_numpy()[rows[there], places[there]]
    return values
