"""What may follow `enet run`, or `enet` alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner import __version__


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet [run] [-m] [GROUP=OPTION] [KEY=VALUE] ...`."""
    parser = argparse.ArgumentParser(
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
        "--config-dir",
        type=Path,
        metavar="DIR",
        help="a folder with your own options, such as DIR/dataset/mine.yaml",
    )
    parser.add_argument(
        "--config-name",
        default="config",
        metavar="NAME",
        help="the primary config (default: config)",
    )
    parser.add_argument(
        "-c", "--cfg", action="store_true", help="print the composed config and stop"
    )
    parser.add_argument("-h", "--help", action="store_true", help="print this and stop")
    parser.add_argument("--version", action="version", version=f"enet-runner {__version__}")
    return parser
