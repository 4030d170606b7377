"""What may follow `enet run`, or `enet` alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner import __version__

# flags whose value can be left out, and what they may be given; the first is taken then
OPTIONAL = {
    "--cfg": ("job", "hydra", "all"),
    "--info": ("all", "searchpath", "defaults", "plugins"),
}
SHORT = {"-c": "--cfg", "-i": "--info"}


VALUED = {"-cd", "--config-dir", "-cn", "--config-name", "-sc", "--shell-completion"}


class _Parser(argparse.ArgumentParser):
    """Takes flags and overrides in any order, and a word after `-c` only if it can be its value."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as argparse
        """Parse, the flags first and values that were left out filled in."""
        return super().parse_known_args(_in_order(list(args or ())), namespace)


def _in_order(words: list[str]) -> list[str]:
    """The flags with their values, then the rest: argparse takes overrides in one place alone."""
    flags: list[str] = []
    rest: list[str] = []
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        flag = SHORT.get(word, word)
        if before in VALUED or (word in OPTIONAL.get(SHORT.get(before, before), ())):
            flags.append(word)
        elif flag in OPTIONAL and after not in OPTIONAL[flag]:
            flags.append(f"{flag}={OPTIONAL[flag][0]}")
        else:
            (flags if word.startswith("-") else rest).append(word)
    # a value that a shell is to complete is not there yet, and must stay last
    return [*rest, *flags] if words and words[-1] in VALUED else [*flags, *rest]


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet [run] [-m] [GROUP=OPTION] [KEY=VALUE] ...`."""
    parser = _Parser(
        prog="enet [run]",
        description="Run an experiment, or with -m a sweep. The word run can be left out.",
        add_help=False,
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="GROUP=OPTION or KEY=VALUE",
        help="what to change in the config",
    )
    parser.add_argument(
        "-m",
        "--multirun",
        action="store_true",
        help="run every combination of comma-separated values",
    )
    parser.add_argument(
        "-cd",
        "--config-dir",
        type=Path,
        metavar="DIR",
        help="a folder with your own options, such as DIR/dataset/mine.yaml",
    )
    parser.add_argument(
        "-cn",
        "--config-name",
        default="config",
        metavar="NAME",
        help="the primary config (default: config)",
    )
    add_quiet(parser)
    _add_prints(parser)
    parser.add_argument("-h", "--help", action="store_true", help="print this and stop")
    parser.add_argument("--version", action="version", version=f"enet-runner {__version__}")
    parser.set_defaults(going_on=False)
    return parser


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the flag of commands that run something."""
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print errors alone; files are the same"
    )


def _add_prints(parser: argparse.ArgumentParser) -> None:
    """Add the flags that have something printed instead of run."""
    parser.add_argument(
        "-c", "--cfg", choices=OPTIONAL["--cfg"], help="print the composed config and stop"
    )
    parser.add_argument(
        "--resolve", action="store_true", help="with -c: print what interpolations lead to"
    )
    parser.add_argument(
        "-i",
        "--info",
        choices=OPTIONAL["--info"],
        help="print where configs are looked for, and which files make up this one, and stop",
    )
    parser.add_argument(
        "-sc",
        "--shell-completion",
        metavar="install=SHELL",
        help="print what completes words in bash, zsh or fish",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the runs that would be made and stop"
    )
