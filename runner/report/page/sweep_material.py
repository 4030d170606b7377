"""A sweep's folder comes in; its runs, by group and best first, and what varied go out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from runner.core.metrics import loss
from runner.report.numbers import is_number
from runner.report.page.labels import shorten, told_apart
from runner.store.comparable import is_condition
from runner.store.directory import DONE, SWEEP, read_json, read_record
from runner.store.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.core.metrics import MetricName

RESULTS = "results.csv"
BOARDS = ("dataset.", "family.")  # sections whose keys part what is compared
FORMS = {"expected": "expected_{}", "cv": "cv_{}", "se": "cv_{}_se", "test": "test_{}"}
FORMS |= {name: f"{name}_{{}}" for name in ("last_value", "seasonal_naive")}


@dataclass(frozen=True)
class SweptRun:
    """A run of a sweep: its row of results.csv, and its record."""

    row: dict[str, str]
    settings: dict[str, str]  # what the command set, by key
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Of its folder, below that of the sweep."""
        return self.row["run"]

    @property
    def label(self) -> str:
        """Its name, short enough for a sentence."""
        return shorten(self.name)

    @property
    def metric(self) -> MetricName:
        """The optimised one."""
        return cast("MetricName", self.row["metric"])

    @property
    def is_done(self) -> bool:
        """Whether it has ended with a result."""
        return self.row["status"] in DONE

    @property
    def is_scored(self) -> bool:
        """Whether it has a score, and its folder is still there."""
        return self.is_done and bool(self.record) and self.score("cv") is not None

    @property
    def ties(self) -> bool | None:
        """Whether it is the best of its group or cannot be told from it; None without a test."""
        return {"True": True, "False": False}.get(self.row.get("ties", ""))

    @property
    def is_best(self) -> bool:
        """Whether it is that which the others were tested against."""
        return self.ties is True and self.value("p_best") is None

    def value(self, column: str) -> float | None:
        """A number of its row."""
        try:
            found = float(self.row.get(column) or "nan")
        except ValueError:
            return None
        return found if is_number(found) else None

    def score(self, which: str) -> float | None:
        """Of the optimised metric: `expected`, `cv`, its `se`, `test`, or a naive forecast's."""
        return self.value(FORMS[which].format(self.metric))

    @property
    def expected(self) -> dict[str, Any]:
        """The expected score with its interval, as far as they are known."""
        found: dict[str, Any] = (self.record.get("expected") or {}).get(self.metric) or {}
        return found

    @property
    def seconds(self) -> float | None:
        """What it took itself; None of a run that was taken over."""
        return None if self.row["status"] == "reused" else self.value("seconds")


@dataclass(frozen=True)
class SweptGroup:
    """Runs whose scores can be compared, best first: the same data, folds, family and metric."""

    label: str  # what tells it from the others, empty where there are none
    by: str  # what its order is by, see `SweptRun.score`
    runs: tuple[SweptRun, ...]

    @property
    def metric(self) -> MetricName:
        """The one that all of them optimised."""
        return self.runs[0].metric

    @property
    def best(self) -> SweptRun:
        """The run that others were tested against, else the first one."""
        return next((run for run in self.runs if run.is_best), self.runs[0])

    @property
    def of(self) -> str:
        """What a sentence adds: " for hitters"."""
        return f" for {self.label}" if self.label else ""

    def value(self, run: SweptRun) -> float:
        """The score that the order is by."""
        return run.score(self.by) or 0.0

    def loss(self, run: SweptRun) -> float:
        """The same, the less the better."""
        return float(loss(self.metric, self.value(run)))


@dataclass(frozen=True)
class Sweep:
    """What a sweep's folder holds."""

    folder: Path
    runs: tuple[SweptRun, ...]  # that have ended, in the order of the command

    @classmethod
    def of(cls, folder: Path) -> Sweep:
        """The sweep in a folder, from its table and its runs' records; there may be no run yet."""
        rows = read_rows(folder / RESULTS)
        names = list(rows[0]) if rows else []
        keys = names[1 : names.index("status")] if rows else []
        records = (read_record(folder / row["run"]) or {} for row in rows)
        return cls(
            folder,
            tuple(
                SweptRun(row, {key: row[key] for key in keys}, record)
                for row, record in zip(rows, records, strict=True)
            ),
        )

    @cached_property
    def about(self) -> dict[str, Any]:
        """sweep.json."""
        return read_json(self.folder / SWEEP)

    @property
    def left(self) -> int:
        """How many runs have not ended."""
        return max(int(self.about.get("runs", 0)) - len(self.runs), 0)

    @cached_property
    def varied(self) -> dict[str, list[str]]:
        """The values of each key that has several, numbers in their order."""
        keys = self.runs[0].settings if self.runs else ()
        found = {key: _in_order(run.settings[key] for run in self.runs) for key in keys}
        return {key: values for key, values in found.items() if len(values) > 1}

    @cached_property
    def conditions(self) -> list[str]:
        """The keys that part runs into groups."""
        return [key for key in self.varied if is_condition(key) or key.startswith(BOARDS)]

    @cached_property
    def options(self) -> dict[str, list[str]]:
        """The other ones, whose values compete."""
        return {key: each for key, each in self.varied.items() if key not in self.conditions}

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """A short form of each value of what varied."""
        return {key: _labels(key, values) for key, values in self.varied.items()}

    @cached_property
    def groups(self) -> tuple[SweptGroup, ...]:
        """The runs that can be compared with each other; the order is that of the command."""
        parted: dict[str, list[SweptRun]] = {}
        for run in self.runs:
            if run.is_scored:
                parted.setdefault(self._group_key(run), []).append(run)
        labels = self._group_labels(list(parted.values()))
        pairs = zip(labels, parted.values(), strict=True)
        return tuple(_ordered(label, runs) for label, runs in pairs)

    @cached_property
    def unscored(self) -> tuple[SweptRun, ...]:
        """The runs that have ended without a score, or whose folder is gone."""
        return tuple(run for run in self.runs if not run.is_scored)

    def label(self, run: SweptRun, keys: Iterable[str]) -> str:
        """What a run has of some keys, for a sentence: "imputer=mean, search=grid"."""
        return ", ".join(f"{key}={self.labels[key][run.settings[key]]}" for key in keys)

    def _group_key(self, run: SweptRun) -> str:
        environment = read_json(self.folder / run.name / "environment.json")
        known = [run.record.get(key) for key in ("folds", "family", "test_rows")]
        own = [run.settings[key] for key in self.conditions]
        return repr([environment.get("data_hash"), run.metric, known, own])

    def _group_labels(self, groups: Sequence[Sequence[SweptRun]]) -> list[str]:
        """What the runs of a group share and others do not have."""
        if len(groups) < 2:  # noqa: PLR2004 - nothing to tell apart
            return [""] * len(groups)
        said = [[self._condition(runs[0], key) for key in self.conditions] for runs in groups]
        alone = len({tuple(each) for each in said}) < len(groups)
        pairs = zip(said, groups, strict=True)
        parts = ([*each, *([runs[0].metric] if alone else [])] for each, runs in pairs)
        return told_apart([", ".join(each) for each in parts])

    def _condition(self, run: SweptRun, key: str) -> str:
        value = self.labels[key][run.settings[key]]
        return value if key in {"dataset", "dataset.path"} else f"{key} {value}"


def _ordered(label: str, runs: Sequence[SweptRun]) -> SweptGroup:
    """By the expected score where all have one, else by the CV mean."""
    is_known = all(run.score("expected") is not None for run in runs)
    group = SweptGroup(label, "expected" if is_known else "cv", tuple(runs))
    return SweptGroup(label, group.by, tuple(sorted(runs, key=group.loss)))


def _in_order(values: Iterable[str]) -> list[str]:
    """Each once: numbers by size, names as they come."""
    found = list(dict.fromkeys(values))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def _labels(key: str, values: list[str]) -> dict[str, str]:
    """Files by their names where these differ."""
    plain = [value or "null" for value in values]
    names = [Path(value.strip("'\"")).name for value in plain]
    shown = names if key == "dataset.path" and len(set(names)) == len(names) else plain
    return dict(zip(values, told_apart(shown), strict=True))
