"""A run's folder comes in; what its page is made of goes out, each table when it is asked for."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.metrics import loss
from runner.report.page.theme import FEATURES
from runner.store.directory import read_composed, read_json, read_overrides, read_record
from runner.store.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.records import Floats

TEXT = ("y_true", "y_pred")  # of predictions.csv, where the target is a class
INTERCEPT = "(intercept)"
PATH_COLUMNS = 5  # alpha, l1_ratio, mean, se, n_nonzero


@dataclass(frozen=True)
class CoefficientPath:
    """What was scored and fitted along alpha, of one response."""

    alpha: Floats  # (a,)
    mean: Floats  # (a,) of the optimised metric over the folds
    se: Floats  # (a,)
    count: Floats  # (a,) of features
    coefficients: Floats  # (a, q) of the features that were asked for

    def __getitem__(self, rows: Any) -> CoefficientPath:  # noqa: ANN401 - any of numpy's indices
        """The same at some of the alphas."""
        return CoefficientPath(*(each[rows] for each in vars(self).values()))


@dataclass(frozen=True)
class Material:
    """A finished run."""

    folder: Path
    record: dict[str, Any]

    @classmethod
    def of(cls, folder: Path, record: dict[str, Any] | None = None) -> Material:
        """The run in a folder, by a record that is not written yet if one is given."""
        return cls(folder, record if record is not None else read_record(folder) or {})

    @property
    def metric(self) -> str:
        """The optimised one."""
        return str(self.record["metric"])

    @property
    def greater_is_better(self) -> bool:
        """Of the optimised metric."""
        return loss(self.record["metric"], 1.0) < 0

    @property
    def family(self) -> str:
        """Its name; a record of an earlier version knows squared error alone."""
        return str(self.record.get("family", "gaussian"))

    @property
    def target(self) -> dict[str, Any]:
        """What is known of the target."""
        found: dict[str, Any] = self.record.get("target", {})
        return found

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config, by section."""
        return read_composed(self.folder) or {}

    @cached_property
    def overrides(self) -> list[str]:
        """As they were typed."""
        return read_overrides(self.folder)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """environment.json; empty if it is not there."""
        return read_json(self.folder / "environment.json")

    @cached_property
    def trials(self) -> pd.DataFrame:
        """trials.csv."""
        return self._table("trials.csv")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """predictions.csv; classes as text."""
        classes = "labels" in self.target
        names = TEXT if classes else ()
        text = dict.fromkeys(names, str)
        return self._table("predictions.csv", dtype=text, keep_default_na=not classes)

    @cached_property
    def out_of_fold(self) -> pd.DataFrame:
        """What predictions.csv has of rows out of fold, each once: of repeats the mean."""
        found = self.predictions
        if not len(found):
            return found
        found = found[found["part"] == "oof"]
        if not found["row"].duplicated().any():
            return found
        kinds = {name: "mean" if found[name].dtype.kind == "f" else "first" for name in found}
        return found.groupby("row", as_index=False).agg(kinds | {"row": "first"})

    @cached_property
    def coefficients(self) -> list[dict[str, str]]:
        """coefficients.csv, as text, without its intercepts."""
        rows = self.rows("coefficients.csv")
        return [row for row in rows if row["rank"] or row["feature"] != INTERCEPT]

    @cached_property
    def responses(self) -> list[str]:
        """Of a family that has several; one without a name else."""
        return list(dict.fromkeys(row.get("response", "") for row in self.coefficients))

    @cached_property
    def strongest(self) -> list[str]:
        """The selected features, the largest standardised coefficient of any response first."""
        size: dict[str, float] = {}
        for row in self.coefficients:
            if row["selected"] == "True":
                own = abs(float(row["standardised"]))
                size[row["feature"]] = max(size.get(row["feature"], 0.0), own)
        return sorted(size, key=lambda name: -size[name])

    @cached_property
    def colours(self) -> dict[str, str]:
        """The colour of each of the strongest features, the same in every figure."""
        return {name: f"$feature{at + 1}" for at, name in enumerate(self.strongest[:FEATURES])}

    def rows(self, name: str) -> list[dict[str, str]]:
        """A table of the folder, as text; empty if it is not there."""
        return read_rows(self.folder / name)

    def path(self, features: Sequence[str], response: str) -> CoefficientPath | None:
        """path.csv of a response, the coefficients of some features; None if it is not there.

        A feature may have the name of any other column, so that columns are taken by their place.
        """
        file = self.folder / "path.csv"
        if not file.is_file():
            return None
        with file.open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        first = _first_feature(header)
        place = {name: at + first for at, name in enumerate(header[first:])}
        known = [at for at, name in enumerate(features) if name in place]
        used = [*range(first), *(place[features[at]] for at in known)]
        table = pd.read_csv(file, header=None, skiprows=1, usecols=used)
        if "response" in header[:first]:
            table = table[table[header[:first].index("response")] == response]
        coefficients = np.zeros((len(table), len(features)))
        coefficients[:, known] = table[used[first:]].to_numpy(float)
        alpha, _, mean, se, count = (table[at].to_numpy(float) for at in range(PATH_COLUMNS))
        return CoefficientPath(alpha, mean, se, count, coefficients)

    def _table(self, name: str, **reading: Any) -> pd.DataFrame:  # noqa: ANN401 - pandas' own
        file = self.folder / name
        return pd.read_csv(file, **reading) if file.is_file() else pd.DataFrame()


def _first_feature(header: Sequence[str]) -> int:
    """The place in path.csv from which on columns are features."""
    at = PATH_COLUMNS
    for name in ("intercept", "response"):
        at += header[at : at + 1] == [name]
    return at
