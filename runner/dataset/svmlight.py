"""Datasets in svmlight's format, which is libsvm's too: a label and index:value pairs a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from runner.dataset.encodings import open_bytes
from runner.dataset.files import located
from runner.dataset.sparse_file import SparseFile, SparseParts
from runner.errors import DataError

if TYPE_CHECKING:
    from runner.records import Floats

TARGET = "label"
SHOWN = 40  # letters of what a message quotes


class Svmlight(SparseFile):
    """A line per row: its label, and `index:value` for each value that is not 0.

    The features are called x1, x2, ... after their indices. With `zero_based` indices count from
    0; auto does so if the file has an index 0.
    """

    name: Literal["svmlight"]
    zero_based: bool | Literal["auto"]

    @property
    def targets(self) -> list[str]:
        """The label."""
        return [TARGET]

    def read(self) -> SparseParts:
        """All rows; raises DataError, with the line, if the file is not of this format."""
        values, labels = self._load()
        first = int(bool(values.shape[1]) and self._begins_at_one(values))
        values = values[:, first:] if first else values
        names = tuple(f"x{at}" for at in range(first, values.shape[1] + first))
        return SparseParts(values, names, pd.DataFrame({TARGET: labels}))

    def _load(self) -> tuple[sparse.csr_array, Floats]:
        """The rows with a column 0, (n, p + 1), and their labels."""
        from sklearn.datasets import load_svmlight_file

        file = str(located(self.path))
        try:
            X, labels = load_svmlight_file(file, zero_based=True)
        except (ValueError, OSError, OverflowError, UnicodeError) as error:
            raise self._first_problem() or DataError(
                f"dataset.path: {self.path} is not in svmlight's format: {error}"
            ) from error
        return sparse.csr_array(X), labels

    def _begins_at_one(self, values: sparse.csr_array) -> bool:
        if self.zero_based == "auto":
            return not (values.indices == 0).any()
        if not self.zero_based and (values.indices == 0).any():
            row = int(
                np.searchsorted(values.indptr, np.flatnonzero(values.indices == 0)[0], "right")
            )
            raise DataError(
                f"dataset.path: row {row} of {self.path} has the index 0, but indices count from 1 "
                "with dataset.zero_based=false: set it to true"
            )
        return not self.zero_based

    def _first_problem(self) -> DataError | None:
        """What is wrong with the first line that is, if any is by itself."""
        file = located(self.path)
        try:
            with open_bytes(file) as lines:
                for number, line in enumerate(lines, start=1):
                    problem = _problem_of(line.decode("utf-8", "replace"))
                    if problem is not None:
                        return DataError(f"dataset.path: line {number} of {self.path} {problem}")
        except OSError:
            return None
        return None


def _problem_of(line: str) -> str | None:
    """What is wrong with a line, None if nothing is."""
    parts = line.partition("#")[0].split()
    if not parts:
        return None
    label, *pairs = parts
    if _number(label) is None:
        return f"has the label {label[:SHOWN]!r}, which is not a number"
    last = -1
    for pair in pairs:
        index, colon, value = pair.partition(":")
        if index == "qid":
            continue
        if not colon or _number(value) is None:
            return f"has {pair[:SHOWN]!r}, which is not index:value with a number as its value"
        if not index.isascii() or not index.isdigit():
            return f"has {pair[:SHOWN]!r}, whose index is not a whole number from 0 on"
        if int(index) <= last:
            return f"has {pair[:SHOWN]!r} after the index {last}, but indices must rise"
        last = int(index)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
