"""A folder comes in; the runs that are stored under it go out, read from their directories."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import RunDirectoryError
from runner.store.differences import flatten
from runner.store.directory import SWEEP, read_composed, read_json, read_record
from runner.store.lock import is_locked
from runner.store.own_files import RECORD, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.core.metrics import MetricName

SWEEP_FILES = (SWEEP, "results.csv")
FILES_OF_DATA = ("csv", "parquet")  # datasets that are told apart by their file's name
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class StoredRun:
    """One run's directory: its record, and on demand what else is stored there."""

    folder: Path
    record: dict[str, Any]
    sweep: Path | None = None  # the folder of the sweep that it was found in
    composed: dict[str, Any] | None = None  # its config, where whoever asks has it already

    @cached_property
    def status(self) -> str:
        """As recorded; a run that is running in no process has been interrupted."""
        status = str(self.record.get("status", UNREADABLE))
        return "interrupted" if status == "running" and not is_locked(self.folder) else status

    @property
    def metric(self) -> MetricName | None:
        """The optimised one."""
        return self.record.get("metric")

    @property
    def score(self) -> float | None:
        """The winner's mean over folds of the optimised metric."""
        found = (self.record.get("cv") or {}).get(self.metric) or {}
        mean: float | None = found.get("mean")
        return mean

    @property
    def overrides(self) -> dict[str, str]:
        """What the command and the sweep set, by key."""
        return self.record.get("overrides") or {}

    @property
    def choices(self) -> dict[str, str]:
        """The option of each group; a dataset that is a file has the file's name."""
        chosen = self.record.get("choices") or {}
        return chosen | {"dataset": self.dataset} if self.dataset else chosen

    @cached_property
    def dataset(self) -> str:
        """The dataset's option, or the file's name where it is a file of any name."""
        option = str((self.record.get("choices") or {}).get("dataset", ""))
        if option not in FILES_OF_DATA:
            return option
        recorded = (self.record.get("dataset") or {}).get("path")
        path = recorded or self.overrides.get("dataset.path") or self.config.get("dataset.path")
        return Path(str(path).strip("'\"")).name if path else option

    @cached_property
    def sections(self) -> dict[str, Any]:
        """The config as it was composed; empty where it was not stored."""
        return self.composed or read_composed(self.folder) or {}

    @cached_property
    def config(self) -> dict[str, Any]:
        """The values of the config by dotted key."""
        return flatten(self.sections)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What it ran on; empty where that was not stored."""
        return read_json(self.folder / "environment.json")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the record says, under the names of results.csv's columns, and the options."""
        record = self.record
        facts: dict[str, Any] = {"name": self.folder.name, **self.choices, "status": self.status}
        facts |= {key: record.get(key) for key in ("metric", "started", "n_selected", "n_features")}
        for metric, found in (record.get("cv") or {}).items():
            facts |= {f"cv_{metric}": found.get("mean"), f"cv_{metric}_se": found.get("se")}
            test = (record.get("test") or {}).get(metric) or {}
            facts[f"test_{metric}"] = test.get("score")
        for name, found in (record.get("baselines") or {}).items():
            facts[f"{name}_{self.metric}"] = found["cv"][self.metric]["mean"]
            facts[f"test_{name}_{self.metric}"] = (found["test"] or {}).get(self.metric)
        best = (record.get("best") or {}).get("parameters") or {}
        facts |= {f"best_{key}": value for key, value in best.items()}
        facts["seconds"] = sum((record.get("timings") or {}).values()) or None
        return facts


def find_runs(folder: Path) -> list[StoredRun]:
    """Every run stored in or under a folder: the one of a run, those of a sweep, or of any folders.

    What lies within a run's directory, such as a reproduction, is not another run; nor is what a
    registry of models has.

    Raises:
        RunDirectoryError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunDirectoryError(f"{folder} is no folder: name a run, a sweep or a folder of them")
    return list(walk_runs(folder))


def walk_runs(folder: Path) -> Iterator[StoredRun]:
    """The same of a folder that is there, one after the other."""
    return _walk(folder, None)


def open_run(folder: Path) -> StoredRun:
    """The run stored in a folder.

    Raises:
        RunDirectoryError: there is none, or its record cannot be read.
    """
    record = read_record(folder)
    if record is None:
        is_sweep = any((folder / name).is_file() for name in SWEEP_FILES)
        remedy = "name one of its runs" if is_sweep else f"a run's directory has {RECORD}"
        what = "a sweep" if is_sweep else "no run's directory"
        raise RunDirectoryError(f"{folder} is {what}: {remedy}")
    return StoredRun(folder, record)


def _walk(folder: Path, sweep: Path | None) -> Iterator[StoredRun]:
    if (folder / RECORD).is_file():
        yield StoredRun(folder, read_record(folder) or {}, sweep)
        return
    if any((folder / name).is_file() for name in SWEEP_FILES):
        sweep = folder
    try:
        entries = sorted(folder.iterdir(), key=_natural)
    except PermissionError:  # another user's
        return
    for inner in entries:
        if inner.is_dir() and not inner.name.startswith(".") and not (inner / REGISTRY).is_file():
            yield from _walk(inner, sweep)


def _natural(path: Path) -> tuple[int, str]:
    """Runs of a sweep are numbered: 2 comes before 10."""
    return (len(path.name) if path.name.isdigit() else 0, path.name)
