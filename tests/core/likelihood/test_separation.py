"""Whether a likelihood without a penalty has a minimum, by cases whose answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from runner.config import validate_section
from runner.core.likelihood import separating
from runner.core.path import Limits
from runner.records import Observed

if TYPE_CHECKING:
    from runner.records import Booleans, Floats

RNG = np.random.default_rng(0)
ROWS = 120
X = RNG.normal(size=(ROWS, 3))
LEVEL = np.arange(ROWS) % 10 == 0
Z = np.column_stack([X, LEVEL, np.ones(ROWS)])
SOME = (RNG.random(ROWS) < 0.5).astype(float)
COUNT = RNG.poisson(2.0, ROWS).astype(float)
TIME = RNG.exponential(1.0, ROWS)
EVENT = RNG.random(ROWS) < 0.7


def direction(family: str, design: Floats, y: Floats, event: Booleans | None = None) -> Any:  # noqa: ANN401
    """Ask a family as it is shipped."""
    labels = tuple("abc") if family == "multinomial" else ()
    spec: Any = validate_section("family", {"name": family})
    return separating(spec.cone(design, Observed(y, np.ones(len(y)), event, None, labels)))


@pytest.mark.parametrize(
    ("family", "y"),
    [
        ("binomial", SOME),
        ("multinomial", RNG.integers(0, 3, ROWS).astype(float)),
        ("poisson", COUNT),
    ],
)
def test_mixed_rows_have_a_minimum(family: str, y: Floats) -> None:
    """Outcomes without a rule are not separated."""
    assert direction(family, Z, y) is None


@pytest.mark.parametrize(
    ("family", "y"),
    [
        ("binomial", (X[:, 0] > X[:, 1]).astype(float)),
        ("binomial", np.where(LEVEL, 1.0, SOME)),  # only within the level
        ("multinomial", np.argmax(X, axis=1).astype(float)),
        ("poisson", np.where(LEVEL, 0.0, COUNT)),
    ],
)
def test_separated_rows_have_none(family: str, y: Floats) -> None:
    """Wholly, or a level or a class of theirs: no row gets less likely in the direction found."""
    found = direction(family, Z, y)
    assert found is not None
    if family == "binomial":
        margin = (2 * y - 1) * (Z @ found)
        assert margin.min() > -1e-6
        assert margin.max() > 0.01


@pytest.mark.parametrize(
    ("lower", "upper", "known"),
    [(-np.inf, np.inf, True), (0.0, np.inf, True), (-np.inf, 5.0, False), (-1.0, 0.0, False)],
)
def test_limits_forbid_directions(lower: float, upper: float, known: bool) -> None:
    """Of rows that a rising coefficient of the first column alone separates."""
    spec: Any = validate_section("family", {"name": "binomial"})
    y = (X[:, 0] > 0.5).astype(float)
    cone = spec.cone(Z, Observed(y, np.ones(ROWS), None, None))
    free = np.full(2, np.inf)
    limits = Limits(np.array([lower, *-free]), np.array([upper, *free]))
    found = separating(cone, limits)
    assert known == (found is not None)
    if found is not None:
        assert found[0] > 0


def test_times_in_the_order_of_a_feature_have_none() -> None:
    """Whoever has the event has the largest risk of all that are there; so too of a level."""
    assert direction("cox", X, TIME, EVENT) is None
    assert direction("cox", X, np.exp(-X[:, 0]), EVENT) is not None
    spared = np.column_stack([X, LEVEL])
    assert direction("cox", spared, TIME, EVENT) is None
    assert direction("cox", spared, TIME, EVENT & ~LEVEL) is not None


def test_positive_amounts_always_have_one() -> None:
    """Of gamma no direction is without a loss."""
    spec: Any = validate_section("family", {"name": "gamma"})
    assert spec.cone(Z, Observed(TIME, np.ones(ROWS))) is None
