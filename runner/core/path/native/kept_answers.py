"""Where a solver that may end early writes its solutions: those of the strengths that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.records import Floats, Integers


@dataclass(frozen=True)
class KeptAnswers:
    """Of k strengths kept of a, in p columns."""

    places: Integers  # (a,), rows of the rest, or -1
    coefficients: Floats  # (k, p)
    gaps: Floats  # (k,), by the solver's own word
    counts: Integers  # (k,), of sweeps or steps
    solved: Integers  # (1,), strengths from the first, whether kept or not

    @classmethod
    def of(cls, kept: Integers, a: int, p: int) -> Self:
        """Nothing yet.

        Raises:
            FitError: the places are not 0, 1, ... in their order, and -1.
        """
        places = np.require(kept, dtype=np.int64, requirements=["C", "A", "ENSUREARRAY"])
        if places.shape != (a,):
            raise FitError(f"kept has the shape {places.shape}, but must have {(a,)}")
        named = places[places != -1]
        k = len(named)
        if not np.array_equal(named, np.arange(k)):
            raise FitError("kept must be 0, 1, ... in their order, or -1, but is not")
        whole = np.zeros(k, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return cls(places, np.zeros((k, p)), np.zeros(k), *whole)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """By the names of library.h, but for the counts."""
        return {
            "kept": self.places,
            "out": self.coefficients,
            "gaps": self.gaps,
            "solved": self.solved,
        }

    @property
    def count(self) -> int:
        """How many of the kept were solved."""
        return int(np.count_nonzero(self.places[: int(self.solved[0])] >= 0))
