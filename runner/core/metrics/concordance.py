"""Which share of comparable pairs of times a risk orders rightly, in n log n steps per model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import ratio

if TYPE_CHECKING:
    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class Outlived:
    """What each event is compared with: those that live longer, and of those the ones at less risk.

    A row censored at the time of an event has lived longer; two events at one time tell nothing.
    """

    longer: Floats  # (n, m) weight of the rows that outlive an event; 0 for censored rows
    lower: Floats  # (n, m) those of them with lower risk, and half of those with equal risk

    @classmethod
    def of(cls, time: Floats, event: Booleans, eta: Floats, weight: Floats) -> Outlived:
        """Count for one model, (n,) each but for weight (n, r)."""
        rank = _time_ranks(time, event)
        return cls(_later(rank, event, weight), _later_and_lower(rank, event, eta, weight))

    def concordance(self, own: Floats) -> Floats:
        """The share of pairs that are ordered rightly (m,), events counting by own (n, m).

        NaN where no pair is comparable.
        """
        return ratio((own * self.lower).sum(axis=0), (own * self.longer).sum(axis=0))


def _time_ranks(time: Floats, event: Booleans) -> Integers:
    """Ranks from 0, such that an event is comparable with the rows of greater rank (n,)."""
    order = np.lexsort((~event, time))
    new = (np.diff(time[order]) > 0) | (np.diff(event[order].astype(np.int8)) != 0)
    ranks = np.empty(len(time), dtype=np.int64)
    ranks[order] = np.append(0, np.cumsum(new))
    return ranks


def _later(rank: Integers, event: Booleans, weight: Floats) -> Floats:
    """The weight of rows of greater rank, (n, r), for events."""
    by_rank = np.zeros((int(rank.max()) + 1, weight.shape[1]))
    np.add.at(by_rank, rank, weight)
    above = by_rank[::-1].cumsum(axis=0)[::-1] - by_rank
    return np.where(event[:, None], above[rank], 0.0)


def _later_and_lower(rank: Integers, event: Booleans, eta: Floats, weight: Floats) -> Floats:
    """The weight of rows of greater rank and lower eta, half of equal eta, (n, r), for events.

    Of two ranks the greater is the one that has a 1 at the first binary digit in which they differ.
    For each digit the rows lie in blocks that agree on all digits before it, by eta within: sums
    along a block give what each row with a 0 there is to add.
    """
    found = np.zeros_like(weight)
    by_eta = np.argsort(eta, kind="stable")
    for digit in range(int(rank.max()).bit_length()):
        rows = by_eta[np.argsort(rank[by_eta] >> (digit + 1), kind="stable")]
        block, high = rank[rows] >> (digit + 1), (rank[rows] >> digit) & 1
        sums = np.zeros((len(rows) + 1, weight.shape[1]))
        np.cumsum(weight[rows] * high[:, None], axis=0, out=sums[1:])
        at = np.flatnonzero((high == 0) & event[rows])
        start, _ = _runs(np.diff(block) != 0)
        first, end = _runs((np.diff(block) != 0) | (np.diff(eta[rows]) != 0))
        found[rows[at]] += (sums[first[at]] + sums[end[at]]) / 2 - sums[start[at]]
    return found


def _runs(new: Booleans) -> tuple[Integers, Integers]:
    """Of runs of rows, begun where a row is new against the one before: first row and end (n,)."""
    starts = np.flatnonzero(np.append(True, new))
    run = np.append(0, np.cumsum(new))
    return starts[run], np.append(starts[1:], len(new) + 1)[run]
