"""Help: one screen of commands, and a page for each command, group and option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.cli.commands import COMMANDS
from runner.config.kinds import GROUPS, kind_names

if TYPE_CHECKING:
    from conftest import Program

WANTS = ["run", "look", "use", "trust", "repeat"]
OWN_YAML = "# the nearest row alone\nname: knn\nn_neighbors: 1\n"


def test_the_first_page_is_one_screen(program: Program) -> None:
    """--help has every command under what a person wants, and fits 80 columns and 24 lines."""
    ended = program("--help")
    assert (0, "") == (ended.status, ended.err)
    lines = ended.out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    wanted = [line[:8].strip() for line in lines if line[:8].strip() in WANTS]
    assert WANTS == wanted
    shown = [line[8:].split()[0] for line in lines if line[30:] in _summaries()]
    looks = ["list", "show", "report", "ui", "compare", "why", "benchmark"]
    uses, trusts = ["predict", "serve", "export", "models"], ["verify", "sign"]
    assert ["run", "check", *looks, *uses, *trusts, "resume", "reproduce"] == shown
    groups = ended.out.partition("groups: ")[2].partition("more:")[0]
    assert [*GROUPS, "experiment"] == groups.split()


def _summaries() -> set[str]:
    return {command.summary for command in COMMANDS.values()}


@pytest.mark.parametrize("arguments", [("run", "--help"), ("--help", "run"), ("seed=1", "-h")])
def test_the_page_of_run_lists_every_option(program: Program, arguments: tuple[str, ...]) -> None:
    """The page of `run` has every group and option, each with a line that says what it is."""
    ended = program(*arguments)
    assert (0, "") == (ended.status, ended.err)
    listed = ended.out.partition("groups and their options:")[2].splitlines()
    groups = [line.strip() for line in listed if line and not line.startswith("    ")]
    assert [*GROUPS, "experiment"] == groups
    options = [line.split(maxsplit=1) for line in listed if line.startswith("    ")]
    names = [words[0] for words in options]
    assert {name for group in GROUPS for name in kind_names(group)} <= set(names)
    assert {"smoke", "compare_penalties", "compare_imputers", "nhefs"} <= set(names)
    assert [] == [words for words in options if len(words) < 2]


@pytest.mark.parametrize("arguments", [("--help",), ("--help", "imputer")])
def test_own_options_are_listed(program: Program, arguments: tuple[str, ...]) -> None:
    """With --config-dir, help has the user's options too, on whichever side it stands."""
    (program.folder / "mine" / "imputer").mkdir(parents=True)
    (program.folder / "mine" / "imputer" / "near.yaml").write_text(OWN_YAML)
    line = "near               the nearest row alone"
    assert line in program(*arguments, "--config-dir", "mine").out
    assert line in program("--config-dir", "mine", "--help").out


def test_the_page_of_a_group(program: Program) -> None:
    """A group's page has its options alone."""
    lines = program("--help", "split").out.splitlines()
    names = ["grouped", "holdout", "kfold", "repeated", "time"]
    assert names == [line.split()[0] for line in lines[1:]]


def test_the_page_of_an_option(program: Program) -> None:
    """An option's page has its keys with their defaults, those that it shares included."""
    out = program("--help", "imputer=knn").out
    assert ["n_neighbors: 5" in out, "indicator: false" in out] == [True, True]
    assert "defaults" not in out


@pytest.mark.parametrize(
    ("word", "said"),
    [("imputer=kn", "did you mean knn"), ("lst", "did you mean list"), ("grid", "search=grid")],
)
def test_no_page_of_that_name(program: Program, word: str, said: str) -> None:
    """A page that does not exist ends with code 2 and the nearest that does."""
    ended = program("--help", word)
    assert (2, "", True) == (ended.status, ended.out, said in ended.err)
