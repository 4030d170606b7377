"""Scores of outer folds come in; what is expected on new rows, with its interval, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from runner.core.metrics import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.metrics import MetricName
    from runner.records import Floats, Fold


@dataclass(frozen=True)
class Expected:
    """A score that is expected on new rows."""

    score: float
    low: float  # NaN where there are too few folds to tell
    high: float
    level: float
    method: str


def nested_naive(
    metric: MetricName, scores: Floats, folds: Sequence[Fold], level: float
) -> Expected:
    """The mean over outer folds, and a t interval as if their scores were independent.

        mean +- t_(k - 1) s / sqrt(k),    s^2 the variance within partitions

    They are not, as they share training rows, so that it covers less than it says (Bengio &
    Grandvalet 2004; Bates, Hastie & Tibshirani 2023, section 3). Repeated partitions give a better
    s, but no more rows: k is the number of folds of one.

    Args:
        metric: whose bounds the interval keeps.
        scores: (f,), one per outer fold.
        folds: the outer folds.
        level: of the interval.
    """
    partition = np.array([fold.partition for fold in folds])
    groups = [scores[partition == number] for number in np.unique(partition)]
    k, mean = len(groups[0]), float(np.mean(scores))
    if k < 2:  # noqa: PLR2004 - one value has no spread
        return Expected(mean, np.nan, np.nan, level, "nested_naive")
    variance = float(np.mean([np.var(group, ddof=1) for group in groups]))
    away = float(stats.t.ppf((1 + level) / 2, k - 1)) * np.sqrt(variance / k)
    least, most = BOUNDS[metric]
    low, high = max(mean - away, least), min(mean + away, most)
    return Expected(mean, low, high, level, "nested_naive")


@dataclass(frozen=True)
class FoldLosses:
    """The losses of all rows, where one fold is left out."""

    outer: Floats  # (n_k,) of the fold's rows, by what was fitted to all others
    inner: Floats  # (n - n_k,) of the others, each by what was fitted without its fold and this one


def bates(metric: MetricName, folds: Sequence[FoldLosses], n_folds: int, level: float) -> Expected:
    """The error of the fitted model, by Bates, Hastie & Tibshirani (2023), section 4.

    With m_k the mean of fold k's outer losses and i_k that of its inner ones, the mean squared
    error of the cross-validated error, for (K - 1)/K n rows and for n, and the bias by the size of
    the training sides are

        M = mean((i_k - m_k)^2) - mean(var(outer_k) / n_k),   M (K - 1) / K,
        (1 + (K - 2)/K) (mean(inner) - mean(outer))

    The root of the second is held between the naive standard error, s / sqrt(n), and sqrt(K) times
    it.

    Args:
        metric: a mean of losses, whose bounds the interval keeps.
        folds: of all partitions.
        n_folds: K.
        level: of the interval.
    """
    K, outer = n_folds, np.concatenate([fold.outer for fold in folds])
    inner = np.concatenate([fold.inner for fold in folds])
    apart = np.mean([(fold.inner.mean() - fold.outer.mean()) ** 2 for fold in folds])
    within = np.mean([np.var(fold.outer, ddof=1) / len(fold.outer) for fold in folds])
    rows = len(folds[0].outer) + len(folds[0].inner)
    naive = float(np.std(outer, ddof=1) / np.sqrt(rows))
    root = np.sqrt(max(float(apart - within), 0.0) * (K - 1) / K)
    error = min(max(root, naive), np.sqrt(K) * naive)
    score = float(inner.mean() - (1 + (K - 2) / K) * (inner.mean() - outer.mean()))
    least, most = BOUNDS[metric]
    away = float(stats.norm.ppf((1 + level) / 2)) * error
    return Expected(score, max(score - away, least), min(score + away, most), level, "bates")
