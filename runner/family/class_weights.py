"""Weights of classes: what multiplies the weights of rows that train."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runner.family.targets import class_weight
from runner.spec import Positive

if TYPE_CHECKING:
    from runner.records import Observed

ClassWeight = Literal["balanced"] | dict[bool | int | float | str, Positive] | None


def by_class(observed: Observed, asked: ClassWeight) -> Observed:
    """The rows with weights that are multiplied by those of their classes."""
    if asked is None:
        return observed
    factor = class_weight(observed.y, observed.labels, asked)
    return replace(observed, weight=observed.weight * factor)
