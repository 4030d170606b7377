"""The program: arguments come in, an exit status goes out; whatever failed is said in a line."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.cli.commands import chosen
from runner.cli.printing import print_text
from runner.errors import ConfigError, DataError, RunDirectoryError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130
HELP = ("-h", "--help", "--hydra-help")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 a run failed, 2 the config or the data is at fault."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "_ARGCOMPLETE" in os.environ:  # a shell asks how the line may go on
        from runner.cli.completion import complete

        complete()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name may have letters that it has not
        sys.stdout.reconfigure(errors="backslashreplace")
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = _answer(given)
    except (ConfigError, DataError, RunDirectoryError) as error:
        print_text(f"enet: {error}", error=True)
        status = USAGE_ERROR
    except RunnerError as error:
        print_text(f"enet: {error}", error=True)
        status = FAILURE
    except BrokenPipeError:  # whoever read the output has closed it
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the interpreter's last flush
        status = 0
    except KeyboardInterrupt:
        print("enet: interrupted", file=sys.stderr)
        status = INTERRUPTED
    sys.exit(status)


def _interrupt(*_: object) -> None:
    """End as Ctrl-C does, with what has happened recorded."""
    raise KeyboardInterrupt


def _answer(given: list[str]) -> int:
    """Do what is asked for; gives the exit status."""
    if given[:1] and given[0] in HELP:
        from runner.cli.help_pages import print_help

        print_help(given[1:])
        return 0
    command, rest = chosen(given)
    if command is None:
        from runner.cli.words import explain_word

        raise ConfigError(explain_word(given[0]))
    module = command.load()
    return module.main(module.make_parser().parse_args(rest))
