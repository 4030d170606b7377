"""What is said of a model beside forecasts that need none."""

from __future__ import annotations

from typing import Any

import pytest

from runner.report.naive_words import baseline_cells, shortfalls


def record(
    metric: str = "mse",
    score: float = 1.02,
    naive: float = 0.98,
    r2: dict[str, float | None] | None = None,
) -> dict[str, Any]:
    """A run whose seasonal forecast is the worse one, of 3 where less is better."""
    worse = -3.0 if metric == "r2" else 3.0
    cv = {"cv": {metric: {"mean": 1.234, "se": 0.011, "folds": [1.2, 1.3]}}}
    own = {metric: {"score": score, "low": score - 0.1, "high": score + 0.1}}
    return {
        "metric": metric,
        "test": {"level": 0.95, "rows": 9, **own, **({} if r2 is None else {"r2": r2})},
        "baselines": {
            "last_value": {**cv, "test": {metric: naive}},
            "seasonal_naive": {**cv, "test": {metric: worse}},
        },
    }


def test_the_better_naive_forecast_is_named() -> None:
    """A model that errs more than the last value is said not to beat it, with both scores."""
    expected = "it does not beat the forecast by the last value: 1.02 against 0.98 (mse)"
    assert [expected] == shortfalls(record())
    assert [] == shortfalls(record(score=0.97))
    (said,) = shortfalls(record(score=5.0, naive=4.0))
    assert "the value of a season before: 5.000 against 3.000 (mse)" in said


def test_larger_may_be_better() -> None:
    """Of r2 the larger one beats."""
    assert [] == shortfalls(record("r2", 0.5, 0.4))
    (said,) = shortfalls(record("r2", 0.5, 0.6))
    assert "0.50 against 0.60 (r2)" in said


@pytest.mark.parametrize(
    ("r2", "said"),
    [
        ((-0.003, -0.01, 0.001), ["it does not beat the forecast by the mean: r2 -0.0030"]),
        ((0.004, -0.002, 0.010), ["it is not sure to beat the forecast by the mean: r2 0.0040"]),
        ((0.5, 0.4, 0.6), []),
        ((1.0, None, None), []),
    ],
)
def test_the_mean_is_a_forecast_too(r2: tuple[float | None, ...], said: list[str]) -> None:
    """An r2 of 0 or less is that of the mean, or worse; an interval around 0 leaves it open."""
    own = dict(zip(("score", "low", "high"), r2, strict=True))
    found = shortfalls(record(score=0.5, r2=own))
    assert said == [text.partition(" (")[0] for text in found]


def test_a_score_that_is_not_defined_says_nothing() -> None:
    """Nor does a run without test rows, or one that forecasts nothing."""
    found = record()
    for own in found["baselines"].values():
        own["test"] = {"mse": None}
    assert [] == shortfalls(found)
    assert [] == shortfalls({**record(), "test": None})
    assert [] == shortfalls({"metric": "mse", "test": record()["test"]})


def test_cells_are_rounded_by_their_errors() -> None:
    """CV mean and SE have two digits of the SE, the test score those of the model's interval."""
    headers, rows = baseline_cells(record())
    assert ("mse of", "CV mean", "SE", "test") == headers
    assert ("last value", "1.234", "0.011", "0.98") == rows[0]
    assert "seasonal naive" == rows[1][0]
    without_test = {**record(), "test": None}
    assert ("last value", "1.234", "0.011") == baseline_cells(without_test)[1][0]
    assert [] == baseline_cells({"metric": "mse"})[1]
