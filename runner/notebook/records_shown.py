"""The directory of a run or a sweep comes in; its record, tables and model go out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from runner.errors import RunDirectoryError
from runner.experiment.sweep_rows import ranked, shown
from runner.report.terminal.run_summary import closing_lines, finding_lines, opening_lines
from runner.saved_model import load_model
from runner.store.finding import find_runs, open_run

if TYPE_CHECKING:
    from runner.saved_model import SavedModel

TOP = 10  # coefficients, and runs, that a notebook shows


@dataclass(frozen=True)
class Run:
    """A run that is stored: its record, and its tables as they are asked for."""

    folder: Path
    record: dict[str, Any] = field(repr=False)

    @property
    def status(self) -> str:
        """finished, running, failed, refused, interrupted or reused."""
        return str(self.record["status"])

    @property
    def best(self) -> dict[str, Any]:
        """The winner's parameters, by dotted key."""
        best: dict[str, Any] = self.record["best"]["parameters"]
        return best

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row per metric: the mean over folds (`cv`), its standard error (`se`), and `test`."""
        test = self.record.get("test") or {}
        rows = {
            metric: {
                "cv": found["mean"],
                "se": found["se"],
                "test": (test.get(metric) or {}).get("score"),
            }
            for metric, found in self.record["cv"].items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")

    @property
    def coefficients(self) -> pd.DataFrame:
        """coefficients.csv."""
        return self.table("coefficients")

    @property
    def predictions(self) -> pd.DataFrame:
        """predictions.csv."""
        return self.table("predictions")

    @property
    def trials(self) -> pd.DataFrame:
        """trials.csv."""
        return self.table("trials")

    def table(self, name: str) -> pd.DataFrame:
        """One of the run's tables by the name of its file, without the ending.

        Raises:
            RunDirectoryError: the run has no such table.
        """
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            there = ", ".join(sorted(found.stem for found in self.folder.glob("*.csv")))
            raise RunDirectoryError(f"{self.folder} has no table {name!r}, but {there}")
        return pd.read_csv(path)

    @cached_property
    def model(self) -> SavedModel:
        """The saved model, checked as `load_model` does."""
        return load_model(self.folder)

    def _repr_html_(self) -> str:
        """What a notebook shows: what was run, its scores, the largest coefficients, the checks."""
        if "cv" not in self.record:
            return _paragraph(f"{self.status}: {self.record.get('error', '')}")
        said = [*opening_lines(self.record), *closing_lines(self.record)]
        tables = [self.scores.to_html(float_format=_short)]
        if (self.folder / "coefficients.csv").is_file():
            tables.append(_largest(self.coefficients).to_html(index=False, float_format=_short))
        checks = finding_lines(self.record.get("checks") or [])
        return "\n".join([*map(_paragraph, said), *tables, *map(_paragraph, checks)])


@dataclass(frozen=True)
class Sweep:
    """A sweep that is stored: its results, and its runs."""

    folder: Path

    @cached_property
    def results(self) -> pd.DataFrame:
        """results.csv, the best run first."""
        return ranked(pd.read_csv(self.folder / "results.csv"))

    @cached_property
    def runs(self) -> list[Run]:
        """Its runs, those that failed among them."""
        return [Run(found.folder, found.record) for found in find_runs(self.folder)]

    @property
    def best(self) -> Run:
        """The run with the best score in cross-validation, which is not its performance.

        Raises:
            RunDirectoryError: no run is finished.
        """
        finished = self.results[self.results["status"].isin(["finished", "reused"])]
        if finished.empty:
            raise RunDirectoryError(f"no run of {self.folder} is finished")
        return load_run(self.folder / str(finished["run"].iloc[0]))

    def _repr_html_(self) -> str:
        """What a notebook shows: the table that ends a sweep."""
        table = shown(self.results).head(TOP).to_html(index=False, float_format=_short)
        return f"<p>{len(self.results):,} runs in {escape(str(self.folder))}</p>\n{table}"


def load_run(folder: Path | str) -> Run:
    """The run in a directory.

    Raises:
        RunDirectoryError: there is none.
    """
    found = open_run(Path(folder))
    return Run(found.folder, found.record)


def load_sweep(folder: Path | str) -> Sweep:
    """The sweep in a directory.

    Raises:
        RunDirectoryError: there is none.
    """
    if not (Path(folder) / "results.csv").is_file():
        raise RunDirectoryError(f"{folder} is no sweep's directory: there is no results.csv")
    return Sweep(Path(folder))


def _largest(coefficients: pd.DataFrame) -> pd.DataFrame:
    """The features with the largest standardised coefficients."""
    selected = coefficients[coefficients["standardised"].abs() > 0]
    return selected.sort_values("standardised", key=abs, ascending=False).head(TOP)


def _short(number: float) -> str:
    return f"{number:.4g}"


def _paragraph(line: str) -> str:
    return f"<p>{escape(line)}</p>"
