"""Frequencies of counts, against scipy's Poisson distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runner.statistics.rootogram import Rootogram, rootogram

RNG = np.random.default_rng(0)
MEAN = RNG.gamma(2.0, 1.5, 300)
COUNTS = RNG.poisson(MEAN).astype(float)
WEIGHT = RNG.uniform(0.5, 2.0, 300)


@pytest.mark.parametrize("last", [0, 1, 4, 20])
@pytest.mark.parametrize("weighted", [True, False])
def test_frequencies_are_sums_of_chances(last: int, *, weighted: bool) -> None:
    """Each count's over all rows, the last class with all that is above."""
    found = rootogram(COUNTS, MEAN, weight=WEIGHT if weighted else None, last=last)
    assert isinstance(found, Rootogram)
    weight = WEIGHT if weighted else np.ones(300)
    assert list(range(last + 1)) == found.count.tolist()
    expected = [weight @ stats.poisson.pmf(j, MEAN) for j in range(last)]
    expected.append(weight @ stats.poisson.sf(last - 1, MEAN))
    np.testing.assert_allclose(found.expected, expected, rtol=1e-9)
    observed = [weight[j == COUNTS].sum() for j in range(last)]
    np.testing.assert_allclose(found.observed, [*observed, weight[last <= COUNTS].sum()], 1e-12)


def test_the_last_class_is_one_that_hardly_any_row_exceeds() -> None:
    """Of 200 rows the two largest counts are no classes of their own."""
    y = np.concatenate([np.repeat([0.0, 1.0, 3.0], [100, 90, 8]), [40.0, 90.0]])
    found = rootogram(y, np.ones(200))
    assert isinstance(found, Rootogram)
    assert [100, 90, 0, 10] == found.observed.tolist()


def test_a_mean_beyond_exp_is_no_trouble() -> None:
    """Chances of a mean of 1,000 are none of small counts, and all of the open class."""
    found = rootogram(np.array([2.0]), np.array([1000.0]), last=2)
    assert isinstance(found, Rootogram)
    np.testing.assert_allclose(found.expected, [0.0, 0.0, 1.0], atol=1e-300)


def test_many_counts_share_classes() -> None:
    """Classes of equal width, whose chances are those of all their counts."""
    y = np.random.default_rng(1).poisson(150.0, 500).astype(float)
    found = rootogram(y, np.full(500, 150.0))
    assert isinstance(found, Rootogram)
    assert (5, 36) == (found.width, len(found.count))
    assert 500 == pytest.approx(found.observed.sum()) == pytest.approx(found.expected.sum())
    at = int(np.searchsorted(found.count, 150))
    chance = stats.poisson.pmf(np.arange(150, 155), 150.0).sum()
    assert 500 * chance == pytest.approx(found.expected[at], rel=1e-9)
    assert np.count_nonzero((y >= 150) & (y < 155)) == found.observed[at]


def test_what_is_no_count_has_none() -> None:
    """Rates and negative numbers are told."""
    for y in ([0.5, 1.0], [-1.0, 2.0]):
        assert "no counts" in str(rootogram(np.array(y), np.ones(2)))
