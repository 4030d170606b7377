"""Synthetic data is drawn from the model, and loses values by the mechanism, that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from runner.config import validate_section
from runner.dataset import Dataset

if TYPE_CHECKING:
    from runner.records import Floats, Table

ROWS, FEATURES = 20_000, 8
EXPECTED = 0.2


def draw(run_seed: int = 0, **keys: Any) -> Table:  # noqa: ANN401 - any YAML value
    """Draw a table."""
    given = {"name": "synthetic", "rows": ROWS, "features": FEATURES, **keys}
    dataset = validate_section("dataset", given)
    assert isinstance(dataset, Dataset)
    return dataset.load(run_seed)


def values(table: Table) -> Floats:
    """The features as a matrix (n, p)."""
    return table.features.to_numpy(dtype=float)


def drawn(mechanism: str) -> tuple[Floats, Floats]:
    """The features before values were hidden, and where they were then."""
    whole = values(draw(missing=0.0))
    return whole, np.isnan(values(draw(missing=EXPECTED, mechanism=mechanism))).astype(float)


def correlation(a: Floats, b: Floats) -> float:
    """Pearson's."""
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("mechanism", ["MCAR", "MAR", "MNAR"])
def test_the_missing_rate_is_kept(mechanism: str) -> None:
    """The share of hidden values is the one asked for, whatever hides them."""
    _, hidden = drawn(mechanism)
    assert pytest.approx(hidden.mean(), abs=0.01) == EXPECTED


@pytest.mark.parametrize("mechanism", ["MCAR", "MAR", "MNAR"])
def test_hiding_changes_nothing_else(mechanism: str) -> None:
    """The values that are left, and the target, are those of the complete draw."""
    whole, hidden = drawn(mechanism)
    table = draw(missing=EXPECTED, mechanism=mechanism)
    seen = hidden == 0
    np.testing.assert_array_equal(whole[seen], values(table)[seen])
    np.testing.assert_array_equal(draw(missing=0.0).target, table.target)


def test_mcar_depends_on_nothing() -> None:
    """Hidden at random: unrelated to the value itself, its neighbour and the target."""
    whole, hidden = drawn("MCAR")
    y = draw(missing=0.0).target
    limit = 4 / np.sqrt(ROWS)  # 4 standard errors of a correlation of 0
    for j in range(FEATURES):
        for other in (whole[:, j], whole[:, (j + 1) % FEATURES], y):
            assert abs(correlation(hidden[:, j], other)) < limit


def test_mar_depends_on_what_is_seen() -> None:
    """Hidden where the next feature is high, and that feature is always seen."""
    whole, hidden = drawn("MAR")
    assert [0.0] * 4 == list(hidden[:, 1::2].sum(axis=0))
    for j in range(0, FEATURES, 2):
        assert correlation(hidden[:, j], whole[:, j + 1]) > 0.4


def test_mar_depends_on_nothing_unseen() -> None:
    """Given the driving feature, whether a value is hidden says nothing of the value."""
    whole, hidden = drawn("MAR")
    near = np.abs(whole[:, 1]) < 0.05
    assert np.count_nonzero(near) > 500
    found = correlation(hidden[near, 0], whole[near, 0])
    assert abs(found) < 4 / np.sqrt(np.count_nonzero(near))


def test_mnar_depends_on_the_value_itself() -> None:
    """Hidden where the value is high, in every feature."""
    whole, hidden = drawn("MNAR")
    for j in range(FEATURES):
        assert correlation(hidden[:, j], whole[:, j]) > 0.4


def test_neighbours_correlate() -> None:
    """Correlations fall off as a power of the distance; variances are 1."""
    X = values(draw(missing=0.0, correlation=0.6))
    found = [correlation(X[:, 0], X[:, j]) for j in range(4)]
    np.testing.assert_allclose([1.0, 0.6, 0.36, 0.216], found, atol=0.03)
    np.testing.assert_allclose(X.var(axis=0), 1.0, atol=0.05)


def test_only_informative_features_matter() -> None:
    """Without noise, a regression on the informative features leaves nothing."""
    table = draw(missing=0.0, informative=3, noise=0.0)
    X = values(table)
    b, *_ = np.linalg.lstsq(X, table.target, rcond=None)
    np.testing.assert_allclose(b[3:], 0.0, atol=1e-10)
    assert (np.abs(b[:3]) > 1e-6).all()


def test_noise_is_a_share_of_the_signal() -> None:
    """Noise of 1 leaves half of the target's variance to the features."""
    table = draw(missing=0.0, noise=1.0)
    X = values(table)
    b, *_ = np.linalg.lstsq(X, table.target, rcond=None)
    explained = 1 - np.var(table.target - X @ b) / np.var(table.target)
    assert pytest.approx(explained, abs=0.02) == 0.5


def test_same_seed_same_data() -> None:
    """The run's seed decides, unless the dataset has its own."""
    assert draw(1, rows=50).data_hash == draw(1, rows=50).data_hash
    assert draw(1, rows=50).data_hash != draw(2, rows=50).data_hash
    own = [draw(run, rows=50, seed=9).data_hash for run in (1, 2)]
    assert own[0] == own[1]


def test_one_row_and_one_feature() -> None:
    """The smallest table there can be is drawn without error."""
    table = draw(rows=1, features=1, informative=0)
    assert (1, 1) == table.features.shape
