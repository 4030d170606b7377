"""The runs of a command: checked at once, composed again when they are asked for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.config import Plan, composer
from runner.config.composed import place_in_sweep
from runner.config.composed_there import ComposedThere, Origin
from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.config.compose import Composer

PLACES = {0: "0", 999: "999", 1000: "1000/1000", 1234: "1000/1234", 123_456: "123000/123456"}


def plan_of(composing: Composer, *overrides: str) -> Plan:
    """Plan the sweep of some overrides."""
    return Plan(composing, *composing.jobs(list(overrides), multirun=True))


@pytest.mark.parametrize("number", PLACES)
def test_each_thousand_has_a_folder(number: int) -> None:
    """From 1000 on, so that no folder has more entries than file systems take well."""
    assert Path(PLACES[number]) == place_in_sweep(str(number), number)


def test_a_place_of_ones_own_stays() -> None:
    """What the config makes of the number, or of something else, is left as it is."""
    assert Path("run-1234") == place_in_sweep("run-1234", 1234)
    assert Path("2024") == place_in_sweep("2024", 1)


def test_a_large_sweep_has_its_places() -> None:
    """Composed by the shortcut and by Hydra alone, to the same folder."""
    with composer(None, "config") as composing:
        plan = plan_of(composing, "seed=range(0,1002)", "dataset=hitters")
        assert ["999", "1000/1000", "1000/1001"] == plan.subdirs[-3:]
        anew = composing.compose_anew(plan.overrides[1001], 1001)
    assert Path("1000/1001") == anew.subdir


def test_the_first_wrong_config_is_told_before_any_run() -> None:
    """Whichever it is of."""
    with composer(None, "config") as composing, pytest.raises(ConfigError, match="alpha"):
        plan_of(composing, "model.alpha=0.1,-1", "dataset=hitters")


def test_another_process_composes_the_same() -> None:
    """From what it is told of a run, whatever it has composed before."""
    asked = ("dataset=hitters,penguins", "imputer=mean,knn", "seed=3")
    with composer(None, "config") as composing:
        plan = plan_of(composing, *asked)
        told = [plan.told(number, Path("there")) for number in range(len(plan))]
        expected = [composed.sections for _, composed in plan]
    with closing(ComposedThere()) as there:
        found = [there.validated(each, Origin(None, "config"))[1] for each in reversed(told)]
    assert expected == [composed.sections for composed in reversed(found)]
    assert [plan.subdirs[at] for at in range(4)] == [str(c.subdir) for c in reversed(found)]


def test_what_comes_from_the_surroundings_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A value of the environment is the driver's, whatever that of the worker is."""
    own = tmp_path / "experiment" / "own.yaml"
    own.parent.mkdir()
    own.write_text("# @package _global_\nseed: ${oc.decode:${oc.env:MY_SEED}}\n")
    monkeypatch.setenv("MY_SEED", "7")
    with composer(tmp_path, "config") as composing:
        plan = plan_of(composing, "experiment=own", "dataset=hitters", "imputer=mean,knn")
        told = plan.told(1, Path("there"))
    monkeypatch.setenv("MY_SEED", "8")
    config, _ = ComposedThere().validated(told, Origin(str(tmp_path), "config"))
    assert (7, "knn") == (config.general.seed, config.imputer.name)


def test_runs_of_the_same_rows_are_told_apart_from_others() -> None:
    """By data, family, split and seed; neither the imputer nor the model matters."""
    with composer(None, "config") as composing:
        plan = plan_of(composing, "dataset=hitters,penguins", "imputer=mean,knn", "seed=1,2")
        words = [plan.told(number, Path()).data for number in range(8)]
    assert 4 == len(set(words))
    assert words[0] == words[2] != words[1]
