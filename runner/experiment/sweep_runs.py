"""The runs of a sweep that goes on: those that are done stay, the others are made."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pandas as pd

from runner.config.composed_there import Origin
from runner.errors import RunDirectoryError, RunnerError
from runner.experiment.job import job_of
from runner.experiment.one_run import make_here, make_planned
from runner.experiment.run import Outcome, record_failure
from runner.experiment.sweep_progress import SweepProgress
from runner.experiment.sweep_rows import against_best, row_of
from runner.experiment.workspace import Workspace
from runner.launcher import SHARED, Site, WorkerDied
from runner.store.differences import describe_differences, differences
from runner.store.directory import DONE, read_composed, read_json, read_record
from runner.store.finding import StoredRun
from runner.store.fingerprint import settled
from runner.store.index import runs_under
from runner.store.sweep_directory import describe_sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runner.config import ExperimentConfig, Plan
    from runner.experiment.job import Job
    from runner.report.terminal.screen import Screen
    from runner.store.directory import RunDirectory
    from runner.store.sweep_directory import Command

BETWEEN = 2.0  # seconds at least between two writings of a table that grows
SHARE = 0.02  # of the time that may go into them
TABLES = "tables"  # those that were read, in what the processes share
DIGITS = 8  # that tell one start of a sweep from another
SHOWN = 12  # digits of a hash


@dataclass
class SweepRuns:
    """A sweep under way."""

    directory: RunDirectory
    plan: Plan
    command: Command
    screen: Screen
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)  # of results.csv, by number
    workspace: Workspace = field(default_factory=Workspace)
    _next: float = 0.0

    @classmethod
    def of(cls, directory: RunDirectory, plan: Plan, command: Command, screen: Screen) -> SweepRuns:
        """The runs of a folder, which may have some of them.

        Raises:
            RunDirectoryError: a finished run there was made with another config.
        """
        sweep = cls(directory, plan, command, screen)
        sweep._look_around()
        sweep.write("running")
        return sweep

    @property
    def left(self) -> int:
        """How many runs have not ended."""
        return len(self.plan) - len(self.rows)

    @property
    def config(self) -> ExperimentConfig:
        """Of the first run, which speaks for the sweep."""
        return self.plan.first[0]

    def folder(self, number: int) -> Path:
        """Where a run is made."""
        return self.directory.folder / self.plan.subdirs[number]

    def job(self, number: int) -> Job:
        """A run, as it is made."""
        return job_of(self.plan[number], self.folder(number))

    def run(self) -> None:
        """Make the runs that are not done."""
        waiting = [n for n in range(len(self.plan)) if n not in self.rows]
        if not waiting:  # nor is there a cluster to be asked for then
            return
        fail_fast = self.config.general.fail_fast
        with self.screen.progress("runs", len(waiting), "runs") as advance:
            progress = SweepProgress(advance)
            for number, outcome in self._launch(waiting, progress):
                done = outcome.record["status"] in DONE
                self.rows[number] = self._row(self.folder(number), outcome.record)
                self._say(number, outcome)
                progress.ended(well=done)
                self._write_rows()
                if fail_fast and not done:
                    self.screen.say("fail_fast=true: the other runs are not begun")
                    break

    def gather(self) -> None:
        """Add the runs that an interrupt has kept from being counted, by their records."""
        for number in range(len(self.plan)):
            folder = self.folder(number)
            record = None if number in self.rows else read_record(folder)
            if record is not None and record.get("status") != "running":
                self.rows[number] = self._row(folder, record)

    def write(self, status: str) -> pd.DataFrame:
        """Write results.csv, which is returned too, and sweep.json."""
        results = self.compared()
        if self.rows:
            self.directory.write_table("results.csv", results)
        counts = Counter(row["status"] for row in self.rows.values())
        content = describe_sweep(self.command, status, dict(counts), self.left)
        self.directory.write_json("sweep.json", content)
        return results

    def table(self) -> pd.DataFrame:
        """A row per run that has ended, in the order of the runs."""
        return pd.DataFrame([self.rows[number] for number in sorted(self.rows)])

    def compared(self) -> pd.DataFrame:
        """The same, each run against the best of those that can be compared."""
        return against_best(self.table(), self.runs())

    def runs(self) -> Iterator[StoredRun]:
        """The runs that have ended, each read when it is asked for."""
        for number in sorted(self.rows):
            folder = self.folder(number)
            sections = self.plan.sections(number)
            yield StoredRun(folder, read_record(folder) or {}, composed=sections)

    def _row(self, folder: Path, record: dict[str, Any]) -> dict[str, Any]:
        return row_of(folder, record, self.directory.folder)

    def _look_around(self) -> None:
        """Find what an earlier start has left, and say what differs."""
        others = []
        for number in range(len(self.plan)):
            folder = self.folder(number)
            record = read_record(folder)
            if record is None:
                continue
            found = self._differences(self.job(number))
            if record.get("status") not in DONE:
                if found:
                    said = describe_differences(found)
                    self.screen.say(f"run {folder.name} was not finished; now {said}")
            elif found:
                others.append(f"run {folder.name}: {describe_differences(found)}")
            else:
                self.rows[number] = self._row(folder, record)
        if others:
            raise RunDirectoryError(
                f"{self.directory.folder} holds finished runs of another sweep: choose another "
                "hydra.sweep.dir\n" + "\n".join(others)
            )
        if self.rows:
            done = len(self.rows)
            self.screen.say(f"{done} runs are finished already, {self.left} are to be made")
        self._say_what_is_left_out()

    def _say_what_is_left_out(self) -> None:
        """Name the runs in the folder that an earlier command made, and this one does not ask for.

        They stay where they are.
        """
        own = {self.folder(number).resolve() for number in range(len(self.plan))}
        folders = [folder.resolve() for folder, _ in runs_under(self.directory.folder)]
        others = sum(folder not in own for folder in folders)
        if others:
            self.screen.say(
                f"runs in the folder that results.csv leaves out, as not asked for: {others}"
            )

    def _differences(self, job: Job) -> dict[str, tuple[Any, Any]]:
        """What a run that is there was made with, and would be made with now."""
        before = read_composed(job.folder)
        if before is None:
            return {}
        now = job.composed.sections
        paths = [sections.get("dataset", {}).get("path") for sections in (before, now)]
        found = differences(settled(before), settled(now))
        if paths[0] != paths[1]:
            found["dataset.path"] = (paths[0], paths[1])
        then = read_json(job.folder / "environment.json").get("data_hash")
        content = self._data_hash(job)
        if content is not None and then is not None and content != then:
            found["the content of the data"] = (then[:SHOWN], content[:SHOWN])
        return found

    def _data_hash(self, job: Job) -> str | None:
        """Of the content of a job's data now; None of a stream, or of what cannot be read."""
        if job.config.dataset.streams:
            return None
        try:
            return self.workspace.table(job.config).data_hash
        except (RunnerError, OSError):
            return None

    def _launch(self, numbers: list[int], progress: SweepProgress) -> Iterator[tuple[int, Outcome]]:
        """Each run's number and how it ended, as they end."""
        launcher = self.config.launcher
        if launcher.in_this_process:
            for at, outcome in launcher.launch(self._make, numbers, Site()):
                yield numbers[at], self._settle(numbers[at], outcome)
            return
        told, shared = self.command, self.directory.folder.absolute() / SHARED
        origin = Origin.of(told.config_dir, told.config_name)
        tables = (
            shared / TABLES / uuid4().hex[:DIGITS]
        )  # of this start: workers may be left of another
        try:
            work = partial(make_planned, origin=origin, tables=tables)
            items = [self.plan.told(number, self.folder(number).absolute()) for number in numbers]
            for at, outcome in launcher.launch(work, items, self._site(shared, progress)):
                yield numbers[at], self._settle(numbers[at], outcome)
            shutil.rmtree(shared, ignore_errors=True)
        finally:  # a worker that was left behind may hold a lock, but needs no table any more
            shutil.rmtree(tables, ignore_errors=True)
            for folder in (tables.parent, shared):
                with suppress(OSError):
                    folder.rmdir()

    def _site(self, shared: Path, progress: SweepProgress) -> Site:
        """What the workers of the sweep have in common."""
        return Site(
            shared=shared,
            packages=tuple(sorted(self.plan.packages)),
            name=lambda planned: str(planned.number),
            alike=lambda planned: planned.data,
            say=self.screen.say,
            count=progress.count,
        )

    def _make(self, number: int) -> Outcome:
        job = self.job(number)
        of_all, named = f"{number + 1} of {len(self.plan)}", _named(job.composed.overrides)
        self.screen.say(f"run {job.folder.name} ({of_all}): {named}")
        return make_here(job, self.workspace, self.screen)

    def _settle(self, number: int, outcome: Outcome | WorkerDied) -> Outcome:
        if not isinstance(outcome, WorkerDied):
            return outcome
        reason = f"its worker died {outcome.tries} times: out of memory, or killed"
        return record_failure(self.job(number), RunnerError(reason))

    def _say(self, number: int, outcome: Outcome) -> None:
        """Show at once what went wrong; of runs elsewhere, that they have ended."""
        name, status = self.folder(number).name, outcome.record["status"]
        if status not in DONE:
            reason = outcome.record.get("error")
            self.screen.say_error(f"run {name} {status}: {reason}")
        elif not self.config.launcher.in_this_process:
            ended = f"run {name} {status} ({len(self.rows)} of {len(self.plan)})"
            self.screen.say(f"{ended}: {_named(outcome.record['overrides'])}")

    def _write_rows(self) -> None:
        """Write the table again if that has not been done for long."""
        now = time.monotonic()
        if now < self._next:
            return
        self.directory.write_table("results.csv", self.table())
        spent = time.monotonic() - now
        self._next = time.monotonic() + max(BETWEEN, spent / SHARE)


def _named(overrides: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in overrides.items())
