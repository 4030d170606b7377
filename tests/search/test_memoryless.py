"""The grid is every combination in order; random draws follow their distributions and the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from runner.config import validate_section
from runner.errors import ConfigError
from runner.randomness import generator
from runner.records import Candidate, Trial
from runner.search import Resolver, Search, SearchSpace
from runner.space import AlphaRange, Choices, Dimension, Distribution, Range

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DRAWS = 2000
LEAST_P = 1e-3  # with fixed seeds a test passes or fails for good


def make_search(name: str, **values: object) -> Search:
    """The packaged option of this name, with values on top."""
    search = validate_section("search", {"name": name, **values})
    assert isinstance(search, Search)
    return search


class Silent:
    """A trial per candidate that says nothing."""

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """Score them."""
        return [
            Trial(number, point, {"mse": np.ones(2)}, 1.0, 1.0, 0.0, 0.0, "ok")
            for number, point in enumerate(candidates, start=1)
        ]

    def resume(self, trials: Sequence[Trial]) -> None:
        """These searches remember nothing."""
        raise AssertionError(trials)


score = Silent()


def proposed(search: Search, space: SearchSpace, folder: Path, seed: int = 0) -> list[Any]:
    """The values of every candidate that a search proposes."""
    resolver = Resolver(space, lambda _: 2.0)
    return [t.candidate.values for t in search.run(resolver, score, seed=seed, folder=folder)]


def draws(dimension: Dimension) -> list[Any]:
    """Many values of one dimension."""
    rng = generator(1, "search", "random")
    return [dimension.draw(rng) for _ in range(DRAWS)]


def test_grid_is_every_combination_along_alpha(tmp_path: Path) -> None:
    """All combinations are scored once, in the order given, with alpha varying fastest."""
    penalty = {"alpha": Choices(values=[3.0, 1.0]), "l1_ratio": Choices(values=[0.5, 0.1])}
    space = SearchSpace.of(
        penalty,
        {
            "imputer.n_neighbors": Choices(values=[3, 5]),
            "features.drop": Choices(values=[None, "first", None]),
        },
    )
    found = proposed(make_search("grid"), space, tmp_path)
    expected = [
        {
            "features.drop": drop,
            "imputer.n_neighbors": k,
            "model.l1_ratio": ratio,
            "model.alpha": alpha,
        }
        for drop in (None, "first")
        for k in (3, 5)
        for ratio in (0.5, 0.1)
        for alpha in (3.0, 1.0)
    ]
    assert expected == found
    assert len(expected) == make_search("grid").size(space)


def test_alpha_range_is_a_share_of_alpha_max(tmp_path: Path) -> None:
    """An automatic alpha is a fraction of alpha_max where the other values are the candidate's."""
    space = SearchSpace.of(
        {"alpha": AlphaRange(eps=0.01, count=3), "l1_ratio": Choices(values=[0.5, 1.0])}, {}
    )
    resolver = Resolver(space, lambda values: 7.0 / values["model.l1_ratio"])
    trials = make_search("grid").run(resolver, score, seed=0, folder=tmp_path)
    found = [(t.candidate.l1_ratio, t.candidate.alpha) for t in trials]
    expected = [(r, 7.0 / r * share) for r in (0.5, 1.0) for share in (1.0, 0.1, 0.01)]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_what_the_search_says_of_a_penalty_counts() -> None:
    """A key of the model's own penalty in search.space replaces the model's word."""
    space = SearchSpace.of({"alpha": 1.0, "l1_ratio": 0.5}, {"model.alpha": Choices(values=[2.0])})
    assert {"model.l1_ratio": 0.5} == space.fixed
    assert ["model.alpha"] == list(space.dimensions)


@pytest.mark.parametrize("key", ["alpha", "l1_ratio"])
def test_range_of_a_penalty_is_continuous(key: str) -> None:
    """A range of a penalty that is written 0 to 1 holds more than these two numbers."""
    dimension = Range(low=0, high=1, count=5)
    for space in (
        SearchSpace.of({"alpha": 1.0, "l1_ratio": 0.5} | {key: dimension}, {}),
        SearchSpace.of({"alpha": 1.0, "l1_ratio": 0.5}, {f"model.{key}": dimension}),
    ):
        assert [0.0, 0.25, 0.5, 0.75, 1.0] == space.dimensions[f"model.{key}"].grid()


def test_nothing_scores_the_config(tmp_path: Path) -> None:
    """Without a search the model's own penalty is the one candidate, and a list is refused."""
    space = SearchSpace.of({"alpha": 1.0, "l1_ratio": 0.5}, {})
    assert [{"model.alpha": 1.0, "model.l1_ratio": 0.5}] == proposed(
        make_search("none"), space, tmp_path
    )
    with pytest.raises(ConfigError, match=r"model\.alpha"):
        make_search("none").check(
            SearchSpace.of({"alpha": Choices(values=[1.0]), "l1_ratio": 0.5}, {})
        )


def test_grid_refuses_what_has_no_values() -> None:
    """A range without a count and a distribution have no grid, and the key is named."""
    for dimension in (Range(low=0.1, high=1.0), Distribution(distribution="uniform")):
        space = SearchSpace.of({"alpha": 1.0, "l1_ratio": dimension}, {})
        with pytest.raises(ConfigError, match=r"model\.l1_ratio"):
            make_search("grid").check(space)


def test_random_is_a_function_of_the_seed(tmp_path: Path) -> None:
    """The same seed proposes the same, another seed something else."""
    space = SearchSpace.of(
        {"alpha": AlphaRange(eps=1e-3, count=9), "l1_ratio": Range(low=0.0, high=1.0)}, {}
    )
    search = make_search("random", n_trials=20)
    first, again, other = (proposed(search, space, tmp_path, seed) for seed in (4, 4, 5))
    assert first == again
    assert len(first) == 20
    assert not {v["model.alpha"] for v in first} & {v["model.alpha"] for v in other}


def test_random_scores_once_where_nothing_varies(tmp_path: Path) -> None:
    """A space of one point is drawn once."""
    space = SearchSpace.of({"alpha": 1.0, "l1_ratio": 0.5}, {})
    assert len(proposed(make_search("random", n_trials=20), space, tmp_path)) == 1


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        (Range(low=0.2, high=0.9), stats.uniform(0.2, 0.7)),
        (Range(low=1e-4, high=10.0, log=True), stats.loguniform(1e-4, 10.0)),
        (AlphaRange(eps=1e-3, count=100), stats.loguniform(1e-3, 1.0)),
        (Distribution(distribution="loguniform", a=0.01, b=2.0), stats.loguniform(0.01, 2.0)),
        (Distribution(distribution="beta", a=2.0, b=5.0), stats.beta(2.0, 5.0)),
    ],
)
def test_continuous_draws(dimension: Dimension, expected: Any) -> None:  # noqa: ANN401 - scipy's
    """Draws are not told from the distribution by Kolmogorov and Smirnov's test."""
    assert stats.kstest(draws(dimension), expected.cdf).pvalue > LEAST_P


@pytest.mark.parametrize(
    ("dimension", "values"),
    [
        (Range(low=3, high=9), [3, 4, 5, 6, 7, 8, 9]),
        (Choices(values=["a", "b", None]), ["a", "b", None]),
        (Distribution(distribution="randint", low=2, high=6), [2, 3, 4, 5]),
    ],
)
def test_discrete_draws(dimension: Dimension, values: list[Any]) -> None:
    """Each value is drawn as often as the others, both ends of a range included."""
    found = draws(dimension)
    assert set(values) == set(found)
    assert stats.chisquare([found.count(value) for value in values]).pvalue > LEAST_P
