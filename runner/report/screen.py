"""What a person sees: a progress bar while a run goes on, tables when it and a sweep end."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from runner.report.baseline_table import compared_table, reasons
from runner.report.specs import Report, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

WIDTH_WITHOUT_TERMINAL = 100


class Screen:
    """Shows what a report section asks for; a report of another kind shows nothing."""

    def __init__(self, report: Report | None, console: Console | None = None) -> None:
        self._report = report if isinstance(report, Summary) else None
        self._console = console or _console()

    @contextmanager
    def progress(
        self, what: str, total: int | None, unit: str = "candidates"
    ) -> Iterator[Callable[[int], None]]:
        """A progress bar of `total` steps, None if unknown; yields what advances it by some."""
        if self._report is None or not self._report.progress:
            yield lambda _: None
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task(what, total=total)
            yield lambda steps: bar.advance(task, steps)

    def say(self, text: str) -> None:
        """A line of plain text."""
        if self._report is not None:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show_run(self, folder: Path, record: dict[str, Any], coefficients: pd.DataFrame) -> None:
        """The summary of a finished run."""
        if self._report is None:
            return
        self.say("")
        self.say(_data_line(record))
        self.say(_best_line(record))
        self._console.print(_score_table(record))
        self.say(f"{record['n_selected']} of {record['n_features']} features selected")
        if self._report.top and record["n_selected"]:
            self._console.print(_coefficient_table(coefficients, self._report.top))
        for line in finding_lines(record["checks"]):
            self.say(line)
        self.say(_files_line(folder))

    def show_sweep(self, results: pd.DataFrame, paths: Sequence[Path]) -> None:
        """The table of a sweep, best first."""
        if self._report is None:
            return
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in results.columns:
            table.add_column(column, justify="left" if results[column].dtype == object else "right")
        for row in results.itertuples(index=False):
            table.add_row(*[_cell(value) for value in row])
        self.say("")
        self._console.print(table)
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
            self._console.print(compared_table(part, labels))
            for reason in reasons(part, labels):
                self.say(reason)
        self.say("")
        self._console.print(meaning, highlight=False, markup=False)
        self._say_files(paths)

    def _say_files(self, paths: Sequence[Path]) -> None:
        self.say("wrote " + ", ".join(str(path) for path in paths))


def _console() -> Console:
    wide = None if os.isatty(1) else WIDTH_WITHOUT_TERMINAL
    return Console(width=wide, highlight=False)


def _data_line(record: dict[str, Any]) -> str:
    data = record["dataset"]
    columns = f"{data['numeric']} numeric and {data['categorical']} categorical columns"
    line = (
        f"{record['choices'].get('dataset', 'dataset')}: {data['rows']:,} rows, {columns}, "
        f"{data['missing_share']:.1%} of values missing"
    )
    dropped = [f"{count:,} rows with {reason}" for reason, count in data["dropped"].items()]
    line += f" ({', '.join(dropped)} left out)" if dropped else ""
    streamed = "; streamed, so without predictions.csv and missingness.csv"
    return line + (streamed if data.get("streamed") else "")


def finding_lines(checks: Sequence[dict[str, str]]) -> list[str]:
    """A line for each check that has found something, warnings first."""
    grouped: dict[str, list[dict[str, str]]] = {}
    for found in sorted(checks, key=lambda found: (found["severity"] != "warning", found["code"])):
        grouped.setdefault(found["code"], []).append(found)
    lines = []
    for code, group in grouped.items():
        first, more = group[0], len(group) - 1
        rest = f" (and {more} more of these in run.json)" if more else ""
        lines.append(f"{first['severity']} {code}: {first['message']}{rest}; {first['remedy']}")
    return lines


def _best_line(record: dict[str, Any]) -> str:
    parameters = record["best"]["parameters"]
    best = ", ".join(f"{key} {_cell(value)}" for key, value in parameters.items())
    return f"best of {record['search']['trials']:,} candidates: {best}"


def _score_table(record: dict[str, Any]) -> Table:
    test = record["test"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("metric")
    table.add_column("CV mean", justify="right")
    table.add_column("SE", justify="right")
    if test is not None:
        table.add_column("test", justify="right")
        table.add_column(f"{test['level']:.0%} interval", justify="right")
    for metric, scores in record["cv"].items():
        cells = [metric, _cell(scores["mean"]), _cell(scores["se"])]
        if test is not None:
            found = test[metric]
            cells += [_cell(found["score"]), f"{_cell(found['low'])} to {_cell(found['high'])}"]
        table.add_row(*cells, style="bold" if metric == record["metric"] else "")
    return table


def _coefficient_table(coefficients: pd.DataFrame, top: int) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("strongest features")
    table.add_column("per standard deviation", justify="right")
    table.add_column("per unit", justify="right")
    strongest = coefficients[coefficients["selected"]].sort_values("rank").head(top)
    for row in strongest.itertuples(index=False):
        table.add_row(str(row.feature), _cell(row.standardised), _cell(row.coefficient))
    return table


def _files_line(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return f"wrote {folder}/: {', '.join(names)}"


def _cell(value: Any) -> str:  # noqa: ANN401 - any value of a table
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"  # noqa: PLR2004 - readable
    return str(value)
