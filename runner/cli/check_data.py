"""`enet check OVERRIDES`: what the data is, all that is wrong with it, and what is suspicious."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.printing import print_text
from runner.errors import ConfigError
from runner.store.plain_text import reveal

if TYPE_CHECKING:
    from runner.config import Composed, ExperimentConfig
    from runner.experiment.data_inspection import Inspection

USAGE_ERROR = 2


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet check [GROUP=OPTION] [KEY=VALUE] ...`."""
    parser = argparse.ArgumentParser(
        prog="enet check",
        description="Read the data as a run would, and say everything at once: columns with their "
        "roles, types and gaps, every problem in the order in which to solve it, and what is "
        "suspicious. Nothing is written.",
    )
    parser.add_argument(
        "overrides", nargs="*", metavar="GROUP=OPTION or KEY=VALUE", help="as for a run"
    )
    parser.add_argument("-m", "--multirun", action="store_true", help="check what a sweep reads")
    parser.add_argument(
        "--config-dir", type=Path, metavar="DIR", help="a folder of your own options"
    )
    parser.add_argument(
        "--config-name", default="config", metavar="NAME", help="the primary config"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Say what the data is; 0 if it could run, 2 if not.

    Raises:
        ConfigError: the overrides cannot be composed.
    """
    from runner.config import composer

    with composer(options.config_dir, options.config_name) as composing:
        jobs, _ = composing.jobs(options.overrides, multirun=options.multirun)
        composed = [composing.compose(job) for job in jobs]
    distinct = {repr(_that_reads(each.sections)): each for each in composed}
    return max(_check(each, titled=len(distinct) > 1) for each in distinct.values())


def _that_reads(sections: dict[str, Any]) -> list[Any]:
    """The sections that data is read and looked at with."""
    return [
        sections.get(key) for key in ("seed", "dataset", "family", "split", "imputer", "features")
    ]


def _check(composed: Composed, *, titled: bool) -> int:
    if titled:
        print_text(" ".join(f"{key}={value}" for key, value in composed.overrides.items()))
    config, problems = _validated(composed.sections)
    if config is None:
        _say_problems(problems)
        return USAGE_ERROR
    # the heavy imports come only after the config is known to be right
    from runner.experiment.data_inspection import inspect

    found = inspect(config)
    _say_columns(found, composed)
    _say_problems(found.problems)
    _say_findings(found)
    if found.problems:
        return USAGE_ERROR
    print("it can run" if not found.findings else "it can run; look at these first")
    return 0


def _validated(sections: dict[str, Any]) -> tuple[ExperimentConfig | None, list[str]]:
    """The config, or what is wrong with each of its sections."""
    from runner.config import GROUPS, validate, validate_section

    problems: list[str] = []
    for group in GROUPS:
        try:
            validate_section(group, sections.get(group))
        except ConfigError as error:
            problems += str(error).splitlines()
    try:
        return validate(sections), []
    except ConfigError as error:
        problems += str(error).splitlines()
    return None, list(dict.fromkeys(problems))


def _say_columns(found: Inspection, composed: Composed) -> None:
    from rich.console import Console
    from rich.table import Table

    if not found.columns:
        return
    seen = "" if found.of_all else "the first "
    name = composed.choices.get("dataset", "dataset")
    print_text(f"{name}: {seen}{found.rows:,} rows, {len(found.columns)} columns")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("column", "role", "type", "missing", "values"):
        right, whole = heading == "missing", heading == "column"
        table.add_column(
            heading, justify="right" if right else "left", overflow="fold" if whole else "ellipsis"
        )
    for line in found.columns:
        gaps = f"{line.missing:,} ({line.share:.1%})" if line.missing else "-"
        table.add_row(reveal(line.name), line.role, line.kind, gaps, reveal(line.values))
    Console(file=sys.stdout, highlight=False, markup=False, emoji=False).print(table)


def _say_problems(problems: list[str]) -> None:
    if problems:
        print(f"{len(problems)} to solve, in this order:")
        for number, problem in enumerate(problems, start=1):
            print_text(f"{number:>3}. {problem}")


def _say_findings(found: Inspection) -> None:
    from dataclasses import asdict

    from runner.report.terminal.run_summary import finding_lines

    for line in finding_lines([asdict(finding) for finding in found.findings]):
        print_text(line)
