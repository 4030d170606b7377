"""What a person sees: a progress bar while a run goes on, tables when it and a sweep end."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from runner.report.naive_words import shortfalls
from runner.report.search_lines import search_lines
from runner.report.specs import Report, Shown
from runner.report.terminal.baseline_table import compared_lines, reasons
from runner.report.terminal.columns import Line, wrap
from runner.report.terminal.ledger_line import ledger_line, sweep_ledger_line
from runner.report.terminal.progress_bars import Advance, Bars, Lines, ignore
from runner.report.terminal.run_summary import (
    baseline_lines,
    closing_lines,
    coefficient_lines,
    finding_lines,
    opening_lines,
    score_lines,
)
from runner.report.terminal.sweep_table import sweep_lines, sweep_notes
from runner.store.encryption import encrypted
from runner.store.plain_text import reveal
from runner.store.report_files import LIBRARY, PAGE
from runner.store.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

WIDTH_WITHOUT_TERMINAL = 100


class Screen:
    """Shows what a report section asks for; a report of another kind shows nothing."""

    def __init__(self, report: Report | None, console: Console | None = None) -> None:
        self._report = report if isinstance(report, Shown) else None
        self._console = console or _console()
        moving = self._console.is_terminal and not self._console.is_dumb_terminal
        self._shown = Bars(self._console) if moving else Lines(self.say)

    @contextmanager
    def progress(self, what: str, total: int | None, unit: str = "candidates") -> Iterator[Advance]:
        """How far `total` steps are, None if unknown; yields what advances them.

        A bar on a terminal, a line now and then elsewhere; what is begun meanwhile is shown too.
        """
        if self._report is None or not self._report.progress:
            yield ignore
            return
        with self._shown.show(what, total, unit) as advance:
            yield advance

    def say(self, text: str) -> None:
        """A line of plain text; on a terminal, broken between words where it is too long."""
        if self._report is not None:
            terminal, shown = self._console.is_terminal, reveal(text)
            for line in wrap(shown, self._console.width) if terminal else [shown]:
                self._print(line)

    def say_error(self, text: str) -> None:
        """The same of what has failed, which is said even where nothing else is."""
        if self._report is not None:
            self.say(text)
        else:
            print(reveal(text, breaks=True), file=sys.stderr)  # noqa: T201 - where errors go

    def show_run(self, folder: Path, record: Mapping[str, Any], looks: int) -> None:
        """The summary of a finished run, as its record and its coefficients.csv have it."""
        if self._report is None:
            return
        self.say("")
        self.show_record(folder, record, looks, top=self._report.top)
        self.say(_files_line(folder))
        self.say_page(folder)

    def say_page(self, folder: Path) -> None:
        """Where the page of a run or a sweep is, if it has one: the last line, as it is opened."""
        if (folder / PAGE).exists():
            self.say(f"page: {folder / PAGE}")

    def show_record(
        self, folder: Path, record: Mapping[str, Any], looks: int, *, top: int | None
    ) -> None:
        """The same without the names of the files.

        Args:
            folder: the run's.
            record: its record.
            looks: how often its test rows have been looked at.
            top: how many coefficients, or None for all.
        """
        width = self._console.width
        for text in opening_lines(record):
            self.say(text)
        metrics = list(record["cv"])
        self._show(score_lines(record, width), bold=metrics.index(record["metric"]))
        self._show(baseline_lines(record, width))
        looked = ledger_line(record, looks)
        for text in [*shortfalls(record), *([looked] if looked else []), *closing_lines(record)]:
            self.say(text)
        self._show(coefficient_lines(read_rows(folder / "coefficients.csv"), width, top))
        if encrypted(folder / "coefficients.csv").exists():
            self.say("the features are encrypted: age --decrypt -i KEY coefficients.csv.age")
        self.show_findings(record["checks"])

    def show_search(self, record: Mapping[str, Any]) -> None:
        """How a finished run's search went."""
        for text in search_lines(record):
            self.say(text)

    def show_findings(self, checks: Sequence[Mapping[str, str]]) -> None:
        """What checks have found."""
        for text in finding_lines(checks):
            self.say(text)

    def show_sweep(self, results: pd.DataFrame, looks: int, paths: Sequence[Path]) -> None:
        """The table of a sweep, best first, and how often its test rows have been looked at."""
        if self._report is None:
            return
        self.say("")
        self._show(sweep_lines(results, self._console.width))
        for note in sweep_notes(results):
            self.say(note)
        looked = sweep_ledger_line(looks)
        if looked is not None:
            self.say(looked)
        self._say_files(paths)

    def show_comparison(
        self,
        parts: Sequence[tuple[str, pd.DataFrame]],
        labels: Sequence[str],
        meaning: str,
        paths: Sequence[Path],
    ) -> None:
        """The tables of a sweep whose runs are compared with a baseline.

        Args:
            parts: a title, and rows of comparison.csv.
            labels: the overrides that name a run within a part.
            meaning: what the differences are.
            paths: where all of it is.
        """
        if self._report is None:
            return
        for title, part in parts:
            self.say("")
            if title:
                self.say(title)
            self._show(compared_lines(part, labels, self._console.width))
            for reason in reasons(part, labels):
                self.say(reason)
        self.say("")
        self.say(meaning)
        self._say_files(paths)

    def _show(self, lines: Sequence[Line], bold: int | None = None) -> None:
        """A table that fits, its header bold, and one of its rows if so asked."""
        for line in lines:
            self._print(line.text, bold=line.row is None or line.row == bold)

    def _print(self, text: str, *, bold: bool = False) -> None:
        style = "bold" if bold else None
        plain = Text(text, style or "")  # neither markup nor :names: of emoji
        self._console.print(plain, soft_wrap=True)

    def _say_files(self, paths: Sequence[Path]) -> None:
        if paths:
            self.say("wrote " + ", ".join(str(path) for path in paths))


def _console() -> Console:
    chosen = os.isatty(1) or "COLUMNS" in os.environ
    return Console(width=None if chosen else WIDTH_WITHOUT_TERMINAL, highlight=False)


def _files_line(folder: Path) -> str:
    own = {PAGE, LIBRARY}
    names = sorted(
        path.name
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name not in own
    )
    return f"wrote {folder}/: {', '.join(names)}"
