"""Weights of classes: what multiplies the weights of rows that train."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runner.family.targets import class_weight
from runner.spec import Positive

if TYPE_CHECKING:
    from runner.records import Observed, Table

ClassWeight = Literal["balanced"] | dict[bool | int | float | str, Positive] | None


def weighable(table: Table, asked: ClassWeight) -> Table:
    """The table, whose labels must be those that weights are asked for.

    Raises:
        DataError: one of them is no label.
    """
    if asked is not None:
        class_weight(table.target, table.labels, asked)
    return table


def by_class(observed: Observed, asked: ClassWeight) -> Observed:
    """The rows with weights that are multiplied by those of their classes."""
    if asked is None:
        return observed
    factor = class_weight(observed.y, observed.labels, asked)
    return replace(observed, weight=observed.weight * factor)
