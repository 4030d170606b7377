"""How many features may enter a half's path, and how many false ones are selected at the most.

Stability selection by complementary pairs (Shah & Samworth 2013): rows are halved at random B
times, q of p features are selected in each half, and those selected in at least a share tau of all
2 B halves are stable. Whatever the features' distribution, with V the number of those among them
that half of the rows select no more often than q features drawn blindly would be,

    E[V] <= q^2 / ((2 tau - 1) p)        (their theorem 1, without assumptions; tau > 1/2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.records import Integers

ROUNDING = 1e-9


def features_to_enter(pfer: float, threshold: float, features: int) -> int:
    """The largest q, at most p, at which E[V] is bounded by the per-family error rate; maybe 0."""
    most = math.sqrt(pfer * (2 * threshold - 1) * features)
    return min(int(most + ROUNDING), features)


def most_false(entering: int, threshold: float, features: int) -> float:
    """The bound on E[V], of q features that enter among p."""
    return entering**2 / ((2 * threshold - 1) * features)


def complementary_pairs(
    sizes: Integers, pairs: int, rng: np.random.Generator
) -> Iterator[tuple[Integers, Integers]]:
    """Random halves of an even number of blocks, each with the other half, as equal as can be.

    Blocks next to each other in order of size (b,), those of one size at random, go apart.
    """
    for _ in range(pairs):
        order = rng.permutation(len(sizes))
        order = order[np.argsort(sizes[order], kind="stable")]
        one, other = rng.permuted(order.reshape(-1, 2), axis=1).T
        yield np.sort(one), np.sort(other)
