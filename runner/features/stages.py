"""The steps of a section come in; unfitted stages of a scikit-learn Pipeline go out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from runner.features.steps.base import ColumnStep, FeatureStep, Present, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sklearn.preprocessing import OneHotEncoder

    from runner.core.folds import WordCounts
    from runner.features.steps.base import SortedColumns, Step

ENCODED = "categorical"  # the part of the categories that no step takes


class Section(Protocol):
    """What the stages need to know of the features."""

    @property
    def steps(self) -> Mapping[str, Step]:
        """By name, in order."""

    def encoder(self) -> OneHotEncoder:
        """An unfitted encoder."""


def learnt_stages(
    section: Section, columns: SortedColumns, counts: WordCounts | None, *, verbose_names: bool
) -> list[tuple[str, Any]]:
    """`changes`, if columns are changed in place, and `features`, what is made of the columns.

    Args:
        section: the features.
        columns: of the table.
        counts: of the words of its texts, if they are counted.
        verbose_names: whether names need a prefix to differ.
    """
    from runner.core.folds.named_columns import column_transformer

    columns = replace(columns, counts=counts)
    parts: list[tuple[str, Any, Any]] = []
    replaced: set[str] = set()
    for name, step in section.steps.items():
        if isinstance(step, FeatureStep):
            chosen = step.chosen(name, columns)
            transformer = told(name, step.transformer_for(columns))
            parts.append((name, transformer, Present(chosen)))
            replaced |= set() if step.keeps else set(chosen)
    numeric = tuple(name for name in columns.numeric if name not in replaced)
    encoded = tuple(name for name in columns.categorical if name not in replaced)
    parts.insert(0, ("numeric", "passthrough", Present(numeric)))
    parts.append((ENCODED, section.encoder(), Present(encoded)))
    made = column_transformer(
        parts,
        columns.count,
        remainder="passthrough",
        verbose_feature_names_out=verbose_names,
    )
    return [*_changes(section, columns), ("features", made)]


def _changes(section: Section, columns: SortedColumns) -> list[tuple[str, Any]]:
    """The steps in place, one after the other."""
    from sklearn.pipeline import Pipeline

    from runner.core.folds.named_columns import column_transformer

    changes = []
    for name, step in section.steps.items():
        if isinstance(step, ColumnStep):
            transformer = told(name, step.transformer())
            part = (name, transformer, Present(step.chosen(name, columns)))
            change = column_transformer(
                [part], columns.count, remainder="passthrough", verbose_feature_names_out=False
            )
            changes.append((name, change.set_output(transform="pandas")))
    return [("changes", Pipeline(changes))] if changes else []
