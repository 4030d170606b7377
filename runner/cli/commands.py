"""The commands there are: a word goes in, the module that answers it comes out."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import argparse


class Answering(Protocol):
    """What the module of a command has."""

    def make_parser(self) -> argparse.ArgumentParser:
        """The parser of what follows the command."""

    def main(self, options: argparse.Namespace) -> int:
        """Do what is asked for; gives the exit status."""


@dataclass(frozen=True)
class Command:
    """A word that may come first, and what a person wants who types it."""

    name: str
    module: str  # in runner.cli, imported only when the command is given
    wants: str  # run, look, use, trust or repeat
    takes: str
    summary: str

    def load(self) -> Answering:
        """Import its module."""
        return cast("Answering", importlib.import_module(f"runner.cli.{self.module}"))


COMMANDS = {
    command.name: command
    for command in (
        Command("run", "run_and_sweep", "run", "[-m] OVERRIDES",
                "an experiment; with -m one for every combination"),
        Command("check", "check_data", "run", "OVERRIDES",
                "what is wrong in the data, and what mends it"),
        Command("list", "list_runs", "look", "[DIR]", "runs and sweeps, newest first"),
        Command("show", "show_runs", "look", "DIR", "a run's summary, or a sweep's table"),
        Command("report", "make_report", "look", "DIR", "write the page of a run or a sweep"),
        Command("ui", "serve_pages", "look", "[DIR]", "the pages of all runs, in the browser"),
        Command("compare", "compare_runs", "look", "DIR...",
                "runs and sweeps in one table"),
        Command("why", "why_differs", "look", "RUN [OVERRIDES]",
                "what differs between a run and one made now"),
        Command("benchmark", "time_searches", "look", "",
                "how fast it is here, beside ElasticNetCV"),
        Command("predict", "predict_rows", "use", "RUN DATA",
                "what a saved model predicts of a file's rows"),
        Command("serve", "serve_model", "use", "RUN", "predictions of a saved model over HTTP"),
        Command("export", "export_model", "use", "RUN --to FORM",
                "its model as SQL, ONNX or a Python file"),
        Command("models", "manage_models", "use", "WORD ...",
                "push, promote and list their versions"),
        Command("verify", "verify_run", "trust", "RUN",
                "whether any file was changed, and who signed it"),
        Command("sign", "sign_run", "trust", "RUN --key KEY",
                "vouch for its files with an SSH key"),
        Command("cluster", "manage_cluster", "trust", "certificates DIR",
                "what members of a Dask cluster show each other"),
        Command("resume", "resume_sweep", "repeat", "SWEEP_DIR",
                "go on with a sweep that was stopped"),
        Command("reproduce", "reproduce_run", "repeat", "RUN",
                "run it anew, and compare with its record"),
    )
}  # fmt: skip
DEFAULT = "run"


def chosen(arguments: list[str]) -> tuple[Command | None, list[str]]:
    """The command of a line and what follows it; no command if the first word is none of them.

    A line without a first word, as one that begins with an override or a flag, is `run`'s.
    """
    if not arguments or not is_word(arguments[0]):
        return COMMANDS[DEFAULT], arguments
    return COMMANDS.get(arguments[0]), arguments[1:]


def is_word(argument: str) -> bool:
    """Whether an argument is neither an override nor a flag."""
    return "=" not in argument and not argument.startswith(("~", "+", "-"))
