"""Deviances of counts and amounts, and what is explained of them, are scikit-learn's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

from runner.core.metrics import FAMILY_METRICS, GammaScores, PoissonScores
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import FamilyName, MetricName
    from runner.records import Floats

SCORES: dict[FamilyName, type[PoissonScores | GammaScores]] = {
    "poisson": PoissonScores,
    "gamma": GammaScores,
}
SKLEARN: dict[MetricName, Callable[..., float]] = {
    "poisson_deviance": sklearn_metrics.mean_poisson_deviance,
    "d2_poisson": lambda *rows, **own: sklearn_metrics.d2_tweedie_score(*rows, power=1, **own),
    "gamma_deviance": sklearn_metrics.mean_gamma_deviance,
    "d2_gamma": lambda *rows, **own: sklearn_metrics.d2_tweedie_score(*rows, power=2, **own),
}
OF_FAMILY = [(family, metric) for family in SCORES for metric in FAMILY_METRICS[family]]


@st.composite
def scored(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    """Counts (n,), linear predictors (n, 3) and weights (n,)."""
    n = draw(st.integers(2, 12))
    y = draw(hnp.arrays(float, n, elements=st.integers(0, 4).map(float)))
    eta = draw(hnp.arrays(float, (n, 3), elements=st.floats(-4, 4)))
    weight = draw(st.just(np.ones(n)) | hnp.arrays(float, n, elements=st.floats(0.1, 5.0)))
    return y, eta, weight


@pytest.mark.parametrize(("family", "metric"), OF_FAMILY)
@given(scored())
def test_metric_equals_sklearns(
    family: FamilyName, metric: MetricName, rows: tuple[Floats, Floats, Floats]
) -> None:
    """Each model's score is scikit-learn's, counts of 0 included."""
    y, eta, weight = rows
    y = y + 0.5 if family == "gamma" else y
    assume(np.ptp(y) > 0)
    found = SCORES[family](Observed(y, weight)).score([metric], eta[:, :, None])[metric]
    expected = [SKLEARN[metric](y, np.exp(column), sample_weight=weight) for column in eta.T]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("family", SCORES)
@pytest.mark.parametrize("level", [0.1, 3.0, 1e6])
@pytest.mark.parametrize("weight", [[1.0, 1.0, 1.0], [0.1, 0.7, 0.3]])
def test_nothing_to_explain(family: FamilyName, level: float, weight: list[float]) -> None:
    """Rows of one value have a deviance, but nothing that a model could explain."""
    deviance, explained = FAMILY_METRICS[family]
    scoring = SCORES[family](Observed(np.full(3, level), np.array(weight)))
    found = scoring.score([deviance, explained], np.full((3, 2, 1), np.log(level) + 1))
    assert (found[deviance] > 0).all()
    assert np.isnan(found[explained]).all()


def test_no_count_at_all() -> None:
    """Of counts that are all 0 the deviance is twice the expected count."""
    found = PoissonScores(Observed(np.zeros(4), np.ones(4))).score(
        FAMILY_METRICS["poisson"], np.full((4, 1, 1), np.log(0.5))
    )
    assert 1.0 == pytest.approx(found["poisson_deviance"][0])
    assert np.isnan(found["d2_poisson"][0])


def test_large_counts_of_little_spread() -> None:
    """A mean of 10^8 leaves the share explained its digits."""
    rng = np.random.default_rng(0)
    y = np.round(1e8 + 1e4 * rng.standard_normal(50))
    eta = np.log(1e8) + 0.5 * (y / 1e8 - 1)
    found = PoissonScores(Observed(y, np.ones(50))).score(["d2_poisson"], eta[:, None, None])
    # to second order in y / mean - 1, which is 1e-4: the deviance is that of squares
    expected = 1 - np.mean((0.5 * (y - 1e8)) ** 2) / np.var(y)
    assert expected == pytest.approx(found["d2_poisson"][0], rel=1e-3)


@pytest.mark.parametrize(("family", "eta"), [("poisson", 800.0), ("gamma", -800.0)])
def test_a_mean_beyond_all_numbers_is_infinitely_bad(family: FamilyName, eta: float) -> None:
    """It is no error and no NaN."""
    deviance = FAMILY_METRICS[family][0]
    scoring = SCORES[family](Observed(np.ones(2), np.ones(2)))
    assert np.isposinf(scoring.score([deviance], np.full((2, 1, 1), eta))[deviance]).all()


@pytest.mark.parametrize(("family", "metric"), OF_FAMILY)
def test_weights_in_place_of_the_rows_own(family: FamilyName, metric: MetricName) -> None:
    """Scores under several sets of counts are those of the rows repeated as often."""
    rng = np.random.default_rng(1)
    y = rng.poisson(3.0, 60).astype(float) + 1
    eta, weight = rng.normal(1, 0.5, 60), rng.uniform(0.1, 1.1, 60)
    counts = rng.poisson(1.0, (60, 5))
    scoring = SCORES[family](Observed(y, weight))
    found = scoring.score([metric], eta[:, None, None], weight=counts * weight[:, None])[metric]
    for count, score in zip(counts.T, found, strict=True):
        rows = np.repeat(np.arange(60), count)
        expected = SKLEARN[metric](y[rows], np.exp(eta[rows]), sample_weight=weight[rows])
        assert expected == pytest.approx(score, rel=1e-9)
