"""Bootstrap intervals hold the true score about as often as they say, and keep groups whole."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn_reference import SKLEARN

from runner.core.metrics import METRICS
from runner.statistics.bootstrap import Bootstrap, Scored, _resample, _Sums, score_intervals

# Of 200 simulated intervals at a level of 0.9 the share that holds the truth has a standard error
# of 0.021; percentile intervals of 80 rows are known to fall short by some hundredths.
SIMULATIONS, ROWS, LEVEL = 200, 80, 0.9
LEAST, MOST = 0.82, 0.96


def plain(y: np.ndarray, predictions: np.ndarray) -> Scored:
    """Rows without weights or groups."""
    return Scored(y, predictions, weight=None, group=None)


def test_coverage_is_near_the_level() -> None:
    """Intervals of mse and mae hold the score of infinitely many rows in about 9 of 10 cases."""
    bootstrap = Bootstrap(resamples=150, level=LEVEL)
    truth = {"mse": 4.0, "mae": 2.0 * np.sqrt(2 / np.pi)}
    hits = dict.fromkeys(truth, 0)
    for simulation in range(SIMULATIONS):
        rng = np.random.default_rng([7, simulation])
        y = rng.standard_normal(ROWS)
        scored = plain(y, y + 2.0 * rng.standard_normal(ROWS))
        intervals = score_intervals(scored, bootstrap, rng)
        for metric, value in truth.items():
            assert metric in METRICS
            interval = intervals[metric]
            hits[metric] += interval.low <= value <= interval.high
    for count in hits.values():
        assert LEAST <= count / SIMULATIONS <= MOST


def test_score_is_sklearns_and_lies_within() -> None:
    """The score itself is that of the rows as they are, weights included."""
    rng = np.random.default_rng(0)
    y, weight = rng.standard_normal(60), rng.uniform(0.5, 2.0, 60)
    predictions = y + 0.5 * rng.standard_normal(60)
    scored = Scored(y, predictions, weight, group=None)
    intervals = score_intervals(scored, Bootstrap(resamples=100, level=0.95), rng)
    assert set(METRICS) == set(intervals)
    for metric, interval in intervals.items():
        expected = SKLEARN[metric](y, predictions, sample_weight=weight)
        assert expected == pytest.approx(interval.score, rel=1e-9)
        assert interval.low <= interval.score <= interval.high


def test_an_undefined_score_has_no_interval() -> None:
    """With a zero in the target mape has neither, also where a resample misses the zero."""
    rng = np.random.default_rng(4)
    y = np.array([0.0, 1.0, 2.0])
    intervals = score_intervals(plain(y, y + 1), Bootstrap(resamples=50, level=0.5), rng)
    assert np.isnan([*vars(intervals["mape"]).values()]).all()
    assert np.isfinite([*vars(intervals["mae"]).values()]).all()


def test_intervals_are_quantiles_of_resampled_scores() -> None:
    """Low and high are the tails' quantiles over rows drawn again by the same generator."""
    rng = np.random.default_rng(1)
    y = rng.standard_normal(30)
    scored = plain(y, np.zeros(30))
    interval = score_intervals(scored, Bootstrap(resamples=50, level=0.8), np.random.default_rng(2))
    again = np.random.default_rng(2)
    drawn = [np.mean(y[again.integers(30, size=30)] ** 2) for _ in range(50)]
    expected = np.quantile(drawn, [0.1, 0.9])
    np.testing.assert_allclose([interval["mse"].low, interval["mse"].high], expected, rtol=1e-12)


def test_groups_are_drawn_whole() -> None:
    """A resample has each group's rows together, as often as the group was drawn."""
    group = np.array([4, 4, 4, 9, 9, 1, 1, 1, 1, 2])
    scored = Scored(np.arange(10.0), np.zeros(10), weight=None, group=group)
    seen = set()
    for seed in range(40):
        rows = _resample(scored, np.random.default_rng(seed))
        counts = np.bincount(rows, minlength=10)
        times = 0
        for code in np.unique(group):
            own = counts[group == code]
            assert len(set(own)) == 1
            times += int(own[0])
        assert times == len(np.unique(group))
        seen.add(tuple(counts))
    assert len(seen) > 10


def test_groups_widen_intervals_where_errors_are_shared() -> None:
    """Rows that share their error tell less than as many rows apart."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(12), 15)
    y = rng.standard_normal(180)
    predictions = y + np.repeat(rng.standard_normal(12), 15)
    widths = []
    for own in (None, group):
        scored = Scored(y, predictions, weight=None, group=own)
        interval = score_intervals(scored, Bootstrap(resamples=300, level=0.9), rng)["mse"]
        widths.append(interval.high - interval.low)
    assert widths[1] > 1.5 * widths[0]


def resampled_scores(
    y: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None, draws: int, seed: int
) -> dict[str, list[float]]:
    """scikit-learn's metrics of rows drawn again, each time from the rows themselves."""
    again = np.random.default_rng(seed)
    found: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for _ in range(draws):
        rows = again.integers(len(y), size=len(y))
        own = None if weight is None else weight[rows]
        for metric in METRICS:
            score = SKLEARN[metric](y[rows], predictions[rows], sample_weight=own)
            found[metric].append(score)
    return found


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [24, 25])
def test_intervals_of_every_metric_are_those_of_sklearns_scores(n: int, weighted: bool) -> None:
    """Of an even and an odd number of rows, weighted or not, biased predictions among them."""
    rng = np.random.default_rng(4)
    y = rng.normal(3.0, 2.0, n)
    predictions = 0.7 * y + 0.4 + rng.normal(0, 1.0, n)
    weight = rng.uniform(0.2, 3.0, n) if weighted else None
    scored = Scored(y, predictions, weight, group=None)
    expected = resampled_scores(y, predictions, weight, 60, 5)
    for level in (0.8, 0.95):
        bootstrap = Bootstrap(resamples=60, level=level)
        intervals = score_intervals(scored, bootstrap, np.random.default_rng(5))
        for metric, interval in intervals.items():
            tails = np.quantile(expected[metric], [(1 - level) / 2, (1 + level) / 2])
            np.testing.assert_allclose([interval.low, interval.high], tails, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_resamples_of_one_value_score_as_sklearn_has_it(weighted: bool) -> None:
    """Rows of one value of y have an r2 of 1 if predicted without error, else 0."""
    y, weight = np.array([2.0, 2.0, 5.0]), np.array([1.0, 2.0, 0.5]) if weighted else None
    predictions = np.array([2.0, 3.0, 4.0])
    # three rows drawn of three: one value in 1/3 of the draws, of which 1/8 are the first row alone
    expected = resampled_scores(y, predictions, weight, 80, 6)
    assert {0.0, 1.0} <= set(expected["r2"])
    scored = Scored(y, predictions, weight, group=None)
    for level in (0.05, 0.3, 0.6, 0.9, 0.99):
        bootstrap = Bootstrap(resamples=80, level=level)
        intervals = score_intervals(scored, bootstrap, np.random.default_rng(6))
        for metric in ("r2", "explained_variance"):
            tails = np.quantile(expected[metric], [(1 - level) / 2, (1 + level) / 2])
            found = [intervals[metric].low, intervals[metric].high]
            np.testing.assert_allclose(found, tails, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("level", [0.1, 1e5 + 0.1, 3.3e-7])
@pytest.mark.parametrize("others", [1.0, 1e-3])
def test_rounding_of_one_value_is_no_spread(level: float, others: float) -> None:
    """A value that binary fractions do not hold, drawn again and again, has no variance."""
    y = np.full(7, level)
    y[6] = level * (1 + others)
    sums = _Sums.of(plain(y, y + level))
    found = sums.scores(np.array([0, 1, 2, 3, 4, 5, 0]))
    assert (0.0, 1.0) == (found["r2"], found["explained_variance"])
    # with the other value among them, 1 - mse / variance by hand: share 1/7 of it
    found = sums.scores(np.arange(7))
    assert found["r2"] == pytest.approx(1 - 1 / (others**2 * 6 / 49), rel=1e-6)


def test_far_targets_keep_their_digits() -> None:
    """A target whose mean is 1e7 times its spread has the intervals of its deviations."""
    rng = np.random.default_rng(7)
    y = rng.normal(0.0, 1.0, 40)
    predictions = 0.5 * y + rng.normal(0, 0.3, 40)
    bootstrap = Bootstrap(resamples=40, level=0.9)
    near, far = (
        score_intervals(plain(y + by, predictions + by), bootstrap, np.random.default_rng(8))
        for by in (0.0, 1e7)
    )
    for metric in ("r2", "explained_variance", "mse", "mae"):
        expected = [near[metric].low, near[metric].high]
        np.testing.assert_allclose([far[metric].low, far[metric].high], expected, rtol=1e-6)


@pytest.mark.parametrize(("apart", "known"), [(1.8e-7, False), (2.58e-7, True)])
def test_values_apart_by_less_than_rounding_are_one(apart: float, known: bool) -> None:
    """Of a resample of two values far from the mean, 1e-13 of the mean square is no spread."""
    # about the mean 1/3 the square is 1/9, and the variance apart^2 / 4: 0.7e-13 or 1.5e-13 of it
    y, predictions = np.array([0.0, apart, 1.0]), np.array([0.0, 0.0, 0.0])
    rows = np.array([0, 1] * 10)
    found = _Sums.of(plain(y, predictions)).scores(rows)["r2"]
    expected = SKLEARN["r2"](y[rows], predictions[rows]) if known else 0.0
    assert found == pytest.approx(expected, rel=0.02, abs=1e-12)
