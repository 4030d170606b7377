"""The penalty of a path, as compiled code reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.native.arrays import checked_bounds, not_negative
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.records import Floats


@dataclass(frozen=True)
class PathPenalty:
    """Its strengths, what multiplies them for each column, and what coefficients may be."""

    l1: Floats  # (a,), best falling, not negative
    l2: Floats  # (a,), not negative
    pull: Floats | None = None  # (p,), of l1; None for 1
    ridge: Floats | None = None  # (p,), of l2; not looked at by rows, where they are those of l1
    lower: Floats | None = None  # (p,), at most 0; with `upper` or not at all
    upper: Floats | None = None  # (p,), at least 0

    @property
    def count(self) -> int:
        """Of strengths, a."""
        return int(np.size(self.l1))

    def by_gram(self, p: int) -> dict[str, Floats]:
        """What there is of it for p columns, by the names of library.h.

        Raises:
            FitError: an array is of the wrong size, not finite, or not what it may be.
        """
        given = self._strengths() | checked_bounds(self.lower, self.upper, (p,))
        for name, values in (("pull", self.pull), ("ridge", self.ridge)):
            if values is not None:
                given[name] = not_negative(name, values, (p,))
        return given

    def by_rows(self, p: int) -> dict[str, Floats]:
        """The same, with one factor for both parts.

        Raises:
            FitError: likewise, or a factor is 0.
        """
        given = self._strengths() | checked_bounds(self.lower, self.upper, (p,))
        if self.pull is not None:
            given["factors"] = not_negative("factors", self.pull, (p,))
            if not given["factors"].all():
                raise FitError("factors must be positive, but has an entry of 0")
        return given

    def _strengths(self) -> dict[str, Floats]:
        a = (self.count,)
        return {"l1": not_negative("l1", self.l1, a), "l2": not_negative("l2", self.l2, a)}
