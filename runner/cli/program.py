"""The program: arguments come in, an exit status goes out; whatever failed is said in a line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from runner.cli.arguments import describe_usage, make_parser
from runner.cli.run_and_sweep import print_config, run_or_sweep
from runner.errors import ConfigError, DataError, RunDirectoryError, RunnerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 a run failed, 2 the config or the data is at fault."""
    options = make_parser().parse_args(arguments)
    try:
        status = _answer(options)
    except (ConfigError, DataError, RunDirectoryError) as error:
        print(f"enet: {error}", file=sys.stderr)
        status = USAGE_ERROR
    except RunnerError as error:
        print(f"enet: {error}", file=sys.stderr)
        status = FAILURE
    except BrokenPipeError:  # whoever read the output has closed it
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the interpreter's last flush
        status = 0
    except KeyboardInterrupt:
        print("enet: interrupted", file=sys.stderr)
        status = INTERRUPTED
    sys.exit(status)


def _answer(options: argparse.Namespace) -> int:
    """Do what is asked for; gives the exit status."""
    if options.help:
        print(describe_usage(options.config_dir))
        return 0
    if options.cfg:
        print_config(options)
        return 0
    return run_or_sweep(options)
