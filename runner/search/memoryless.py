"""Searches without a memory: none, grid and random."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.errors import ConfigError
from runner.randomness import generator
from runner.search.base import Score, Search
from runner.spec import Count

if TYPE_CHECKING:
    from pathlib import Path

    from runner.records import Trial
    from runner.search.resolve import Resolver, SearchSpace


class Nothing(Search):
    """One candidate: what the config says."""

    in_any_order: ClassVar[bool] = True
    name: Literal["none"]

    def check(self, space: SearchSpace) -> None:
        """Everything must be fixed."""
        if space.dimensions:
            key = next(iter(space.dimensions))
            raise ConfigError(
                f"{key} is a list or a range, but search=none needs one number: {key}=0.1"
            )

    def size(self, space: SearchSpace) -> int:
        """One."""
        del space
        return 1

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Score the one candidate."""
        del seed, folder
        return score([resolver.candidate({})])


class Grid(Search):
    """Every combination."""

    in_any_order: ClassVar[bool] = True
    name: Literal["grid"]

    def check(self, space: SearchSpace) -> None:
        """Every dimension must be a list, or a range with a count."""
        for key, dimension in space.dimensions.items():
            try:
                dimension.grid()
            except ValueError as error:
                raise ConfigError(f"{key}: {error}") from error

    def size(self, space: SearchSpace) -> int:
        """The number of combinations."""
        return space.grid_size()

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Score all of them at once."""
        del seed, folder
        return score([resolver.candidate(point) for point in resolver.space.grid()])


class Random(Search):
    """`n_trials` candidates drawn independently (Bergstra & Bengio 2012)."""

    in_any_order: ClassVar[bool] = True
    name: Literal["random"]
    n_trials: Count

    def size(self, space: SearchSpace) -> int:
        """As many as are drawn; one where nothing varies."""
        return self.n_trials if space.dimensions else 1

    def run(self, resolver: Resolver, score: Score, *, seed: int, folder: Path) -> list[Trial]:
        """Score all of them at once."""
        del folder
        rng = generator(seed, "search", "random")
        points = [resolver.space.draw(rng) for _ in range(self.size(resolver.space))]
        return score([resolver.candidate(point) for point in points])
