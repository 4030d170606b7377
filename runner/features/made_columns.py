"""A table comes in; the same with the columns that steps make of rows goes out, once for all folds.

Such steps learn nothing: a row's columns are made of the row itself, and of rows before it. A
saved model has them as its first step, and is given the columns as the dataset has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.features.steps.base import Roles, SortedColumns, told
from runner.records import Made

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from runner.features.feature_set import Features
    from runner.records import Table

MADE = "made"  # the step of a saved model that makes columns of rows


def make_rows(features: Features, table: Table, target: str) -> Table:
    """The table with what the section's steps make of its rows; itself if there is no such step.

    Args:
        features: the section.
        table: as it was read.
        target: what the target is called.

    Raises:
        ConfigError: a step's columns are not there, or a role that it needs.
    """
    if not features.row_steps:
        return table
    from sklearn.base import clone

    steps = _steps(features, table, target)
    given = _given(features, table, target)
    fitted = clone(steps)
    made = fitted.fit_transform(given)
    names = set(table.features) | {name for _, step in fitted.steps for name in step.made_}
    columns = made[[name for name in made if name in names]]
    categorical = tuple(name for name in columns if columns[name].dtype == object)
    kept = {*table.categorical, *table.text}
    return replace(
        table,
        features=columns,
        made=Made(given, steps, table.dates),
        numeric=tuple(n for n in columns if n not in kept and n not in categorical),
        categorical=tuple(
            n for n in columns if n not in table.text and (n in kept or n in categorical)
        ),
        text=tuple(name for name in columns if name in table.text),
        dates=tuple(name for name in columns if name in table.dates),
    )


def saved_steps(table: Table) -> list[tuple[str, Any]]:
    """The first step of a saved model, which knows all rows; none if no columns are made of rows.

    It learns nothing, so that test rows may be among them: those after them have them as their
    past.
    """
    if table.made is None:
        return []
    from sklearn.base import clone

    return [(MADE, clone(table.made.steps).fit(table.made.source))]


def past_columns(table: Table) -> set[str]:
    """The columns that a saved model is given of which it uses the past alone."""
    if table.made is None:
        return set()
    from runner.features.steps.lag_features import LagFeatures

    steps = [step for _, step in table.made.steps.steps if isinstance(step, LagFeatures)]
    return {name for step in steps for name in step.columns}


def _steps(features: Features, table: Table, target: str) -> Pipeline:
    """Unfitted, one after the other."""
    from sklearn.pipeline import Pipeline

    time, group = table.roles
    roles = Roles(time, group, target)
    dates = dict.fromkeys((*table.dates, *([time] if time else [])))
    columns = SortedColumns(table.numeric, table.categorical, table.text, tuple(dates))
    return Pipeline(
        [
            (name, told(name, step.transformer(step.chosen(name, columns), roles)))
            for name, step in features.row_steps.items()
        ]
    )


def _given(features: Features, table: Table, target: str) -> pd.DataFrame:
    """What a saved model is given: with the target, where steps look at its past."""
    if not any(step.looks_back for step in features.row_steps.values()):
        return table.frame
    return table.frame.join(pd.Series(table.target, index=table.frame.index, name=target))
