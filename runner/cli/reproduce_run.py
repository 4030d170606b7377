"""`enet reproduce RUN`: a stored run comes in; it runs again, and what differs goes out."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.arguments import add_quiet
from runner.cli.fitted_table import Row, lay_out
from runner.cli.printing import print_text
from runner.errors import DataError, RunDirectoryError, RunnerError
from runner.store.directory import DONE
from runner.store.encryption import encrypted
from runner.store.finding import StoredRun, open_run

if TYPE_CHECKING:
    import pandas as pd

    from runner.config import ExperimentConfig
    from runner.config.composed import Composed
    from runner.report import Report
    from runner.statistics.table_difference import TableDifference, Tolerance

TABLES = ("trials.csv", "coefficients.csv", "predictions.csv")
TIMINGS = ("seconds",)
# in another environment: sums in another order move numbers by rounding and solutions by what the
# solver leaves; a feature may enter a fold's solution or leave it
SHARE = 1e-6
COUNTS = {"n_nonzero": 1.0}
FREE = ("dual_gap", "rank")
DIFFERS = 1


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet reproduce`."""
    parser = argparse.ArgumentParser(
        prog="enet reproduce",
        description="Run a stored config again, into RUN/reproduced-N, and compare trials, "
        "coefficients and predictions with the record: bit for bit in the same environment, else "
        f"within {SHARE:g} of each column's largest number. Ends with 1 where they differ.",
    )
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="a run's directory, in a sweep or not"
    )
    parser.add_argument(
        "--data", type=Path, metavar="PATH", help="where the dataset's file is now, if it has moved"
    )
    add_quiet(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Run again and compare; 0 if the tables are what they were, 1 if they differ.

    Raises:
        ConfigError: the stored config is not valid with this version, or its file is not there.
        DataError: the data is not what the run had.
        RunDirectoryError: there is no finished run, or its study was made by several.
    """
    from runner.config.schema import validate
    from runner.config.stored import stored_config

    run = open_run(options.run)
    if run.status not in DONE or "data_hash" not in run.environment:
        raise RunDirectoryError(
            f"{run.folder} has the status {run.status}: only a finished run can be compared with"
        )
    record = run.record
    _check_study(run)
    composed = stored_config(
        run.folder, record.get("overrides", {}), record.get("choices", {}), options.data
    )
    # fold problems kept by earlier runs would not be made anew
    config = validate(
        {
            **composed.sections,
            "persistence": {**composed.sections["persistence"], "sign_with": None},
            "search": {**composed.sections["search"], **_own_study(composed)},
            "cache": {"folder": None, "megabytes": 0},
            "reuse": False,
        }
    )
    folder = _run_again(run, config, composed, None if options.quiet else config.report)
    if folder is None:
        return DIFFERS
    lines, status = _compare(run, open_run(folder))
    if not options.quiet:
        print_text("\n".join(lines))
    return status


def _check_study(run: StoredRun) -> None:
    """Refuse a run whose trials would be others when made again by one process.

    Raises:
        RunDirectoryError: see above.
    """
    study = run.record.get("search", {}).get("study", {})
    shared = study.get("workers", 1) > 1 or "://" in study.get("storage", "")
    if shared and not study["reproducible"]:
        raise RunDirectoryError(f"{run.folder} cannot be made again: {study['why']}")


def _own_study(composed: Composed) -> dict[str, Any]:
    """What keeps a search out of the storage in which its trials are already."""
    in_storage = composed.sections["search"].get("storage") is not None
    return {"storage": None, "study": None} if in_storage else {}


def _run_again(
    run: StoredRun, config: ExperimentConfig, composed: Composed, shown: Report | None
) -> Path | None:
    """Run into a folder within the old one; None if the run failed and its error was said."""
    from runner.experiment.job import Job  # heavy, and only now known to be needed
    from runner.experiment.run import run as run_job
    from runner.experiment.workspace import Workspace
    from runner.report.terminal.screen import Screen

    screen, workspace = Screen(shown), Workspace()
    found = workspace.data(config, screen.progress).data_hash
    recorded = str(run.environment["data_hash"])
    if found != recorded:
        raise DataError(
            f"the data has the hash {found[:12]}, but the run was made with {recorded[:12]}: "
            "it is not the same data; name the file that it was made with: --data PATH"
        )
    outcome = run_job(Job(config, composed, _free_folder(run), chosen=True), workspace, screen)
    if isinstance(outcome.error, RunnerError):
        raise outcome.error
    if outcome.error is not None:
        print_text(f"enet: {outcome.error!r} (see {outcome.folder / 'run.log'})", error=True)
        return None
    return outcome.folder


def _free_folder(run: StoredRun) -> Path:
    numbered = (run.folder / f"reproduced-{number}" for number in itertools.count(1))
    return next(folder for folder in numbered if not folder.exists())


def _compare(before: StoredRun, after: StoredRun) -> tuple[list[str], int]:
    """What differs between two runs of one config, in lines; and the exit status."""
    changed = _changed(before.environment, after.environment)
    tolerance = _tolerance() if changed else None
    found = {name: _difference(before, after, name, tolerance) for name in TABLES}
    lines = [f"ran {before.folder} again in {after.folder}", *_judgement(changed)]
    for name, each in found.items():
        sealed = encrypted(before.folder / name).exists()
        lines += [f"{name}: encrypted, and not compared"] if sealed else _lines(name, each)
    same = all(each is None or each.allowed for each in found.values())
    return lines, 0 if same else DIFFERS


def _judgement(changed: list[str]) -> list[str]:
    """What may differ, given what has changed around the run."""
    if not changed:
        return ["in the same environment, so compared bit for bit (but for seconds)"]
    allowed = (
        f"so numbers may differ by {SHARE:g} of their column's largest, n_nonzero by "
        f"{COUNTS['n_nonzero']:g}; {' and '.join(FREE)} are not judged"
    )
    return [f"in another environment: {', '.join(changed)}", allowed]


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The packages and parts of the platform that are not what they were."""
    parted = [
        {**each.get("versions", {}), **each.get("platform", {}), **_plugin_versions(each)}
        for each in (before, after)
    ]
    names = dict.fromkeys([*parted[0], *parted[1]])
    return [
        f"{name} {parted[0].get(name)} is now {parted[1].get(name)}"
        for name in names
        if parted[0].get(name) != parted[1].get(name)
    ]


def _plugin_versions(environment: dict[str, Any]) -> dict[str, str]:
    return {str(plugin.get("package")): str(plugin.get("version"))
            for plugin in environment.get("plugins", [])}  # fmt: skip


def _tolerance() -> Tolerance:
    from runner.statistics.table_difference import Tolerance

    return Tolerance(SHARE, COUNTS, FREE)


def _difference(
    before: StoredRun, after: StoredRun, name: str, tolerance: Tolerance | None
) -> TableDifference | None:
    """What differs in one table; None if neither run has it: streamed ones have no predictions."""
    from runner.statistics.table_difference import TableDifference, compare_tables

    there = [(run.folder / name).is_file() for run in (before, after)]
    if not any(there):
        return None
    if not all(there):
        return TableDifference((f"only the {'old' if there[0] else 'new'} run has it",))
    tables = [_read(run.folder / name) for run in (before, after)]
    return compare_tables(tables[0], tables[1], TIMINGS, tolerance)


def _read(path: Path) -> pd.DataFrame:
    """A table with every cell as it is written."""
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"cannot read {path}: {error}") from error


def _verdict(difference: TableDifference) -> str:
    if not difference.allowed:
        return "differs"
    return "differs, within the tolerance" if difference.columns else "identical in all it had"


def _lines(name: str, difference: TableDifference | None) -> list[str]:
    if difference is None:
        return [f"{name}: neither run has it"]
    if difference.identical:
        return [f"{name}: identical"]
    verdict = _verdict(difference)
    rows = [
        Row(
            {
                "column": each.column,
                "cells": str(each.cells),
                "largest difference": "text" if each.largest is None else f"{each.largest:.2g}",
                "judged": "too large" if each.column in difference.beyond else "allowed",
            }
        )
        for each in difference.columns
    ]
    added = [f"{column} is a column of the new one alone" for column in difference.added]
    said = [f"{name}: {verdict}", *(f"  {form}" for form in [*difference.form, *added])]
    return said + lay_out(rows, names=["column"], right=["cells", "largest difference"])
