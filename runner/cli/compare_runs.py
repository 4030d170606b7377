"""`enet compare DIR...`: stored runs and sweeps come in; one table of what differs goes out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.comparison_file import ENDINGS, option_rows, run_rows, write
from runner.cli.comparison_formats import FORMATS, screen_text
from runner.cli.comparison_tables import Asked, group_tables, unscored_tables
from runner.cli.printing import print_text
from runner.errors import ConfigError, RunDirectoryError
from runner.store.comparable import differences, groups_of
from runner.store.conditions import Condition, check_key, select
from runner.store.finding import StoredRun, find_runs

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet compare`."""
    parser = argparse.ArgumentParser(
        prog="enet compare",
        description="One table of any number of runs and sweeps: what differs between them, their "
        "scores, their ranks, and which of them cannot be told from the best. Only runs with the "
        "same data, split, seed, family and metric are compared.",
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="DIR", help="a run, a sweep, or a folder of them"
    )
    parser.add_argument(
        "--by",
        metavar="KEY",
        help="a row for each value of an option or a key (imputer, model.tol), and its effect over "
        "the runs that are else alike",
    )
    parser.add_argument(
        "--rope",
        type=float,
        metavar="SHARE",
        help="also the probabilities of being better than the best, practically equal, and worse; "
        "what differs by less than that share of its score is equal (0.01)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only runs with that value; also !=, <, <=, > and >= (status=finished, 'cv_mse<60')",
    )
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="print nothing but tables to paste: of LaTeX (booktabs), notes as comments, or of "
        "Markdown, notes below",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the table to a file that ends in .csv, .parquet or .md",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Print the table, and write it where asked to.

    Raises:
        ConfigError: a key is one of no run, the file has another ending, or --rope is no share.
        RunDirectoryError: a folder is not there, or holds no run.
    """
    if options.output is not None and options.output.suffix not in ENDINGS:
        raise ConfigError(f"-o {options.output} must end in .csv, .parquet or .md")
    if options.rope is not None and not 0 < options.rope < 1:
        raise ConfigError(f"--rope is {options.rope:g}, but must be a share between 0 and 1: 0.01")
    runs = find(options.folders)
    chosen = select(runs, [Condition.of(text) for text in options.where])
    if not chosen:
        return _say(f"none of the {len(runs)} runs meets {' and '.join(options.where)}", options)
    if options.by is not None:
        check_key(options.by, chosen, "--by")
    groups, unscored = groups_of(chosen)
    asked = Asked(differences(chosen), options.by, options.rope)
    tables = [*group_tables(groups, asked), *unscored_tables(unscored, asked.keys)]
    render = FORMATS.get(options.format, screen_text)
    print_text("\n\n".join(render(table) for table in tables))
    if options.output is not None:
        by_option = options.by is not None
        rows = option_rows(groups, asked) if by_option else run_rows(groups, unscored, asked)
        write(rows, options.output)
        _say(f"wrote {options.output}", options)
    return 0


def _say(text: str, options: argparse.Namespace) -> int:
    """Print what is no table, away from tables that are to be pasted; gives the exit status."""
    print_text(text, error=options.format is not None)
    return 0


def find(folders: Sequence[Path]) -> list[StoredRun]:
    """The runs under the folders, each once."""
    found: dict[Path, StoredRun] = {}
    for folder in folders:
        runs = find_runs(folder)
        if not runs:
            raise RunDirectoryError(f"{folder} holds no run: no run.json is in or under it")
        for run in runs:
            found.setdefault(run.folder.resolve(), run)
    return list(found.values())
