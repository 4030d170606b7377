"""`enet resume SWEEP_DIR`: go on with a sweep that was stopped, or in which runs failed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from runner.cli.arguments import add_quiet
from runner.errors import RunDirectoryError

QUOTE, ESCAPED = "'", "\\'"  # within Hydra's quotes


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet resume SWEEP_DIR`."""
    parser = argparse.ArgumentParser(
        prog="enet resume",
        description="Go on with a sweep: finished runs stay, all others are made again.",
    )
    parser.add_argument("folder", type=Path, metavar="SWEEP_DIR", help="the sweep's directory")
    add_quiet(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Compose the runs of the sweep's own command again, and make those that are not finished.

    Raises:
        RunDirectoryError: the folder holds no sweep, or its working directory is gone.
    """
    from runner.cli.run_and_sweep import run_or_sweep
    from runner.store.sweep_directory import read_command

    folder = options.folder.resolve()
    command = read_command(folder)
    try:
        os.chdir(command.working_directory)  # paths in the config are relative to it
    except OSError as error:
        raise RunDirectoryError(
            f"{options.folder} was begun in {command.working_directory}, where it cannot go on: "
            f"{error}"
        ) from error
    own = [o for o in command.overrides if not o.startswith("hydra.sweep.dir=")]
    again = argparse.Namespace(
        overrides=[*own, f"hydra.sweep.dir='{str(folder).replace(QUOTE, ESCAPED)}'"],
        multirun=command.multirun,
        config_dir=None if command.config_dir is None else Path(command.config_dir),
        config_name=command.config_name,
        dry_run=False,
        quiet=options.quiet,
        going_on=True,
    )
    return run_or_sweep(again)
