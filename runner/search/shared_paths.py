"""Paths that the inner folds of several outer folds have in common, each solved once.

The fit without blocks i and j is asked for twice: as what outer fold i validates on block j, and as
what outer fold j validates on block i.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from runner.records import Fold, Path


@dataclass
class SharedPaths:
    """Keeps a path while other folds with the same training side are still to ask for it."""

    asked: Counter[Hashable]  # how many folds have a training side
    left: dict[Hashable, int] = field(default_factory=dict)  # how often a path will be asked for
    paths: dict[Hashable, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, folds: Iterable[Fold]) -> SharedPaths:
        """Among the inner folds of all outer ones."""
        return cls(Counter(map(_training_side, folds)))

    def within(self, folds: Sequence[Fold], preparation: Hashable) -> PathsWithin:
        """Those of some folds with one preparation."""
        return PathsWithin(self, [_training_side(fold) for fold in folds], preparation)


@dataclass(frozen=True)
class PathsWithin:
    """The paths that some folds share with others; KnownPaths."""

    shared: SharedPaths
    sides: Sequence[Hashable]
    preparation: Hashable

    def path(self, fold: int, penalties: Hashable, solve: Callable[[], Path]) -> Path:
        """A fold's path, counted from 0, solved if it is not known."""
        paths, side = self.shared.paths, self.sides[fold]
        key = (side, self.preparation, penalties)
        path = paths.pop(key) if key in paths else solve()
        left = self.shared.left.pop(key, self.shared.asked[side]) - 1
        if left > 0:
            paths[key], self.shared.left[key] = path, left
        return path


def _training_side(fold: Fold) -> Hashable:
    """What tells the training rows of two folds apart."""
    return fold.partition, frozenset(fold.training)
