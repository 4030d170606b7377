"""How well scores rank the rows of a class above the others, for many models or many weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.metrics.scoring import ratio

if TYPE_CHECKING:
    from runner.records import Floats, Integers


@dataclass(frozen=True)
class Ranked:
    """Weights of the class and of the others added up along falling scores.

    Of rows with equal scores each has the sum up to the last of them.
    """

    positive: Floats  # (n, m) the class's own weights, in that order
    negative: Floats  # (n, m) the others'
    up_positive: Floats  # (n, m) added up
    up_negative: Floats  # (n, m)

    @classmethod
    def of(cls, scores: Floats, member: Floats, weight: Floats) -> Ranked:
        """Rank rows.

        Args:
            scores: (n, c), larger for rows that should be of the class.
            member: (n,) 1 for rows of the class, else 0.
            weight: (n, r), where r or c is 1.
        """
        order = np.argsort(-scores, axis=0, kind="stable")
        last = _last_equal(np.take_along_axis(scores, order, axis=0))
        own = weight[order[:, 0]] if order.shape[1] == 1 else weight[:, 0][order]
        positive = own * member[order]
        negative = own - positive
        return cls(positive, negative, _up_to(positive, last), _up_to(negative, last))

    def auc(self) -> Floats:
        """Area under the ROC curve (m,): equal scores count one half. NaN if a class is lacking.

        With A the weight of pairs whose positive is not below, B of those whose negative is not,
        it is (A + P N - B) / (2 P N).
        """
        pairs = self.up_positive[-1] * self.up_negative[-1]
        not_below = np.einsum("ij,ij->j", self.negative, self.up_positive)
        not_above = np.einsum("ij,ij->j", self.positive, self.up_negative)
        return ratio(pairs + not_below - not_above, 2 * pairs)

    def average_precision(self) -> Floats:
        """Mean precision over the positives (m,), at the threshold that lets each of them in.

        NaN if there is no positive; scikit-learn has 0 there.
        """
        precision = ratio(self.up_positive, self.up_positive + self.up_negative, otherwise=0.0)
        found = np.einsum("ij,ij->j", self.positive, precision)
        return ratio(found, self.up_positive[-1])


def _last_equal(ordered: Floats) -> Integers | None:
    """The last row of those with an equal score, (n, c); None if no two are equal."""
    new = ordered[1:] != ordered[:-1]
    if new.all():
        return None
    n = len(ordered)
    ends = np.vstack(
        [np.where(new, np.arange(n - 1)[:, None], n), np.full_like(ordered[:1], n - 1)]
    )
    return np.minimum.accumulate(ends[::-1].astype(np.int64), axis=0)[::-1]


def _up_to(weights: Floats, last: Integers | None) -> Floats:
    """Sums (n, m) of the rows up to the last equal one."""
    sums: Floats = np.cumsum(weights, axis=0)
    if last is None:
        return sums
    return sums[last[:, 0]] if last.shape[1] == 1 else np.take_along_axis(sums, last, axis=0)
