"""The effect of an option over runs that are else alike, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runner.statistics.option_effects import option_effects
from runner.statistics.paired_comparison import compare_folds

SIZES = {"training": [80] * 5, "validation": [20] * 5}
NOISE = np.array([0.3, -0.1, 0.2, 0.0, 0.1])


def record(folds: Any, *, nested: bool = True, metric: str = "mse") -> dict[str, Any]:  # noqa: ANN401 - an array
    """Make the record of a run with these scores."""
    found = {metric: {"mean": float(np.mean(folds)), "folds": list(folds)}}
    own = {"nested": found} if nested else {}
    return {"metric": metric, "cv": found, "folds": SIZES, "search": {"trials": 9}, **own}


def cells(**known: Any) -> dict[str, dict[str, list[dict[str, Any]]]]:  # noqa: ANN401 - as above
    """Make runs of two imputers with two models; by model the scores differ far more."""
    return {
        "mean": {"lasso": [record(np.full(5, 9.0), **known)], "ols": [record(np.ones(5), **known)]},
        "knn": {
            "lasso": [record(9.5 + NOISE, **known)],
            "ols": [record(1.5 - NOISE / 2, **known)],
        },
    }


def test_an_effect_is_the_mean_over_sets() -> None:
    """The difference of each fold is averaged over the models, and tested as that of two runs."""
    found = option_effects(cells())
    assert found is not None
    assert 2 == found.sets
    best, other = found.standings["mean"], found.standings["knn"]
    expected = compare_folds(0.5 + NOISE / 4, 0.25)
    assert (1, 2) == (best.rank, other.rank)
    assert other.against_best is not None
    assert expected.difference == pytest.approx(other.behind)
    assert expected.p == pytest.approx(other.p_best)
    interval = [other.against_best.low, other.against_best.high]
    assert [expected.low, expected.high] == pytest.approx(interval)


def test_only_sets_with_every_option_count() -> None:
    """A model that one imputer was not tried with tells nothing of the imputers."""
    lopsided = cells()
    lopsided["mean"]["ridge"] = [record(np.full(5, 100.0))]
    found = option_effects(lopsided)
    assert found is not None
    assert 2 == found.sets
    assert option_effects({"mean": lopsided["mean"]}) is None
    apart = {"mean": {"ridge": lopsided["mean"]["ridge"]}, "knn": cells()["knn"]}
    assert option_effects(apart) is None


def test_runs_scored_on_other_rows_make_no_set() -> None:
    """An imputer that leaves rows without a prediction is not compared on the others."""
    skipping = cells()
    skipping["knn"]["ols"][0]["rows_left_out"] = {"prediction": 2}
    found = option_effects(skipping)
    assert found is not None
    assert 1 == found.sets
    assert 0.5 + NOISE.mean() == pytest.approx(found.standings["knn"].behind)


def test_several_runs_of_an_option_count_as_their_mean() -> None:
    """What varied below an option is averaged within its set."""
    several = cells()
    several["knn"]["ols"].append(record(2.5 + NOISE / 2))
    found = option_effects(several)
    assert found is not None
    assert (0.5 + NOISE.mean() + 1.0) / 2 == pytest.approx(found.standings["knn"].behind)


def test_scores_that_chose_the_winners_have_no_test() -> None:
    """Without nested scores of all runs there is a difference, and no p-value."""
    found = option_effects(cells(nested=False))
    assert found is not None
    assert 0.5 + NOISE.mean() / 4 == pytest.approx(found.standings["knn"].behind)
    assert [None, None] == [each.p_best for each in found.standings.values()]


def test_larger_is_better_is_turned_round() -> None:
    """Of shares explained the largest is the best, and the others are behind it."""
    found = option_effects(cells(metric="r2"))
    assert found is not None
    assert (2, 1) == (found.standings["mean"].rank, found.standings["knn"].rank)
    assert 0.5 + NOISE.mean() / 4 == pytest.approx(found.standings["mean"].behind)
