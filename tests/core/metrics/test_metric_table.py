"""The table names every metric once; its losses fall as predictions improve."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from runner.core.metrics import (
    FAMILY_METRICS,
    FROM_MOMENTS,
    LARGER_IS_BETTER,
    TABLE,
    TRIAL_METRICS,
    MetricName,
    loss,
    scoring_of,
)
from runner.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import FamilyName
    from runner.records import Floats

ALL = [(family, metric) for family, metrics in FAMILY_METRICS.items() for metric in metrics]


def test_every_metric_has_one_entry() -> None:
    """Names that a config may give, those of the table and those of families are the same."""
    names = [metric.name for metric in TABLE]
    assert sorted(names) == sorted(get_args(MetricName))
    assert {metric for _, metric in ALL} == {*names}


def test_defaults_are_the_issues() -> None:
    """The first metric of each family is its deviance, of the gaussian ones mse."""
    defaults = {family: metrics[0] for family, metrics in FAMILY_METRICS.items()}
    expected = {
        "gaussian": "mse",
        "binomial": "log_loss",
        "multinomial": "log_loss",
        "poisson": "poisson_deviance",
        "gamma": "gamma_deviance",
        "cox": "partial_deviance",
        "multi_gaussian": "mse",
    }
    assert expected == defaults


def test_every_trial_has_the_default_among_its_metrics() -> None:
    """What a trial records by default is some of the family's metrics, in their order."""
    for family, metrics in TRIAL_METRICS.items():
        own = FAMILY_METRICS[family]
        assert own[0] == metrics[0]
        assert list(metrics) == [metric for metric in own if metric in metrics]
    assert FROM_MOMENTS == {*TRIAL_METRICS["gaussian"]}


def test_loss_of_a_metric_with_an_ideal_is_the_distance() -> None:
    """A slope of 0.5 is as far off as one of 1.5; an undefined one has no loss."""
    slopes = np.array([0.5, 1.5, 1.0, np.nan])
    np.testing.assert_array_equal([0.5, 0.5, 0.0, np.nan], loss("calibration_slope", slopes))
    np.testing.assert_array_equal([0.5, 1.5, 1.0, np.nan], loss("calibration_intercept", -slopes))
    assert not LARGER_IS_BETTER & {"calibration_slope", "calibration_intercept"}


def rows_of(family: FamilyName) -> tuple[Observed, Floats]:
    """Rows of a family whose linear predictor is known, and that predictor (n, K)."""
    rng = np.random.default_rng(0)
    responses = {"multinomial": 3, "multi_gaussian": 2}.get(family, 1)
    eta = rng.normal(0, 1.5, (2000, responses))
    chances = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    drawn: dict[FamilyName, Callable[[], Floats]] = {
        "gaussian": lambda: eta[:, 0] + 3 + rng.normal(0, 0.3, 2000),
        "multi_gaussian": lambda: eta + 3 + rng.normal(0, 0.3, eta.shape),
        "binomial": lambda: (rng.random(2000) < 1 / (1 + np.exp(-eta[:, 0]))).astype(float),
        "multinomial": lambda: (chances.cumsum(axis=1) < rng.random((2000, 1))).sum(axis=1) * 1.0,
        "poisson": lambda: rng.poisson(np.exp(eta[:, 0])).astype(float),
        "gamma": lambda: rng.gamma(2.0, np.exp(eta[:, 0]) / 2.0),
        "cox": lambda: rng.exponential(np.exp(-eta[:, 0])),
    }
    y = drawn[family]()
    shift = 3.0 if "gaussian" in family else 0.0
    event = rng.random(2000) < 0.7 if family == "cox" else None
    return Observed(y, np.ones(2000), event), eta + shift


@pytest.mark.parametrize(("family", "metric"), ALL)
def test_loss_falls_as_predictions_improve(family: FamilyName, metric: MetricName) -> None:
    """Of each family the truth has a smaller loss than half of it with noise and a shift."""
    observed, truth = rows_of(family)
    noise = np.random.default_rng(1).normal(0, 1, truth.shape)
    eta = np.stack([truth, 0.5 * truth + noise + 0.8], axis=1)
    score = scoring_of(family, observed, observed).score([metric], eta)[metric]
    better, worse = loss(metric, score)
    assert better < worse


@pytest.mark.parametrize(("family", "metric"), ALL)
def test_models_are_scored_one_by_one(
    family: FamilyName, metric: MetricName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model's score does not depend on which others are scored with it, or how many at once."""
    observed, truth = rows_of(family)
    few = observed.take(np.arange(50))
    eta = truth[:50, None, :] * np.array([1.0, 0.3, -1.0])[None, :, None]
    scoring = scoring_of(family, few, few)
    together = scoring.score([metric], eta)[metric]
    monkeypatch.setattr("runner.core.metrics.scoring.CELLS", 1)
    np.testing.assert_allclose(scoring.score([metric], eta)[metric], together, rtol=1e-12)
    assert (3,) == together.shape
    for at, score in enumerate(together):
        alone = scoring.score([metric], eta[:, at : at + 1])[metric]
        assert alone[0] == pytest.approx(score, rel=1e-9)
