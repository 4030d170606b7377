"""A best candidate at the edge of what was searched is told with the override that goes further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import read_json
from pydantic import TypeAdapter

from runner.records import Candidate
from runner.search.edges import edges_of
from runner.search.resolve import SearchSpace
from runner.space import DimensionField

if TYPE_CHECKING:
    from conftest import Program

ALPHA_MAX = 8.0


def edge(key: str, dimension: Any, value: float, valid: bool = True) -> str | None:  # noqa: ANN401
    """What is said of a key with these values, of which one is the best."""
    space = SearchSpace({key: TypeAdapter(DimensionField).validate_python(dimension)}, {})
    best = Candidate({"model.alpha": 1.0, "model.l1_ratio": 0.5, key: value})
    found = edges_of(space, best, lambda _: ALPHA_MAX, lambda _key, _value: valid)
    return found.get(key)


EPS = {"eps": 0.001, "count": 4}  # 1, 0.1, 0.01 and 0.001 of the largest alpha


@pytest.mark.parametrize(
    ("key", "dimension", "value", "expected"),
    [
        ("model.alpha", EPS, 0.008, "model.alpha.eps=0.0001"),
        ("model.alpha", EPS, 0.08, None),
        ("model.alpha", EPS, 8.0, None),  # beyond it nothing is selected
        ("model.alpha", [0.1, 1, 10], 10, "model.alpha=[0.1,1,10,100]"),
        ("model.alpha", [0.1, 1, 10], 0.1, "model.alpha=[0.01,0.1,1,10]"),
        ("model.alpha", [0.1, 1, 10], 1, None),
        ("model.alpha", [0.1, 10], 10, None),  # two values have no middle
        ("model.l1_ratio", [0.1, 0.5, 1.0], 1.0, None),  # there is nothing beyond
        ("model.l1_ratio", [0.0, 0.5, 1.0], 0.0, None),  # nor is there below 0
        ("model.alpha", [0, 1, 2], 0, None),
        ("imputer.delta", [0, 1, 2], 0, "imputer.delta=[-2,0,1,2]"),
        ("model.l1_ratio", [0.1, 0.5, 0.9], 0.9, "model.l1_ratio=[0.1,0.5,0.9,1]"),
        ("model.alpha", {"low": 0.1, "high": 1.0}, 0.11, "model.alpha.low=0.01"),
        ("model.alpha", {"low": 0.1, "high": 1.0}, 0.2, None),
        ("imputer.n_neighbors", {"low": 2, "high": 9}, 9, "imputer.n_neighbors.high=16"),
        ("imputer.n_neighbors", {"low": 2, "high": 9}, 3, None),
    ],
)
def test_edges(key: str, dimension: Any, value: float, expected: str | None) -> None:  # noqa: ANN401
    """The end of a range or list is an edge, the rest is not, nor is a bound of the key itself."""
    assert expected == edge(key, dimension, value)


def test_a_value_that_cannot_be_is_not_proposed() -> None:
    """Where the key can go no further there is no edge."""
    assert edge("imputer.n_neighbors", [1, 3, 5], 1, valid=False) is None


def test_the_override_goes_further(program: Program) -> None:
    """A run tells of the edge, and with what it says the next one searches beyond."""
    command = ("dataset=penguins", "split.folds=3", "model.l1_ratio=0.9", "bootstrap.resamples=20")
    space = "+search.space.imputer.n_neighbors=[10,20,30]"
    ended = program(*command, "imputer=knn", space, "model.alpha=[5,50,500]", "hydra.run.dir=one")
    checks = read_json(program.folder / "one" / "run.json")["checks"]
    (said,) = [check["message"] for check in checks if check["code"] == "EN304"]
    overrides = said.split("'")[1::2]
    assert "model.alpha=[0.5,5,50,500]" in overrides
    assert said in ended.out
    rest = [override for override in overrides if override.startswith("++search.space")]
    ended = program(*command, "imputer=knn", space, *overrides, "hydra.run.dir=two")
    assert 0 == ended.status, ended.err
    assert ["++search.space.imputer.n_neighbors=[5,10,20,30]"] == rest
