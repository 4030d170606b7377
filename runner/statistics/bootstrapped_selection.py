"""Losses of all candidates, out of fold, come in; the winner's, corrected, goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats


def bbc_score(losses: Floats, resamples: int, rng: np.random.Generator) -> float:
    """Bootstrap bias-corrected cross-validation (Tsamardinos et al. 2018, algorithm 5).

    In each resample of the rows the candidate of the least mean loss is chosen, and judged by the
    rows that were not drawn; what comes out is the mean over resamples. The models are those of the
    folds: only the choice among them is made again, so that the correction is a partial one.

    Args:
        losses: (n, c), of each row by each candidate that was fitted without its fold.
        resamples: how many.
        rng: draws the rows.
    """
    n = len(losses)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=resamples)
    drawn = drawn[(drawn == 0).any(axis=1)]
    chosen = (drawn @ losses).argmin(axis=1)
    left = drawn == 0
    judged = np.einsum("bn,nb->b", left, losses[:, chosen]) / left.sum(axis=1)
    return float(judged.mean())
