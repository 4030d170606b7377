"""Bootstrap intervals of any family's metrics are quantiles of the scores of rows drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn_reference import SKLEARN

from runner.core.metrics import (
    FAMILY_METRICS,
    METRICS,
    SurvivalScores,
    TwoClassScores,
    scoring_of,
)
from runner.records import Observed
from runner.statistics import bootstrap as intervals_of
from runner.statistics.bootstrap import (
    Bootstrap,
    Scored,
    ScoredLinear,
    linear_score_intervals,
    score_intervals,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.core.metrics import FamilyName, MetricName
    from runner.records import Booleans, Floats

N = 60
RNG = np.random.default_rng(0)
ETA = RNG.normal(0, 1.2, N)
WEIGHT = RNG.uniform(0.5, 2.0, N)
GROUP = np.repeat([4, 9, 1, 2, 7, 30], 10)
OUTCOMES: dict[FamilyName, Floats] = {
    "binomial": (RNG.random(N) < 1 / (1 + np.exp(-ETA))).astype(float),
    "poisson": RNG.poisson(np.exp(ETA)).astype(float),
    "gamma": RNG.gamma(2.0, np.exp(ETA) / 2.0),
}
SKLEARN_OF: dict[MetricName, Callable[..., float]] = {
    "log_loss": lambda y, eta, w: sklearn_metrics.log_loss(
        y, 1 / (1 + np.exp(-eta)), sample_weight=w
    ),
    "roc_auc": lambda y, eta, w: sklearn_metrics.roc_auc_score(y, eta, sample_weight=w),
    "average_precision": lambda y, eta, w: sklearn_metrics.average_precision_score(
        y, eta, sample_weight=w
    ),
    "mcc": lambda y, eta, w: sklearn_metrics.matthews_corrcoef(y, eta > 0, sample_weight=w),
    "d2_poisson": lambda y, eta, w: sklearn_metrics.d2_tweedie_score(
        y, np.exp(eta), power=1, sample_weight=w
    ),
    "d2_gamma": lambda y, eta, w: sklearn_metrics.d2_tweedie_score(
        y, np.exp(eta), power=2, sample_weight=w
    ),
}


def drawn_rows(resamples: int, group: np.ndarray | None, seed: int) -> list[np.ndarray]:
    """Positions of rows, or of whole groups, drawn with replacement."""
    rng = np.random.default_rng(seed)
    if group is None:
        return [rng.integers(N, size=N) for _ in range(resamples)]
    codes = np.unique(group)
    picks = [rng.choice(codes, size=len(codes)) for _ in range(resamples)]
    return [np.concatenate([np.flatnonzero(group == code) for code in pick]) for pick in picks]


@pytest.mark.parametrize("cells", [1, 7 * N, 10**6])
@pytest.mark.parametrize("group", [None, GROUP])
@pytest.mark.parametrize(
    ("family", "metric"),
    [(f, m) for f in OUTCOMES for m in FAMILY_METRICS[f] if m in SKLEARN_OF],
)
def test_intervals_are_those_of_sklearns_scores(
    family: FamilyName,
    metric: MetricName,
    group: np.ndarray | None,
    cells: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weighted rows drawn again, or groups; however many resamples are held at once."""
    monkeypatch.setattr(intervals_of, "CELLS", cells)
    y, score = OUTCOMES[family], SKLEARN_OF[metric]
    observed = Observed(y, WEIGHT)
    scored = ScoredLinear(scoring_of(family, observed, observed), ETA[:, None], group)
    rng, level = np.random.default_rng(5), 0.8
    found = linear_score_intervals(scored, [metric], Bootstrap(resamples=40, level=level), rng)
    rows = drawn_rows(40, group, 5)
    drawn = [score(y[r], ETA[r], WEIGHT[r]) for r in rows]
    expected = [score(y, ETA, WEIGHT), *np.quantile(drawn, [0.1, 0.9]), np.std(drawn, ddof=1)]
    np.testing.assert_allclose([*vars(found[metric]).values()], expected, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_gaussian_intervals_are_those_of_predictions(weighted: bool) -> None:
    """Of one target the linear predictor is the prediction: both ways give the same figures."""
    y = ETA + RNG.normal(0, 0.5, N)
    weight = WEIGHT if weighted else None
    observed = Observed(y, np.ones(N) if weight is None else weight)
    scored = ScoredLinear(scoring_of("gaussian", observed, observed), ETA[:, None], GROUP)
    how = Bootstrap(resamples=50, level=0.9)
    found = linear_score_intervals(scored, METRICS, how, np.random.default_rng(1))
    plain = Scored(y, ETA, weight, GROUP)
    expected = score_intervals(plain, how, np.random.default_rng(1))
    for metric in METRICS:
        figures = [*vars(expected[metric]).values()]
        np.testing.assert_allclose([*vars(found[metric]).values()], figures, rtol=1e-9)


def test_several_targets_have_the_interval_of_their_mean() -> None:
    """The mean over targets is taken in each resample."""
    Y = np.column_stack([ETA, 3 * ETA]) + RNG.normal(0, 1, (N, 2))
    eta = np.column_stack([ETA, 2 * ETA])
    observed = Observed(Y, np.ones(N))
    scored = ScoredLinear(scoring_of("multi_gaussian", observed, observed), eta, None)
    how = Bootstrap(resamples=40, level=0.8)
    found = linear_score_intervals(scored, ["r2", "mae"], how, np.random.default_rng(5))
    for metric, interval in found.items():
        again = [SKLEARN[metric](Y[rows], eta[rows]) for rows in drawn_rows(40, None, 5)]
        tails, se = np.quantile(again, [0.1, 0.9]), np.std(again, ddof=1)
        expected = [SKLEARN[metric](Y, eta), *tails, se]
        np.testing.assert_allclose([*vars(interval).values()], expected, rtol=1e-9)


TIME, EVENT = RNG.exponential(np.exp(-ETA)).round(1), RNG.random(N) < 0.7
UNTIED = TIME + 1e-6 * np.arange(N)


@pytest.mark.parametrize("metric", ["harrell_c", "uno_c"])
def test_concordances_are_those_of_rows_drawn_again(metric: MetricName) -> None:
    """Rows among themselves, under the censoring of the training side."""
    observed = Observed(TIME, np.ones(N), EVENT)
    training = Observed(TIME[:40], np.ones(40), EVENT[:40])
    scored = ScoredLinear(SurvivalScores(observed, training), ETA[:, None], None)
    how = Bootstrap(resamples=40, level=0.8)
    found = linear_score_intervals(scored, [metric], how, np.random.default_rng(5))[metric]
    again = [
        SurvivalScores(observed.take(rows), training).score([metric], ETA[rows, None, None])
        for rows in drawn_rows(40, None, 5)
    ]
    tails = np.quantile([scores[metric][0] for scores in again], [0.1, 0.9])
    np.testing.assert_allclose([found.low, found.high], tails, rtol=1e-9)


def test_interval_of_the_partial_deviance_lies_about_it() -> None:
    """Rows that are drawn twice are no ties: its middle is the score, to a quarter of its width."""
    observed = Observed(TIME, np.ones(N), EVENT)
    scored = ScoredLinear(SurvivalScores(observed, observed), ETA[:, None], None)
    how = Bootstrap(resamples=400, level=0.9)
    found = linear_score_intervals(scored, ["partial_deviance"], how, np.random.default_rng(5))[
        "partial_deviance"
    ]
    middle, width = (found.low + found.high) / 2, found.high - found.low
    assert 0.1 * found.score < width < 0.4 * found.score
    assert abs(middle - found.score) < 0.25 * width


def test_partial_deviance_is_what_the_rows_add_to_those_that_trained() -> None:
    """Of the score and each resample: D of all rows less that of training, per event."""
    half = np.arange(N) % 2 == 0
    sides = [Observed(UNTIED[own], np.ones(own.sum()), EVENT[own]) for own in (half, ~half)]
    scored = ScoredLinear(
        SurvivalScores(sides[1], sides[0]), ETA[~half, None], None, lambda: ETA[half, None]
    )
    how = Bootstrap(resamples=40, level=0.8)
    found = linear_score_intervals(scored, ["partial_deviance"], how, np.random.default_rng(5))[
        "partial_deviance"
    ]
    rng = np.random.default_rng(5)
    drawn = [rng.integers(30, size=30) for _ in range(40)]
    again = [added(half, np.bincount(rows, minlength=30).astype(float)) for rows in drawn]
    tails = np.quantile(again, [0.1, 0.9])
    expected = [added(half, np.ones(30)), *tails]
    np.testing.assert_allclose([found.score, found.low, found.high], expected, rtol=1e-9)


def added(half: Booleans, count: Floats) -> float:
    """What rows outside a half, each counted so often, add to the deviance of those inside."""
    weight = np.ones(N)
    weight[~half] = count
    events = EVENT & ~half
    above = deviance(weight) - deviance(np.where(half, 1.0, 0.0))
    return above / float(weight @ events)


def deviance(weight: Floats) -> float:
    """D of times that are all different, term by term."""
    risk = weight * np.exp(ETA)
    events = np.flatnonzero(EVENT & (weight > 0))
    lost = [weight[i] * (np.log(risk[UNTIED >= UNTIED[i]].sum()) - ETA[i]) for i in events]
    return 2 * float(np.sum(lost))


@pytest.mark.parametrize(("positives", "known"), [(1, False), (4, True)])
def test_resamples_without_a_class(positives: int, known: bool) -> None:
    """With one positive a third of the resamples have none: no interval; with four, 1 in 60."""
    y = np.zeros(N)
    y[:positives] = 1.0
    scored = ScoredLinear(TwoClassScores(Observed(y, np.ones(N))), ETA[:, None], None)
    how = Bootstrap(resamples=400, level=0.9)
    found = linear_score_intervals(scored, ["roc_auc", "log_loss"], how, np.random.default_rng(2))
    assert np.isfinite(found["roc_auc"].score)
    assert [known, known] == [*np.isfinite([found["roc_auc"].low, found["roc_auc"].high])]
    assert np.isfinite([*vars(found["log_loss"]).values()]).all()
    again = [
        sklearn_metrics.roc_auc_score(y[rows], ETA[rows])
        for rows in drawn_rows(400, None, 2)
        if y[rows].any()
    ]
    if known:
        tails = np.quantile(again, [0.05, 0.95])
        np.testing.assert_allclose([found["roc_auc"].low, found["roc_auc"].high], tails)


def test_an_undefined_score_has_no_interval() -> None:
    """Rows of one class have no area."""
    scored = ScoredLinear(TwoClassScores(Observed(np.ones(N), np.ones(N))), ETA[:, None], None)
    how = Bootstrap(resamples=20, level=0.9)
    found = linear_score_intervals(scored, ["roc_auc"], how, np.random.default_rng(2))
    assert np.isnan([*vars(found["roc_auc"]).values()]).all()


def test_coverage_is_near_the_level() -> None:
    """Intervals of the area hold that of infinitely many rows in about 9 of 10 cases.

    Of two normal distributions one standard deviation apart it is Phi(1 / sqrt 2) = 0.76025.
    """
    how, hits = Bootstrap(resamples=150, level=0.9), 0
    for simulation in range(200):
        rng = np.random.default_rng([7, simulation])
        y = np.repeat([0.0, 1.0], 40)
        scoring = TwoClassScores(Observed(y, np.ones(80)))
        scored = ScoredLinear(scoring, (rng.standard_normal(80) + y)[:, None], None)
        interval = linear_score_intervals(scored, ["roc_auc"], how, rng)["roc_auc"]
        hits += interval.low <= 0.76025 <= interval.high
    assert 0.82 <= hits / 200 <= 0.96
