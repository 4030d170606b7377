"""The evaluation section of the config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runner.spec import Count, Positive, Share, Spec


class Evaluation(Spec):
    """How it is found out what the winner is worth.

    `nested` repeats the whole search within the training side of each fold; `auto` where that is
    cheap. `interval` says how the interval of the expected score is made, `level` how often it
    should cover; `bates` divides the rows anew, `repeats` times. `bbc` corrects the winner's score
    for its choice by a bootstrap of rows.

    `explain` looks at the winner's features, which takes time: stability selection in `pairs`
    of halves with at most `pfer` false selections at this `threshold`, and `resamples` of the whole
    procedure.
    """

    name: Literal["standard"]
    nested: bool | Literal["auto"]
    interval: Literal["nested_naive", "bates"]
    repeats: Count
    level: Share
    bbc: bool
    explain: bool
    pfer: Positive
    threshold: Annotated[float, Field(gt=0.5, le=1)]
    pairs: Count
    resamples: Annotated[int, Field(ge=0)]

    @property
    def asks_for_nested(self) -> bool:
        """Whether it is wanted however long it takes."""
        return self.nested is True or self.interval == "bates"
