"""A solution and moments of test rows come in; scores and their intervals go out.

With e the residual, W = sum(w) and y from any origin, every score here follows from five sums
over the rows, s = [W, sum(w e), sum(w e^2), sum(w y), sum(w y^2)]:

    mse = s_ee / W      r2 = 1 - s_ee / (s_yy - s_y^2 / W)
    explained_variance = 1 - (s_ee - s_e^2 / W) / (s_yy - s_y^2 / W)

The sums add, so that an interval needs no rows: the parts into which the test rows were hashed
are drawn with replacement (a bootstrap of blocks; whole groups stay in one part). With 20 parts
such an interval is about 3 % too narrow, sqrt(19 / 20), besides what any percentile interval is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.statistics.bootstrap import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.metrics import MetricName
    from runner.core.moments import Moments
    from runner.records import Floats
    from runner.statistics.bootstrap import Bootstrap
    from runner.stream.assembly import Solved


def residual_sums(solved: Solved, parts: Sequence[Moments]) -> Floats:
    """The five sums s of each part, (parts, 5)."""
    v = solved.residual
    sums = np.empty((len(parts), 5))
    for at, part in enumerate(parts):
        cross = solved.prepared.preparing.apply(part).cross
        sums[at] = cross[0, 0], cross[0] @ v, v @ cross @ v, cross[0, -1], cross[-1, -1]
    return sums


def scores_of(sums: Floats) -> dict[MetricName, Floats]:
    """Each metric (c,) of sums (c, 5)."""
    weight, e, ee, y, yy = sums.T
    ee = np.maximum(ee, 0.0)
    total = np.maximum(yy - y * y / weight, 0.0)
    variance = np.maximum(ee - e * e / weight, 0.0)
    mse = ee / weight
    return {
        "mse": mse,
        "rmse": np.sqrt(mse),
        "r2": _explained(ee, total),
        "explained_variance": _explained(variance, total),
    }


def block_intervals(
    sums: Floats, bootstrap: Bootstrap, rng: np.random.Generator
) -> dict[MetricName, Interval]:
    """Every metric of all parts together, (parts, 5), with its interval from resampled parts."""
    scores = scores_of(sums.sum(axis=0, keepdims=True))
    picked = rng.integers(len(sums), size=(bootstrap.resamples, len(sums)))
    drawn = scores_of(sums[picked].sum(axis=1))
    return {
        metric: Interval.of(float(score[0]), drawn[metric], bootstrap.level)
        for metric, score in scores.items()
    }


def _explained(residual: Floats, total: Floats) -> Floats:
    """1 - residual / total; for a constant target 1 where nothing is left, else 0."""
    ratio = residual / np.where(total > 0, total, 1.0)
    return np.where(total > 0, 1 - ratio, np.where(residual == 0, 1.0, 0.0))
