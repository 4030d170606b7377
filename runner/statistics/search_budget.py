"""Losses of a search's candidates come in; the best that so many of them would have found goes out.

What is found is a loss that the candidates were chosen by: it compares searches of the same space,
and does not say what a model is worth on new rows.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from runner.records import Floats

FIRST = 10


def budgets(candidates: int) -> list[int]:
    """10, 20, 50, 100, 200, ... below a number of candidates, and that number."""
    steps = (FIRST * factor * 10**power for power in itertools.count() for factor in (1, 2, 5))
    return [*itertools.takewhile(lambda budget: budget < candidates, steps), candidates]


def best_so_far(losses: Floats, sizes: list[int]) -> Floats:
    """The least loss among the first n of losses (N,), in the order of the search, for each n."""
    found: Floats = np.minimum.accumulate(losses)[np.array(sizes) - 1]
    return found


def expected_best(losses: Floats, sizes: list[int]) -> Floats:
    """The mean least loss of n drawn without replacement from losses (N,), for each n.

    With l_(1) <= ... <= l_(N): sum over i of l_(i) C(N - i, n - 1) / C(N, n). Of candidates that
    were drawn independently it is the unbiased estimate of what another n of them would find.
    Draws of failed candidates alone, whose losses are infinite, find nothing and are left out.
    """
    ordered, N = np.sort(losses), len(losses)
    found = []
    for n in sizes:
        least = ordered[: N - n + 1]
        after = np.arange(N - 1.0, n - 2, -1)  # N - i candidates are worse than the i-th
        share = np.exp(_log_choose(after, n - 1) - _log_choose(np.array(float(N)), n))
        some = np.isfinite(least)
        found.append(np.average(least[some], weights=share[some]))
    return np.array(found)


def _log_choose(n: Floats, k: int) -> Floats:
    found: Floats = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return found
