"""Classes and the scores of the positive one come in; scikit-learn's curves, thinned, go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.statistics.thin_curve import thin_curve

if TYPE_CHECKING:
    from runner.records import Floats

MOST_POINTS = 200  # of a curve, which nobody can tell from all of them


@dataclass(frozen=True)
class RocCurve:
    """Shares of rows that are called positive, by the threshold, k of which are kept."""

    false_positive: Floats  # (k,) of the negative rows, rising
    true_positive: Floats  # (k,) of the positive rows
    threshold: Floats  # (k,) falling, the first infinite
    area: float


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """What is found and what is right of it, by the threshold, k of which are kept."""

    recall: Floats  # (k,) falling
    precision: Floats  # (k,)
    threshold: Floats  # (k,) rising, the last infinite
    average_precision: float
    positive: float  # share of positives, the precision of any score that tells nothing


def roc_curve(y: Floats, score: Floats, *, weight: Floats | None = None) -> RocCurve | str:
    """sklearn.metrics.roc_curve and roc_auc_score, or why there is none.

    Args:
        y: (n,) 1 of positives, else 0.
        score: (n,) the higher, the likelier positive.
        weight: (n,) of the rows.
    """
    if np.ptp(y) == 0:
        return "rows of one class have no curve"
    from sklearn import metrics  # slow to import

    false, true, threshold = metrics.roc_curve(y, score, sample_weight=weight)
    kept = thin_curve(false, true, MOST_POINTS)
    area = metrics.roc_auc_score(y, score, sample_weight=weight)
    return RocCurve(false[kept], true[kept], threshold[kept], float(area))


def precision_recall_curve(
    y: Floats, score: Floats, *, weight: Floats | None = None
) -> PrecisionRecallCurve | str:
    """sklearn.metrics.precision_recall_curve and average_precision_score, or why there is none.

    Args:
        y: (n,) 1 of positives, else 0.
        score: (n,) the higher, the likelier positive.
        weight: (n,) of the rows.
    """
    if np.ptp(y) == 0:
        return "rows of one class have no curve"
    from sklearn import metrics  # slow to import

    precision, recall, threshold = metrics.precision_recall_curve(y, score, sample_weight=weight)
    kept = thin_curve(recall, precision, MOST_POINTS)
    average = metrics.average_precision_score(y, score, sample_weight=weight)
    return PrecisionRecallCurve(
        recall[kept],
        precision[kept],
        np.append(threshold, np.inf)[kept],
        float(average),
        float(np.average(y, weights=weight)),
    )
