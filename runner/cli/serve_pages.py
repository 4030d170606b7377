"""`enet ui [DIR]`: a folder comes in; the pages of its runs are served until it is stopped."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path

from runner.cli.list_runs import OUTPUTS
from runner.cli.printing import print_text
from runner.errors import ConfigError, RunDirectoryError

PORT = 8421
LAST_PORT = 65_535


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet ui [DIR] [--port N] [--no-browser]`."""
    parser = argparse.ArgumentParser(
        prog="enet ui",
        description="The pages of all runs and sweeps of a folder in the browser, the list of them "
        "refreshed as runs finish. Only this machine can ask for them.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=OUTPUTS, metavar="DIR", help="default: outputs"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"default: {PORT}; 0 for any that is free"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    return parser


def main(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C; 0 then.

    Raises:
        ConfigError: the port is taken, or none.
        RunDirectoryError: the folder is not there.
    """
    if not options.folder.is_dir():
        raise RunDirectoryError(f"{options.folder} is no folder: name one with runs")
    if not 0 <= options.port <= LAST_PORT:
        raise ConfigError(f"--port is {options.port}, but must be from 0 to {LAST_PORT}")
    from runner.cli.page_server import PageServer

    try:
        server = PageServer(options.folder, options.port)
    except OSError as error:
        raise ConfigError(
            f"--port {options.port} cannot be had ({error}): choose another"
        ) from error
    with server, suppress(KeyboardInterrupt):
        print_text(f"{options.folder}: {server.address} (Ctrl-C ends it)")
        sys.stdout.flush()  # also where it is piped, as nothing else is said
        if not options.no_browser:
            webbrowser.open(server.address)
        server.serve_forever()
    return 0
