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
MOST_CLASSES = 40


@dataclass(frozen=True)
class Rootogram:
    """Frequencies, in rows or in their weight, of b classes of counts; the last has no end."""

    count: Integers  # (b,) the least count of each class
    observed: Floats  # (b,)
    expected: Floats  # (b,)
    width: int  # counts in a class


def rootogram(
    y: Floats, mean: Floats, *, weight: Floats | None = None, last: int | None = None
) -> Rootogram | str:
    """How often counts are observed, and expected of Poisson distributions, or why not.

    A class has one count, or of many counts as many as leave 40 classes. The expected frequency
    of a class is the sum over the rows of their weights times the chance of a count in it; that of
    a count of k or more is the regularised incomplete gamma function P(k, mean).

    Args:
        y: counts (n,).
        mean: what is predicted for each, (n,), positive.
        weight: (n,), 1 each by default.
        last: where the last class begins at the latest, by default the least count that hardly
            any row exceeds.
    """
    if np.any((y < 0) | (y != np.floor(y))):
        return "the target has values that are no counts"
    last = int(np.quantile(y, 1 - ABOVE, method="inverted_cdf")) if last is None else last
    width = last // MOST_CLASSES + 1
    least = np.arange(0, last + 1, width)
    weight = np.ones(len(y)) if weight is None else weight
    classes = np.minimum(y // width, len(least) - 1).astype(np.int64)
    # class after class, so that no more than a few numbers per row are held at once
    reached = [weight @ special.gammainc(k, mean) if k else weight.sum() for k in least]
    return Rootogram(
        least,
        np.bincount(classes, weight, minlength=len(least)).astype(np.float64),
        -np.diff([*reached, 0.0]),
        width,
    )
