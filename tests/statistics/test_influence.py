"""Leverages, Cook's distances and studentised residuals, against R's lm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.statistics.influence import Influence, measure_influence

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "influence.csv")
CASES = ["mtcars", "weighted", "longley"]


def known(case: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """The golden's rows, with their features, target and weights."""
    rows = GOLDEN.groupby("case").get_group(case)
    X = np.array([text.split() for text in rows["x"]], dtype=float)
    return rows, X, rows["y"].to_numpy(dtype=float), rows["weight"].to_numpy(dtype=float)


def assert_is(rows: pd.DataFrame, found: Influence | str) -> None:
    """What was found is what R has."""
    assert isinstance(found, Influence)
    for name in ("leverage", "cooks_distance", "studentised"):
        np.testing.assert_allclose(getattr(found, name), rows[name], rtol=1e-8, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_influence_is_that_of_lm(case: str) -> None:
    """With weights and without, and of features that are nearly collinear."""
    rows, X, y, weight = known(case)
    found = measure_influence(X, y, weight)
    assert_is(rows, found)
    assert isinstance(found, Influence)
    assert X.shape[1] + 1 == found.rank


@pytest.mark.parametrize("case", CASES)
def test_columns_that_depend_on_others_change_nothing(case: str) -> None:
    """Sums of columns and constants are not counted."""
    rows, X, y, weight = known(case)
    more = np.column_stack([X, X[:, 0] - 2 * X[:, 1], np.full(len(X), 0.1)])
    assert_is(rows, measure_influence(more, y, weight))


def test_units_do_not_matter() -> None:
    """Neither the features' units and zeros, nor the size of all weights."""
    rows, X, y, weight = known("weighted")
    scaled = X * [1e-9, 1.0, 1e9] + [0.0, 1e5, 0.0]
    assert_is(rows, measure_influence(scaled, y, weight * 1e6))


def test_the_worst_are_told_from_the_largest_on() -> None:
    """A row that is fitted exactly, whose distance is undefined, is not among them."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 2)), rng.standard_normal(20)
    X[:, 1] = np.arange(20) == 7
    found = measure_influence(X, y, np.ones(20))
    assert isinstance(found, Influence)
    assert 1.0 == pytest.approx(found.leverage[7])
    assert np.isnan([found.cooks_distance[7], found.studentised[7]]).all()
    worst = found.worst(30)
    assert {*range(20)} - {7} == {*worst.tolist()}
    assert (np.diff(found.cooks_distance[worst]) <= 0).all()
    assert worst[:3].tolist() == found.worst(3).tolist()


def test_an_exact_fit_has_none() -> None:
    """No residual is left, whether the target is linear or there are too few rows."""
    X = np.random.default_rng(0).standard_normal((30, 3))
    assert "exactly" in str(measure_influence(X, 1e3 + X @ [1.0, 2.0, 3.0], np.ones(30)))
    assert "exactly" in str(measure_influence(X[:3], X[:3, 0] ** 2, np.ones(3)))
