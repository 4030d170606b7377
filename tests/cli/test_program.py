"""The program: a first word is a command, all else a run, and whatever fails is said in a line."""

from __future__ import annotations

import argparse
import shlex
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from conftest import mixed_frame

from runner.cli.commands import COMMANDS
from runner.errors import ConfigError, FitError

if TYPE_CHECKING:
    from conftest import Program


class Shown(ModuleType):
    """Stands for the module of `show`: says what it was given, or fails as it is told to."""

    failure: BaseException | None = None

    @staticmethod
    def make_parser() -> argparse.ArgumentParser:
        """One folder."""
        parser = argparse.ArgumentParser(prog="enet show")
        parser.add_argument("folder")
        return parser

    def main(self, options: argparse.Namespace) -> int:
        """Say which folder."""
        if self.failure is not None:
            raise self.failure
        print(f"shown {options.folder}")  # noqa: T201
        return 0


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Put a module in the place of the one that answers `show`."""
    module = Shown("runner.cli.show_runs")
    monkeypatch.setitem(sys.modules, "runner.cli.show_runs", module)
    return module


@pytest.mark.usefixtures("show")
def test_a_first_word_is_a_command(program: Program) -> None:
    """What follows a command goes to its module, and to no other."""
    ended = program("show", "outputs/x")
    assert (0, "shown outputs/x\n", "") == (ended.status, ended.out, ended.err)
    ended = program("show")
    assert (2, True) == (ended.status, "folder" in ended.err)


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (ConfigError("a key is wrong"), 2, "enet: a key is wrong\n"),
        (FitError("no fit"), 1, "enet: no fit\n"),
        (KeyboardInterrupt(), 130, "enet: interrupted\n"),
    ],
)
def test_failures_of_every_command_are_said_alike(
    program: Program, show: Shown, failure: BaseException, status: int, said: str
) -> None:
    """The exit code says whose fault it was, a line on stderr what it was."""
    show.failure = failure
    ended = program("show", "x")
    assert (status, "", said) == (ended.status, ended.out, ended.err)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module(name: str) -> None:
    """Each module of the table has a parser that takes no fright at its own help, and a main."""
    module = COMMANDS[name].load()
    assert "usage: enet" in module.make_parser().format_help()
    assert callable(module.main)


def test_run_can_be_left_out(program: Program) -> None:
    """`enet run OVERRIDES` is `enet OVERRIDES`; a deletion is an override and no command."""
    given = ("-c", "imputer=knn", "seed=7")
    assert program(*given).out == program("run", *given).out
    assert "seed" not in program("~seed", "-c").out.splitlines()
    ended = program("~bootstrap", "-c")
    assert (0, False) == (ended.status, "bootstrap" in ended.out)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("lst", "did you mean list?"),
        (
            "lst",
            ", ".join(COMMANDS),
        ),
        ("knn", "did you mean imputer=knn?"),
        ("model", "model=elastic_net, model=lasso"),
        ("seed=1 list", "must come first: enet list ..."),
    ],
)
def test_a_word_that_is_no_command(program: Program, given: str, said: str) -> None:
    """It is answered with the commands there are, and with what its writer may have meant."""
    ended = program(*given.split())
    assert (2, "") == (ended.status, ended.out)
    assert said in ended.err


SPELLINGS = {
    "alone": ("{}",),
    "as the dataset": ("dataset={}",),
    "in a sweep": ("-m", "dataset={}", "seed=1,2"),
    "after an override": ("dataset=csv", "{}"),
}


@pytest.mark.parametrize("given", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("name", ["my.csv", "my data, new.csv", "semicolon.csv", "my.parquet"])
def test_a_data_file_is_answered_with_a_command_that_runs(
    program: Program, given: tuple[str, ...], name: str
) -> None:
    """The command in the answer runs the file, its last column the target, as it stands."""
    frame = mixed_frame(60).rename(columns={"outcome": "out come"})
    file = program.folder / name
    if name.endswith(".parquet"):
        frame.to_parquet(file)
    else:
        frame.to_csv(file, index=False, sep=";" if "semi" in name else ",")
    quoted = f"'{name}'" if "," in name and "dataset={}" in given else name
    ended = program(*(word.format(quoted) for word in given))
    assert (2, "") == (ended.status, ended.out)
    _, _, rest = ended.err.partition("to run it: ")
    command, _, named = rest.partition(" (or another of its columns: ")
    assert named.startswith("age, income")
    words = shlex.split(command)
    assert ["enet", "dataset.target=out come"] == [words[0], words[3]]
    assert "name: csv" in program(*words[1:], "-c").out or name.endswith(".parquet")
    if given == ("{}",):
        made = program.run(*words[1:], "split.folds=2", "bootstrap.resamples=20", "report=none")
        assert 60 - 2 == len(pd.read_csv(made / "predictions.csv"))


def test_a_data_file_that_is_not_there(program: Program) -> None:
    """Its columns cannot be known, so the target is left to the reader."""
    ended = program("no.csv")
    assert "enet dataset=csv dataset.path=no.csv dataset.target=COLUMN" in ended.err
