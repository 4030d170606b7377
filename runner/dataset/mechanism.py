"""Why values are missing: complete columns come in, which of their cells to hide goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtri
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Booleans, Floats, Integers

    Generators = Callable[[str], np.random.Generator]

Mechanism = Literal["MCAR", "MAR", "MNAR"]
SLOPE = 2.0  # of the log odds per standard deviation of what drives them


def logistic_rate(drivers: Floats, rate: float) -> Floats:
    """Probabilities sigmoid(SLOPE v + c) of drivers v, c such that their mean is `rate`."""
    shift = brentq(lambda c: float(expit(SLOPE * drivers + c).mean()) - rate, -60, 60)
    probabilities: Floats = expit(SLOPE * drivers + shift)
    return probabilities


def hide(
    X: Floats, chosen: Integers, share: float, mechanism: Mechanism, rng: Generators
) -> Booleans:
    """Which cells of X (n, p) to hide: `share` of the observed values of each chosen column.

    MCAR takes all alike. MNAR hides a value with probability sigmoid(2 z + c), where z is the
    normal score of its rank in the column, and c makes the mean the share. MAR does so by the
    rank of a neighbour, the other one of a pair of columns, that keeps its value in this row: in
    each row, by the toss of a coin, the columns at even or those at odd places keep theirs. So
    all columns lose values, and whether one is hidden depends on nothing that is not seen. Where
    the neighbour had no value to begin with, z is 0.

    The number hidden is the share of the observed ones, rounded, and never all of them.

    Args:
        X: NaN where missing.
        chosen: places of the columns that lose values.
        share: above 0, below 1; with MAR below 0.5, as half of the rows keep theirs.
        mechanism: see above.
        rng: gives a generator for a purpose; a column's place is one.

    Raises:
        ValueError: with MAR, there is no second column, or too few rows can lose a value.
    """
    n, p = X.shape
    hidden = np.zeros(X.shape, dtype=bool)
    turn = np.less(rng("turn").random(n), 0.5)  # a fair coin
    if mechanism == "MAR" and p < 2:  # noqa: PLR2004 - a pair
        raise ValueError("MAR needs a second numeric column, which says where values are hidden")
    for j in chosen:
        rows = np.flatnonzero(~np.isnan(X[:, j]))
        count = min(round(share * len(rows)), len(rows) - 1)
        if mechanism == "MCAR":
            score = np.zeros(len(rows))
        elif mechanism == "MNAR":
            score = normal_scores(X[rows, j])
        else:
            rows = rows[turn[rows] == bool(j % 2)]
            score = normal_scores(X[rows, neighbour(int(j), p)])
        if 0 < count >= len(rows):
            raise ValueError(f"{count} values are to be hidden in {len(rows)} rows")
        if count > 0:
            hidden[rows[draw(logistic_rate(score, count / len(rows)), rng(str(j)))], j] = True
    return hidden


def neighbour(place: int, columns: int) -> int:
    """The other column of a pair (0, 1), (2, 3), ...; of a last one without, the one before."""
    other = place + 1 if place % 2 == 0 else place - 1
    return other if other < columns else place - 1


def normal_scores(values: Floats) -> Floats:
    """The standard normal quantiles of (rank - 0.5) / n, equal for equal values; 0 for NaN."""
    scores = np.zeros(len(values))
    seen = ~np.isnan(values)
    if seen.any():
        scores[seen] = ndtri((rankdata(values[seen]) - 0.5) / seen.sum())
    return scores


def draw(probabilities: Floats, rng: np.random.Generator) -> Integers:
    """Positions of as many as the probabilities (n,) add up to, each drawn with its own.

    Systematic sampling of a random order (Madow 1949): of the sums along that order, those that
    pass u, u + 1, u + 2, ... for one uniform u. So both the number and each one's probability
    are exact.
    """
    order = rng.permutation(len(probabilities))
    sums = np.cumsum(probabilities[order])
    sums[-1] = round(float(sums[-1]))  # which it is but for rounding
    passed = np.floor(sums - (1.0 - rng.random()))
    return order[np.diff(passed, prepend=-1.0) > 0]
