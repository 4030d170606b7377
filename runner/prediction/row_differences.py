"""Batches that were cast come in; how the rows of a file are unlike those of training goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.errors import DataError
from runner.saved_model.casting import Cast, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.prediction.cast_batch import CastBatch
    from runner.prediction.row_source import RowSource
    from runner.saved_model.manifest_file import Manifest

UNKNOWN = "a level that training did not have"
OUTSIDE = "a number out of the range of training"


@dataclass
class Differences:
    """What was seen so far, counted by column."""

    absent: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    skipped: int = 0  # rows without a prediction, by the imputer's rule

    @classmethod
    def of(cls, names: Sequence[str], manifest: Manifest, ids: Sequence[str]) -> Differences:
        """Those of the columns; a target that is there is nothing to speak of."""
        known = {column.name for column in manifest.columns}
        expected = [column.name for column in manifest.columns if not column.past]
        passed = {*known, *ids, *manifest.targets}
        return cls(
            absent=[name for name in expected if name not in names],
            extra=[name for name in names if name not in passed],
        )

    def add(self, cast: CastBatch, rows: int) -> None:
        """Count a batch's."""
        self.rows += rows
        for counts, found in (
            (self.unknown, cast.unknown),
            (self.outside, cast.outside),
            (self.missing, cast.missing),
        ):
            for name, where in found.items():
                counts[name] = counts.get(name, 0) + int(where.sum())

    def lines(self, shown: str) -> list[str]:
        """What a person should know of the predictions: a sentence each."""
        cast = Cast(
            pd.DataFrame(), self.absent, self.extra, self.unknown, self.outside, self.missing
        )
        said = [f"predicted {_rows(self.rows)} of {shown}", *cast.differences()]
        if self.missing:
            counts = [f"{name} {count:,}" for name, count in self.missing.items()]
            said.append(f"with missing values: {listed(counts)}")
        if self.skipped:
            said.append(
                f"{_rows(self.skipped)} without a prediction: too many of their values are missing "
                "(imputer.rows)"
            )
        return said


def refuse_absent(differences: Differences, shown: str) -> None:
    """Raise DataError if columns are not there, for those who want none to be imputed whole."""
    if differences.absent:
        raise DataError(f"--strict: {shown} has no column {listed(differences.absent)}")


def refuse_unlike(cast: CastBatch, source: RowSource, before: int) -> None:
    """Raise DataError at the first value of a batch that training had none like.

    Args:
        cast: the batch.
        source: what it was read from.
        before: how many rows come before it.
    """
    for found, what in ((cast.unknown, UNKNOWN), (cast.outside, OUTSIDE)):
        for name, where in found.items():
            at = int(np.argmax(where))
            place, value = source.place(before + at), cast.value(name, at)
            raise DataError(f"--strict: {place}, column {name!r}: {value!r} is {what}")


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
