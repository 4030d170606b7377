"""How far the models of a path have come with one penalty, and which are to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, Integers

CONTRACTION = 0.3  # of the decrease from step to step, above which they are taken anew at once
HARDLY = 0.7  # of the gap before: a certificate of more has brought nothing
STUCK = 5  # certificates that bring nothing, after which a model is left where it is


@dataclass
class Progress:
    """How far c models have come with one alpha; changed in place."""

    taken: Integers  # (c,) steps
    gap: Floats  # (c,), infinite until it is known
    last: Floats  # (c,) what the last step promised, infinite if second derivatives are new
    renewed: Booleans  # (c,) whether they were taken anew for this alpha
    seen: Booleans  # (c,) whether the gap is that of where the model is
    idle: Integers  # (c,) certificates in a row that brought nothing

    @classmethod
    def of(cls, models: int) -> Progress:
        """Before the first step."""
        nothing = np.zeros(models, dtype=np.int64)
        unknown = np.full(models, np.inf)
        never = nothing > 0
        return cls(nothing, unknown, unknown.copy(), never, never.copy(), nothing.copy())

    def certified(self, models: Integers, gaps: Floats) -> None:
        """Some models' gaps are known; each keeps its last one."""
        idle = gaps > HARDLY * self.gap[models]
        self.idle[models] = np.where(idle, self.idle[models] + 1, 0)
        self.gap[models] = gaps
        self.seen[models] = True

    def unfinished(self, models: Integers, enough: float) -> Booleans:
        """Which of some models are to go on."""
        return np.asarray((self.gap[models] > enough) & (self.idle[models] < STUCK))

    def slow(self, models: Integers, promised: Floats) -> Integers:
        """Those whose steps shrink too little."""
        return np.asarray(models[promised > CONTRACTION * self.last[models]])

    def refreshed(self, models: Integers) -> None:
        """Second derivatives of some models are new."""
        self.last[models] = np.inf
        self.renewed[models] = True

    def moved(self, models: Integers, promised: Floats) -> None:
        """Some models have made a step."""
        self.last[models] = promised
        self.seen[models] = False
        self.taken[models] += 1
