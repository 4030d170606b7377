"""Optuna proposes by the seed, goes on where it was stopped, and ends when told to."""

from __future__ import annotations

import importlib.util
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from runner.config import validate_section
from runner.errors import ConfigError
from runner.records import Candidate, Trial
from runner.search import Resolver, Search, SearchSpace
from runner.search import optuna as module
from runner.space import AlphaRange, Choices, Dimension, Distribution, Range

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INSTALLED = ["tpe", "random", "qmc", *(["cmaes"] if importlib.util.find_spec("cmaes") else [])]
N_TRIALS = 13
SPACE = SearchSpace.of(
    {"alpha": AlphaRange(eps=1e-3, count=50), "l1_ratio": Range(low=0.0, high=1.0)},
    {"imputer.n_neighbors": Range(low=2, high=9)},
)


class Stopped(BaseException):
    """The process is told to end, as by Ctrl-C."""


class Bowl:
    """Scores candidates by a function with one minimum; can be told to stop at a call."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.calls = 0
        self.resumed: list[int] = []
        self.stop_at = stop_at

    def __call__(self, candidates: Sequence[Candidate]) -> list[Trial]:
        """A trial per candidate; one in seven fails, as some do."""
        self.calls += len(candidates)
        if self.calls - 1 == self.stop_at:
            raise Stopped
        return [self._trial(point) for point in candidates]

    def resume(self, trials: Sequence[Trial]) -> None:
        """Note what was found of an earlier start."""
        self.resumed.append(len(trials))

    def _trial(self, point: Candidate) -> Trial:
        neighbours = point.values["imputer.n_neighbors"]
        loss = (np.log10(point.alpha) + 1) ** 2 + point.l1_ratio**2 + neighbours / 10
        failed = neighbours == 7
        return Trial(
            number=1,
            candidate=point,
            scores={"mse": np.full(3, np.nan if failed else loss)},
            loss=float("inf") if failed else float(loss),
            n_nonzero=2.0,
            dual_gap=0.0,
            seconds=0.0,
            status="failed: as told" if failed else "ok",
        )


def search(folder: Path, score: Bowl, sampler: str = "tpe", **values: object) -> list[Trial]:
    """What the search returns that is run in a folder."""
    raw = {"name": "optuna", "sampler": sampler, "n_trials": N_TRIALS, **values}
    spec = validate_section("search", raw)
    assert isinstance(spec, Search)
    return spec.run(Resolver(SPACE, lambda _: 2.0), score, seed=6, folder=folder)


def seen(trials: list[Trial]) -> list[tuple[int, dict[str, Any], float, str]]:
    """What must be the same of trials."""
    return [(t.number, t.candidate.values, t.loss, t.status) for t in trials]


@pytest.mark.parametrize("sampler", INSTALLED)
def test_proposes_within_the_space(sampler: str, tmp_path: Path) -> None:
    """Every installed sampler stays within the bounds, and proposes different candidates."""
    trials = search(tmp_path, Bowl(), sampler)
    assert list(range(1, N_TRIALS + 1)) == [trial.number for trial in trials]
    for values in (trial.candidate.values for trial in trials):
        assert 0 <= values["model.l1_ratio"] <= 1
        assert 2e-3 * (1 - 1e-12) <= values["model.alpha"] <= 2 * (1 + 1e-12)
        assert values["imputer.n_neighbors"] in range(2, 10)
    assert len({trial.candidate.alpha for trial in trials}) == N_TRIALS


@pytest.mark.parametrize("stop_at", [0, 1, 11])
@pytest.mark.parametrize("sampler", INSTALLED)
def test_goes_on_as_if_never_stopped(sampler: str, stop_at: int, tmp_path: Path) -> None:
    """A search stopped in the middle of a trial ends with the trials of one that was not."""
    uninterrupted = search(tmp_path / "whole", Bowl(), sampler)
    with pytest.raises(Stopped):
        search(tmp_path / "stopped", Bowl(stop_at), sampler)
    rest = Bowl()
    resumed = search(tmp_path / "stopped", rest, sampler)
    assert seen(uninterrupted) == seen(resumed)
    assert N_TRIALS - stop_at == rest.calls


@pytest.mark.parametrize("sampler", INSTALLED)
def test_more_trials_begin_with_the_fewer(sampler: str, tmp_path: Path) -> None:
    """A finished search that is asked for more goes on from what it had."""
    fewer = search(tmp_path / "a", Bowl(), sampler, n_trials=7)
    more = search(tmp_path / "a", Bowl(), sampler)
    assert seen(fewer) == seen(more)[:7]
    assert seen(search(tmp_path / "b", Bowl(), sampler)) == seen(more)


def test_goes_on_after_half_a_line(tmp_path: Path) -> None:
    """A journal whose last line was cut short, under Optuna's lock, is taken up all the same."""
    uninterrupted = search(tmp_path / "whole", Bowl())
    with pytest.raises(Stopped):
        search(tmp_path / "killed", Bowl(6))
    journal = tmp_path / "killed" / module.JOURNAL
    journal.write_bytes(journal.read_bytes()[:-9])
    journal.with_name(f"{journal.name}.lock").symlink_to(journal)
    assert seen(uninterrupted) == seen(search(tmp_path / "killed", Bowl()))


def test_is_a_function_of_the_seed(tmp_path: Path) -> None:
    """Another seed proposes other candidates."""
    spec = validate_section("search", {"name": "optuna", "n_trials": 3})
    assert isinstance(spec, Search)
    resolver = Resolver(SPACE, lambda _: 2.0)
    found = [
        seen(spec.run(resolver, Bowl(), seed=seed, folder=tmp_path / str(number)))
        for number, seed in enumerate((1, 1, 2))
    ]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_starts_no_trial_after_the_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is looked at before each trial; here it goes on by a second at a look."""
    clock = count()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    assert len(search(tmp_path, Bowl(), timeout=4.0)) == 3


def test_tpe_finds_the_minimum_sooner_than_chance(tmp_path: Path) -> None:
    """Proposals learn from scores: the later half is better than the earlier."""
    losses = [t.loss for t in search(tmp_path, Bowl(), n_trials=40) if np.isfinite(t.loss)]
    half = len(losses) // 2
    assert np.mean(losses[half:]) < 0.8 * np.mean(losses[:half])


@pytest.mark.parametrize(("sampler", "package"), [("gp", "torch"), ("cmaes", "cmaes")])
def test_names_the_package_that_is_not_installed(
    sampler: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sampler whose package is missing is refused before any work, with the remedy."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    spec: Any = validate_section("search", {"name": "optuna", "sampler": sampler})
    with pytest.raises(ConfigError, match=f"pip install {package}"):
        spec.check(SPACE)


def test_refuses_distributions() -> None:
    """Optuna knows lists and ranges only, which is said with the key."""
    spec: Any = validate_section("search", {"name": "optuna"})
    dimension: Dimension = Distribution(distribution="beta", a=1.0, b=2.0)
    with pytest.raises(ConfigError, match=r"model\.l1_ratio.*search=random"):
        spec.check(SearchSpace.of({"alpha": 1.0, "l1_ratio": dimension}, {}))


def test_lists_are_searched(tmp_path: Path) -> None:
    """Choices are proposed from the list, None and booleans included."""
    space = SearchSpace.of(
        {"alpha": 1.0, "l1_ratio": 0.5},
        {
            "features.drop": Choices(values=[None, "first"]),
            "imputer.indicator": Choices(values=[True, False]),
            "imputer.n_neighbors": Choices(values=[3]),
        },
    )
    spec = validate_section("search", {"name": "optuna", "n_trials": 12})
    assert isinstance(spec, Search)
    trials = spec.run(Resolver(space, lambda _: 2.0), Bowl(), seed=0, folder=tmp_path)
    assert {None, "first"} == {t.candidate.values["features.drop"] for t in trials}
    assert {True, False} == {t.candidate.values["imputer.indicator"] for t in trials}


def test_a_search_says_what_it_goes_on_from(tmp_path: Path) -> None:
    """Trials of an earlier start count as progress before the first new one."""
    search(tmp_path, Bowl(), n_trials=5)
    rest = Bowl()
    search(tmp_path, rest)
    assert ([5], N_TRIALS - 5) == (rest.resumed, rest.calls)
