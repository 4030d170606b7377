"""Counts and the means predicted for them come in; how often each is, and should be, goes out.

Kleiber & Zeileis (2016), Visualizing Count Data Regressions Using Rootograms: the square roots of
both frequencies are drawn, so that those of rare counts can be seen beside those of frequent ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from runner.records import Floats, Integers

ABOVE = 0.01  # share of the rows that the last class holds, at most, unless it is given
MOST_CLASSES = 100


@dataclass(frozen=True)
class Rootogram:
    """Frequencies, in rows or in their weight, of the counts 0 to m, m standing for m or more."""

    count: Integers  # (m + 1,)
    observed: Floats  # (m + 1,)
    expected: Floats  # (m + 1,)


def rootogram(
    y: Floats, mean: Floats, *, weight: Floats | None = None, last: int | None = None
) -> Rootogram | str:
    """How often counts are observed, and expected of Poisson distributions, or why not.

    The expected frequency of a count j is the sum over the rows of their weights times
    mean^j exp(-mean) / j!, that of the last class of the chances of that count or more.

    Args:
        y: counts (n,).
        mean: what is predicted for each, (n,), positive.
        weight: (n,), 1 each by default.
        last: m, by default the least count that hardly any row exceeds.
    """
    if np.any((y < 0) | (y != np.floor(y))):
        return "the target has values that are no counts"
    last = int(np.quantile(y, 1 - ABOVE, method="inverted_cdf")) if last is None else last
    if last >= MOST_CLASSES:
        return f"counts go up to {last:,}, which are more classes than {MOST_CLASSES}"
    weight = np.ones(len(y)) if weight is None else weight
    classes = np.minimum(y, last).astype(np.int64)
    # class after class, so that no more than a few numbers per row are held at once
    expected = [weight @ _poisson(j, mean) for j in range(last)]
    more = weight @ special.gammainc(last, mean)
    return Rootogram(
        np.arange(last + 1),
        np.bincount(classes, weight, minlength=last + 1).astype(np.float64),
        np.array([*expected, more]),
    )


def _poisson(count: int, mean: Floats) -> Floats:
    logarithm = special.xlogy(count, mean) - mean - special.gammaln(count + 1)
    chance: Floats = np.exp(logarithm)
    return chance
