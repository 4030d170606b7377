"""What the command line may say, and the page that tells of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner import __version__

EPILOG = """\
examples:
  enet                                             run the default experiment
  enet dataset=hitters imputer=knn search=optuna   choose options
  enet dataset=csv dataset.path=my.csv dataset.target=y
  enet model.l1_ratio=0.5 'model.alpha=[0.01,0.1]' set keys
  enet -m imputer=mean,knn model=lasso,ridge       sweep over every combination
  enet experiment=compare_penalties                a preset that sweeps by itself
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet [-m] [GROUP=OPTION] [KEY=VALUE] ...`."""
    parser = argparse.ArgumentParser(
        prog="enet",
        description="Run and sweep elastic-net experiments from YAML.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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


def describe_usage(config_dir: Path | None) -> str:
    """The help page: usage, then every group with its options, the user's own included."""
    from runner.config import describe_options

    lines = [make_parser().format_help().rstrip(), "", "groups and their options:"]
    for group, options in describe_options(config_dir).items():
        lines.append(f"  {group}")
        lines += [f"    {option:<18} {text}" for option, text in options.items()]
    return "\n".join(lines)
