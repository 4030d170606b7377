"""The rule that keeps a candidate: in its direction, its order, and against cv.glmnet's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn_reference import candidate, make_scorer, make_specs

from runner.core.folds import Folds
from runner.dataset.table import table_of
from runner.records import NOT_CONVERGED, OK, Fold, Split, Trial
from runner.search.rule import Rule, by_rule, choose

if TYPE_CHECKING:
    from runner.core.metrics import MetricName
    from runner.records import Candidate
    from runner.search.base import RuleName

GOLDEN = Path(__file__).parents[1] / "golden"


def trial(  # noqa: PLR0913 - what a rule looks at
    number: int,
    point: Candidate,
    scores: list[float],
    *,
    n_nonzero: float = 1.0,
    metric: MetricName = "mse",
    sign: float = 1.0,
    status: str = OK,
) -> Trial:
    """A trial with these scores on its folds, whose loss is their mean times the sign."""
    values = np.array(scores)
    loss = sign * float(values.mean())
    return Trial(number, point, {metric: values}, loss, n_nonzero, 0.0, 0.0, status)


def rule(name: RuleName = "one_se", within: float = 2.0, metric: MetricName = "mse") -> Rule:
    """A rule with the metric of most tests."""
    return Rule(name, within, metric)


def path(*losses: float, l1_ratio: float = 0.5) -> list[Trial]:
    """Trials along falling alphas 10, 1, 0.1 ...; two folds each a step of 1 from the mean."""
    return [
        trial(k, candidate(10.0 ** (2 - k), l1_ratio), [loss - 1, loss + 1])
        for k, loss in enumerate(losses, start=1)
    ]


def golden_folds() -> tuple[Folds, pd.DataFrame]:
    """The rows that glmnet had, in its folds, and its curve."""
    data = pd.read_csv(GOLDEN / "glmnet_relax_data.csv")
    table = table_of(data.drop(columns=["mpg", "fold"]).astype(float), data["mpg"].to_numpy())
    folds = tuple(Fold(k + 1, 0, tuple({*range(5)} - {k}), (k,)) for k in range(5))
    rows, none = np.arange(len(data)), np.arange(0)
    split = Split(rows, none, (data["fold"].to_numpy() - 1,), folds)
    return Folds(table, split), pd.read_csv(GOLDEN / "glmnet_relax_cv.csv")


def test_one_se_is_lambda_1se_of_cv_glmnet() -> None:
    """On equal folds the curve, its error and both choices are those of cv.glmnet."""
    folds, curve = golden_folds()
    curve = curve[curve["relax"] == 1]
    scorer = make_scorer(folds, make_specs("mean", "lasso"))
    trials = scorer([candidate(alpha, 1.0) for alpha in curve["alpha"]])
    np.testing.assert_allclose([t.loss for t in trials], curve["mean"], rtol=1e-6)
    kept = by_rule(trials, rule())
    assert kept["best"].candidate.alpha == curve["alpha"][curve["lambda.min"]].item()
    assert kept["one_se"].candidate.alpha == curve["alpha"][curve["lambda.1se"]].item()
    assert kept["one_se"].candidate.alpha > kept["best"].candidate.alpha
    error = curve["se"][curve["lambda.min"]].item()
    assert rule().tolerance(kept["best"]) == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "within", "number"),
    [("best", 2.0, 4), ("one_se", 2.0, 2), ("within_percent", 2.0, 4), ("within_percent", 5.0, 3),
     ("within_percent", 30.0, 1)],
)  # fmt: skip
def test_the_largest_alpha_that_is_nearly_as_good(
    name: RuleName, within: float, number: int
) -> None:
    """The SE of losses 1 below and above their mean is 1; percents are of the best loss."""
    trials = path(12.0, 10.9, 10.4, 10.0, 10.1)
    assert number == choose(trials, rule(name, within)).number


def test_the_largest_alpha_counts_though_one_between_is_worse() -> None:
    """As cv.glmnet's, where the curve goes up and down."""
    assert 1 == choose(path(10.5, 14.0, 10.0), rule()).number


def test_what_equals_the_limit_qualifies() -> None:
    """Exactly one standard error above the best loss is within it."""
    assert 1 == choose(path(11.0, 10.0), rule()).number


def test_the_fewest_features_of_the_largest_alphas_then_the_best_score() -> None:
    """Each l1_ratio and preparation has its own largest alpha; an alpha below it never wins."""
    points = [
        (candidate(1.0, 0.5), 10.0, 9.0),
        (candidate(5.0, 0.5), 10.8, 4.0),
        (candidate(5.0, 0.9), 10.7, 4.0),
        (candidate(0.5, 0.9), 10.2, 2.0),  # few features, but of a smaller alpha than it could have
        (candidate(5.0, 0.5, imputer__n_neighbors=3), 10.6, 5.0),
    ]
    trials = [
        trial(k, point, [loss - 1, loss + 1], n_nonzero=count)
        for k, (point, loss, count) in enumerate(points, start=1)
    ]
    assert 3 == choose(trials, rule()).number
    assert 1 == choose(trials, rule("best")).number


def test_of_equal_alphas_the_better_counts() -> None:
    """A search may propose a candidate twice."""
    point = candidate(1.0, 0.5)
    losses = [10.5, 10.0, 10.5]
    trials = [trial(k, point, [x - 1, x + 1]) for k, x in enumerate(losses, start=1)]
    assert 2 == choose(trials, rule()).number


def test_only_what_converged_qualifies_if_any_has() -> None:
    """A larger alpha that did not converge is passed over, unless nothing did."""
    first, second = path(10.5, 10.0)
    stuck = Trial(**{**vars(first), "status": NOT_CONVERGED})
    assert 2 == choose([stuck, second], rule()).number
    both = [Trial(**{**vars(one), "status": NOT_CONVERGED}) for one in (first, second)]
    assert 1 == choose(both, rule()).number


def test_larger_is_better_is_turned() -> None:
    """Of r2 the limit is one standard error below the best score, or percents of it."""
    points = [candidate(10.0 ** (2 - k), 1.0) for k in (1, 2, 3)]
    scores = [[0.30, 0.34], [0.36, 0.40], [0.38, 0.42]]  # SE 0.02
    trials = [
        trial(k, point, own, metric="r2", sign=-1.0)
        for k, (point, own) in enumerate(zip(points, scores, strict=True), start=1)
    ]
    assert 2 == choose(trials, rule(metric="r2")).number
    assert 3 == choose(trials, rule("within_percent", 4.9, "r2")).number
    assert 2 == choose(trials, rule("within_percent", 5.1, "r2")).number


def test_the_error_is_that_of_the_loss() -> None:
    """Slopes of 0.5 and 1.5 are each 0.5 from the ideal of 1: the loss has no error at all."""
    best = Trial(1, candidate(1.0, 1.0), {"calibration_slope": np.array([0.5, 1.5])}, 0.5, 1.0,
                 0.0, 0.0, OK)  # fmt: skip
    assert 0.0 == rule(metric="calibration_slope").tolerance(best)


def test_one_fold_has_no_error() -> None:
    """Then only what equals the best loss is as good."""
    trials = [trial(k, candidate(10.0**-k, 1.0), [loss]) for k, loss in enumerate([2.1, 2.0, 2.0])]
    assert 1 == choose(trials, rule()).number
