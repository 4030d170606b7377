"""`enet show`: the directory of a run or of a sweep comes in; what it holds is printed."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import RunDirectoryError
from runner.report.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.report.terminal.screen import Screen

    Record = dict[str, Any]

FINISHED = ("finished", "reused")
RECORD = "run.json"
SWEEP = "sweep.json"


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet show DIR [--environment]`."""
    parser = argparse.ArgumentParser(
        prog="enet show",
        description="Show a run as it was shown when it ended, or the table of a sweep.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a run's or a sweep's directory")
    parser.add_argument(
        "--environment",
        action="store_true",
        help="write a requirements file of the versions that the run had instead",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Show what the directory holds; 0 also where that is a failed run.

    Raises:
        RunDirectoryError: it holds neither a run nor a sweep, or its files cannot be read.
    """
    folder: Path = options.folder
    is_run = (folder / RECORD).exists()
    if options.environment:
        if not is_run:
            raise RunDirectoryError(f"{folder} holds no run, whose environment could be shown")
        print(requirements(folder), end="")
    elif is_run:
        _show_run(folder, _record(folder))
    else:
        _show_sweep(folder)
    return 0


def requirements(folder: Path) -> str:
    """The versions that a run had, as pip reads them; Python's as a comment.

    Raises:
        RunDirectoryError: the run has not recorded them.
    """
    # a run of the first version may have its model's manifest alone
    for name in ("environment.json", "model.json"):
        found = _read_json(folder / name)
        if found.get("versions"):
            break
    else:
        raise RunDirectoryError(f"{folder} has no environment.json, and so no versions")
    versions = dict(found["versions"])
    lines = [f"# Python {versions.pop('python', 'unknown')}"]
    versions |= {plugin["package"]: plugin["version"] for plugin in found.get("plugins", [])}
    lines += [f"{name}=={version}" for name, version in sorted(versions.items()) if version]
    return "\n".join(lines) + "\n"


def _show_run(folder: Path, record: Record) -> None:
    screen = _screen()
    screen.say(_headline(folder, record))
    overrides = " ".join(f"{key}={value}" for key, value in record["overrides"].items())
    screen.say(f"run with {overrides or 'the defaults'}")
    if record["status"] in FINISHED:
        screen.show_record(folder, record, _looks([record], folder), top=None)
        screen.show_search(record)
    else:
        screen.show_findings(record.get("checks", []))


def _looks(records: Sequence[Record], folder: Path) -> int:
    """How often the test rows of runs have been looked at, one of which is in a folder."""
    from runner.store.ledger import looks_at_test, outputs_of

    return looks_at_test(records, outputs_of(folder, swept=(folder.parent / SWEEP).exists()))


def _headline(folder: Path, record: Record) -> str:
    """The status of a run, since when, and the reason if it came to nothing."""
    from runner.store.lock import is_locked

    status, ended = record["status"], record.get("finished")
    if status == "running":
        began = _time(record["started"])
        return f"{folder}: " + (
            f"running since {began}" if is_locked(folder) else f"interrupted, begun {began}"
        )
    spent = sum(record.get("timings", {}).values())
    line = f"{folder}: {status}"
    line += f" {_time(ended)}" if ended else ""
    line += f" in {number(spent, 2)} s" if spent else ""
    line += f" from {record['reused_from']}" if record.get("reused_from") else ""
    return line + (f": {record['error']}" if record.get("error") else "")


def _time(text: str) -> str:
    """A record's time, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC"


def _show_sweep(folder: Path) -> None:
    """The table that the sweep has ended with, or would by now, and why runs came to nothing."""
    runs = _runs(folder)
    screen = _screen()
    counts = Counter(record["status"] for _, record in runs)
    screen.say(f"{folder}: {', '.join(f'{count} {status}' for status, count in counts.items())}")
    _show_table(screen, folder, runs)
    for run, record in runs:
        if record["status"] not in FINISHED:
            screen.say(_headline(run, record))


def _show_table(screen: Screen, folder: Path, runs: Sequence[tuple[Path, Record]]) -> None:
    import pandas as pd

    from runner.experiment.sweep_rows import against_best, ranked, row_of, shown
    from runner.statistics.baseline_comparison import comparison_table, describe, sections
    from runner.store.finding import StoredRun

    baseline = _baseline(runs[0][0])
    ended = all(r["status"] in FINISHED or r.get("error") for _, r in runs)
    if baseline and ended:
        compared = comparison_table([(run.name, record) for run, record in runs], baseline)
        parts, meaning = sections(compared, baseline), describe(compared, baseline)
        screen.show_comparison(parts, list(baseline), meaning, [])
        return
    results = pd.DataFrame([row_of(*run, folder) for run in runs])
    compared = against_best(results, [StoredRun(*run) for run in runs])
    looks = _looks([record for _, record in runs], runs[0][0])
    screen.show_sweep(shown(ranked(compared)), looks, [])


def _runs(folder: Path) -> list[tuple[Path, Record]]:
    """The runs in a sweep's folder, by number.

    Raises:
        RunDirectoryError: there is none.
    """
    from runner.store.sweep_directory import run_folders

    there = run_folders(folder) if folder.is_dir() else []
    found = [run for run in there if (run / RECORD).is_file()]
    if not found:
        raise RunDirectoryError(
            f"{folder} holds neither a run nor a sweep: there is no {RECORD} in it, nor in a "
            "folder of it"
            if folder.is_dir()
            else f"{folder} is no directory"
        )
    return [(run, _record(run)) for run in found]


def _baseline(run: Path) -> dict[str, Any] | None:
    """What the runs of the sweep were compared with, as the config of one of them says."""
    import yaml

    config = run / ".hydra" / "config.yaml"
    if not config.is_file():
        return None
    composed = yaml.safe_load(config.read_text(encoding="utf-8"))
    baseline: dict[str, Any] | None = composed["report"].get("baseline")
    return baseline


def _record(folder: Path) -> Record:
    from runner.store.directory import read_record

    record = read_record(folder)
    if record is None:
        raise RunDirectoryError(f"{folder / RECORD} cannot be read: it is no record of a run")
    return record


def _read_json(path: Path) -> Record:
    """What a JSON file holds; nothing if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _screen() -> Screen:
    from runner.report import Summary
    from runner.report.terminal.screen import Screen

    return Screen(Summary(name="summary", top=0, progress=False, baseline=None))
