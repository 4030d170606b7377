"""`enet benchmark`: nothing comes in; this machine, and how long searches take on it, go out."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runner.cli.printing import print_text

if TYPE_CHECKING:
    from runner.experiment.benchmark import Timed

GIGABYTE = 1e9
SHOWN = ("enet-runner", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow")
COMPARED = """\
Searches of made-up tables, by enet and by scikit-learn's ElasticNetCV: the same
folds, grid and tolerance, one thread of BLAS. ElasticNetCV is given rows that
were imputed and scaled before by what all of them say, so it is leaky."""
MEANING = """\
times: the peer's seconds by enet's; apart: how much the least CV means of the
squared error differ, as a share"""
COLUMNS = ("table", "rows x columns", "candidates", "enet, s", "peer, s", "times", "apart")
LINE = "{:<13} {:>14} {:>10} {:>9} {:>9} {:>7} {:>8}"


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet benchmark`."""
    parser = argparse.ArgumentParser(
        prog="enet benchmark",
        description="What this machine has, and how long some searches take on it beside "
        "scikit-learn's ElasticNetCV, in less than half a minute.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with all there is")
    return parser


def main(options: argparse.Namespace) -> int:
    """Time one search after the other, and print each as it ends."""
    from runner.experiment.benchmark import CASES, describe_machine, timed

    machine = describe_machine()
    if options.json:
        searches = [asdict(timed(case)) for case in CASES]
        print(json.dumps({"machine": machine, "searches": searches}, indent=2))
        return 0
    print_text("\n".join([*_machine_lines(machine), "", COMPARED, "", LINE.format(*COLUMNS)]))
    for case in CASES:
        print(_line(timed(case)), flush=True)
    print(MEANING)
    return 0


def _machine_lines(machine: dict[str, Any]) -> list[str]:
    memory, versions = machine["memory"], machine["versions"]
    there = "" if memory is None else f", {memory / GIGABYTE:.0f} GB of memory"
    facts = [("machine", f"{machine['machine']}, {machine['cores']} cores{there}")]
    facts += [("BLAS", _blas(one)) for one in machine["blas"]]
    facts += [("paths", f"solved by {machine['path_core']}"), ("Python", versions["python"])]
    facts += [(name, versions[name]) for name in SHOWN]
    return [f"{name:<13} {fact}" for name, fact in facts]


def _blas(one: dict[str, Any]) -> str:
    made_for = f" for {one['architecture']}" if one["architecture"] else ""
    return f"{one['internal_api']} {one['version']}{made_for}, {one['num_threads']} threads"


def _line(found: Timed) -> str:
    return LINE.format(
        found.case,
        f"{found.rows:,} x {found.columns:,}",
        f"{found.candidates} x {found.folds}",
        f"{found.runner:.2f}",
        f"{found.elastic_net_cv:.2f}",
        f"{found.elastic_net_cv / found.runner:.1f}",
        f"{found.difference:.0e}",
    )
