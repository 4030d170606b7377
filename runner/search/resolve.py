"""The space of one search, and how a point of it becomes a candidate."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from runner.errors import FitError
from runner.records import Candidate
from runner.space import AlphaRange, Dimension, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


PENALTY = ("model.alpha", "model.l1_ratio")
RELAX = "model.relax"


class AlphaMax(Protocol):
    """The least alpha that selects nothing, where the other parameters are `values`."""

    def __call__(self, values: dict[str, Any]) -> float:
        """In the units of the objective."""


@dataclass(frozen=True)
class SearchSpace:
    """What varies and what is fixed, by dotted key; alpha and l1_ratio are in one of the two."""

    dimensions: dict[str, Dimension]
    fixed: dict[str, Any]

    @property
    def relaxes(self) -> bool:
        """Whether a candidate can have other coefficients than the penalised ones."""
        return RELAX in self.dimensions or self.fixed.get(RELAX, 1) != 1

    @classmethod
    def of(cls, penalty: dict[str, Any], space: dict[str, Dimension]) -> SearchSpace:
        """Merge a model's own penalty with what the search adds; the search's word counts.

        Args:
            penalty: `alpha` and `l1_ratio`, each a number or a dimension, and `relax` if it is
                not 1.
            space: further dimensions, by dotted key.
        """
        merged: dict[str, Any] = {f"model.{key}": value for key, value in penalty.items()} | space
        merged |= {key: _continuous(merged[key]) for key in (*PENALTY, RELAX) if key in merged}
        # alpha last: a grid then runs along alphas, as a path does
        ordered = {k: merged[k] for k in sorted(merged, key=lambda k: (k == "model.alpha", k))}
        varies = {k: v for k, v in ordered.items() if isinstance(v, Dimension)}
        return cls(varies, {k: v for k, v in ordered.items() if k not in varies})

    def grid_size(self) -> int:
        """The number of points of the grid."""
        return math.prod(len(dimension.grid()) for dimension in self.dimensions.values())

    def grid(self) -> Iterator[dict[str, Any]]:
        """Every combination, the last dimension varying fastest."""
        axes = [dimension.grid() for dimension in self.dimensions.values()]
        for point in itertools.product(*axes):
            yield dict(zip(self.dimensions, point, strict=True))

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """One point at random, each dimension by its own distribution."""
        return {key: dimension.draw(rng) for key, dimension in self.dimensions.items()}


def _continuous(value: Any) -> Any:  # noqa: ANN401 - a number or any dimension
    """A range of a penalty from 0 to 1 is not one of the two whole numbers."""
    if not isinstance(value, Range):
        return value
    return value.model_copy(update={"low": float(value.low), "high": float(value.high)})


@dataclass
class Resolver:
    """Turns points of a space into candidates: fractions of alpha_max become alphas."""

    space: SearchSpace
    alpha_max: AlphaMax
    _known: dict[tuple[tuple[str, Any], ...], float] = field(default_factory=dict)

    def candidate(self, point: dict[str, Any]) -> Candidate:
        """The candidate at a point."""
        values = {**self.space.fixed, **point}
        if isinstance(self.space.dimensions.get("model.alpha"), AlphaRange):
            values["model.alpha"] *= self.largest_alpha(values)
        return Candidate(values)

    def largest_alpha(self, values: dict[str, Any]) -> float:
        """alpha_max beside the other values, computed once for each."""
        others = {k: v for k, v in values.items() if k != "model.alpha"}
        key = tuple(sorted(others.items()))
        if key not in self._known:
            self._known[key] = self._alpha_max(others)
        return self._known[key]

    def _alpha_max(self, values: dict[str, Any]) -> float:
        """NaN where the columns cannot be prepared: the reason is told when that is scored."""
        try:
            return self.alpha_max(values)
        except (FitError, ValueError):
            return math.nan
