"""`enet list [DIR]`: a folder comes in; its runs and sweeps, newest first, go out."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.fitted_table import Row, lay_out, say_score
from runner.cli.printing import print_text
from runner.core.metrics import loss
from runner.errors import ConfigError, RunDirectoryError
from runner.store.conditions import Condition, select
from runner.store.directory import DONE, SWEEP, read_json
from runner.store.finding import StoredRun, find_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUTS = Path("outputs")
NAMED_BY_DATASET = ("dataset", "dataset.path")


@dataclass(frozen=True)
class Entry:
    """A run, or a sweep with the best score of its runs."""

    name: str  # its folder, from where was looked
    kind: str  # run or sweep
    started: str | None
    dataset: str
    overrides: dict[str, str]  # of a sweep, the values of each key with commas between
    metric: str | None
    score: float | None
    se: float | None
    status: str  # of a sweep, with the number of its runs
    runs: int


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet list`."""
    parser = argparse.ArgumentParser(
        prog="enet list",
        description="Runs and sweeps, newest first: name, when, dataset, score (the CV mean of the "
        "optimised metric, of a sweep the best), status and overrides.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=OUTPUTS,
        metavar="DIR",
        help="where to look (default: outputs); the runs of a sweep are listed if it is one",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only runs with that value, those in sweeps too; also !=, <, <=, > and >= "
        "(imputer=knn, status=failed, 'cv_mse<60')",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the newest N")
    parser.add_argument("--json", action="store_true", help="print JSON, with all there is")
    return parser


def main(options: argparse.Namespace) -> int:
    """Print the list.

    Raises:
        ConfigError: a condition cannot be read or names a key of no run, or the limit is below 1.
        RunDirectoryError: the folder is not there.
    """
    if options.limit is not None and options.limit < 1:
        raise ConfigError(f"--limit is {options.limit}, but must be at least 1")
    entries = list_entries(options.folder, [Condition.of(text) for text in options.where])
    shown = entries[: options.limit]
    if options.json:
        print(json.dumps([asdict(entry) for entry in shown], indent=2))
        return 0
    if not entries:
        meeting = f" that meets {' and '.join(options.where)}" if options.where else ""
        print_text(f"no run in {options.folder}{meeting}")
        return 0
    print("\n".join(_lines(shown)))
    if len(shown) < len(entries):
        print(f"{len(shown)} of {len(entries)}")
    return 0


def list_entries(folder: Path, conditions: Sequence[Condition] = ()) -> list[Entry]:
    """What is stored under a folder, newest first.

    A sweep is one entry. But with conditions, or where the folder is itself the sweep, each run is.
    This is the one place that an index can stand behind.

    Raises:
        ConfigError: a condition names a key of no run.
        RunDirectoryError: the folder is not there.
    """
    if folder == OUTPUTS and not folder.exists():
        raise RunDirectoryError("there is no folder outputs here: name one, enet list DIR")
    runs = select(find_runs(folder), conditions)
    gathered: dict[Path, list[StoredRun]] = {}
    for run in runs:
        alone = bool(conditions) or run.sweep is None or run.sweep == folder
        gathered.setdefault(run.folder if alone else run.sweep or run.folder, []).append(run)
    entries = [
        _run_entry(group[0], folder) if place == group[0].folder else _sweep_entry(group, folder)
        for place, group in gathered.items()
    ]
    # runs of one second are in their order, so the last is the newest
    return sorted(entries, key=lambda entry: entry.started or "")[::-1]


def _run_entry(run: StoredRun, folder: Path) -> Entry:
    return Entry(
        name=_name(run.folder, folder),
        kind="run",
        started=run.record.get("started"),
        dataset=run.dataset or "-",
        overrides=run.overrides,
        metric=run.metric,
        score=run.score,
        se=run.facts.get(f"cv_{run.metric}_se"),
        status=run.status,
        runs=1,
    )


def _sweep_entry(runs: Sequence[StoredRun], folder: Path) -> Entry:
    scored = [run for run in runs if run.score is not None]
    best = min(scored, key=_loss) if scored and _comparable(scored) else None
    values: dict[str, dict[str, None]] = {}
    for run in runs:
        for key, value in run.overrides.items():
            values.setdefault(key, {})[value] = None
    return Entry(
        name=_name(runs[0].sweep or folder, folder),
        kind="sweep",
        started=min(filter(None, (run.record.get("started") for run in runs)), default=None),
        dataset=",".join(dict.fromkeys(run.dataset for run in runs if run.dataset)) or "-",
        overrides={key: ",".join(found) for key, found in values.items()},
        metric=best.metric if best else None,
        score=best.score if best else None,
        se=best.facts.get(f"cv_{best.metric}_se") if best else None,
        status=_status(runs),
        runs=len(runs),
    )


def _status(runs: Sequence[StoredRun]) -> str:
    counts = Counter("finished" if run.status in DONE else run.status for run in runs)
    asked = _asked_for(runs)
    if len(counts) == 1 and asked <= len(runs):
        return f"{len(runs)} {next(iter(counts))}"
    return f"{counts['finished']}/{max(asked, len(runs))} finished"


def _asked_for(runs: Sequence[StoredRun]) -> int:
    """How many runs the sweep has with those that were not begun, as far as it says."""
    sweep = runs[0].sweep
    return int(read_json(sweep / SWEEP).get("runs", 0)) if sweep is not None else 0


def _comparable(runs: Sequence[StoredRun]) -> bool:
    """Whether one of them can be called the best: one metric, family and target of one dataset."""
    targets = [(run.record.get("target") or {}).get("name") for run in runs]
    families = [run.record.get("family", "gaussian") for run in runs]
    datasets = [(run.metric, run.dataset) for run in runs]
    return len(set(zip(datasets, families, map(repr, targets), strict=True))) == 1


def _loss(run: StoredRun) -> float:
    score = run.score or 0.0
    return score if run.metric is None else loss(run.metric, score)


def _name(place: Path, folder: Path) -> str:
    inner = place.relative_to(folder)
    return str(inner) if inner.parts else place.resolve().name


def _lines(entries: Sequence[Entry]) -> list[str]:
    rows = []
    for entry in entries:
        cells = {
            "name": entry.name,
            "when": _when(entry.started),
            "dataset": entry.dataset,
            "score": "-" if entry.score is None else f"{entry.metric} {say_score(entry.score)}",
            "status": entry.status,
        }
        rows.append(Row(cells, note=_said(entry.overrides)))
    return lay_out(rows, names=["name", "dataset"])


def _said(overrides: dict[str, str]) -> str:
    """The overrides, less what the dataset's name says."""
    shown = {key: value for key, value in overrides.items() if key not in NAMED_BY_DATASET}
    return " ".join(f"{key}={value}" for key, value in shown.items())


def _when(started: str | None) -> str:
    """A time in UTC as one of here, to the minute."""
    if started is None:
        return "-"
    return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M")
