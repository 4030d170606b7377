"""Metrics of several targets are scikit-learn's plain mean over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn_reference import SKLEARN

from runner.core.metrics import METRICS, SeveralTargetScores
from runner.records import Observed

if TYPE_CHECKING:
    from runner.core.metrics import MetricName

RNG = np.random.default_rng(0)
Y = RNG.normal([0.0, 50.0, -3.0], [1.0, 20.0, 0.1], (40, 3))
ETA = Y[:, None, :] + RNG.normal(0, [0.5, 3.0, 0.2], (40, 4, 3))
WEIGHT = RNG.uniform(0.1, 2.0, 40)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weight", [np.ones(40), WEIGHT])
def test_metric_equals_sklearns_uniform_average(metric: MetricName, weight: np.ndarray) -> None:
    """Targets of unlike units, each with its own error."""
    found = SeveralTargetScores(Observed(Y, weight)).score([metric], ETA)[metric]
    own = {"multioutput": "uniform_average", "sample_weight": weight}
    expected = [SKLEARN[metric](Y, ETA[:, c], **own) for c in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_weights_in_place_of_the_rows_own(metric: MetricName) -> None:
    """Scores under several sets of counts are those of the rows repeated as often."""
    counts = RNG.poisson(1.0, (40, 5)).astype(float)
    scoring = SeveralTargetScores(Observed(Y, np.ones(40)))
    found = scoring.score([metric], ETA[:, :1], weight=counts)[metric]
    for count, score in zip(counts.T, found, strict=True):
        rows = np.repeat(np.arange(40), count.astype(int))
        assert SKLEARN[metric](Y[rows], ETA[rows, 0]) == pytest.approx(score, rel=1e-9)
