"""Datasets in Matrix Market files, .mtx, with the target in a file beside the matrix."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator
from scipy import sparse

from runner.dataset.files import check_target, located
from runner.dataset.sparse_file import SparseFile, SparseParts
from runner.errors import DataError

TARGET = "target"  # what it is called where its file has no names


def _check_optional(given: object) -> object:
    return None if given is None else check_target(given)


class MatrixMarket(SparseFile):
    """A row of the matrix is a row of the data; its columns are called x1, x2, ...

    `target_path` has a line per row: nothing but the target if `target` is null, else it is a CSV
    file with a line of names, of which `target` and the other roles name columns.
    """

    name: Literal["matrix_market"]
    target_path: str
    target: Annotated[str | list[str] | None, BeforeValidator(_check_optional)]
    time: str | None
    group: str | None
    weight: str | None
    event: str | None
    offset: str | None
    exposure: str | None

    @property
    def files(self) -> dict[str, str]:
        """The matrix and the target."""
        return {"path": self.path, "target_path": self.target_path}

    @property
    def targets(self) -> list[str]:
        """As the config says, or what stands for it."""
        if self.target is None:
            return [TARGET]
        return self.target if isinstance(self.target, list) else [self.target]

    def read(self) -> SparseParts:
        """Both files; raises DataError if one cannot be read, or they have not as many rows."""
        values, others = self._matrix(), self._others()
        n, p = values.shape
        if len(others) != n:
            hint = "; if its first line is names, say with dataset.target which is the target"
            hint = hint if self.target is None and len(others) == n + 1 else ""
            raise DataError(
                f"dataset.target_path: {self.target_path} has {len(others):,} rows, but the matrix "
                f"in {self.path} has {n:,}{hint}"
            )
        return SparseParts(values, tuple(f"x{at + 1}" for at in range(p)), others)

    def _matrix(self) -> sparse.csr_array:
        from scipy.io import mmread

        try:
            found: Any = mmread(located(self.path))
        except (ValueError, OSError, OverflowError, EOFError) as error:
            raise DataError(
                f"dataset.path: {self.path} cannot be read as Matrix Market: {error}"
            ) from error
        if np.iscomplexobj(found):
            raise DataError(f"dataset.path: {self.path} has complex numbers, which are no features")
        values: sparse.csr_array = sparse.csr_array(found).astype(np.float64)
        values.sum_duplicates()
        return values

    def _others(self) -> pd.DataFrame:
        """The columns of the target's file."""
        named = self.target is not None
        try:
            frame = pd.read_csv(
                located(self.target_path),
                header="infer" if named else None,
                skip_blank_lines=named,
                low_memory=False,
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError) as error:
            raise DataError(
                f"dataset.target_path: {self.target_path} cannot be read as CSV: {error}"
            ) from error
        if named:
            return frame.rename(columns=str)
        if frame.shape[1] != 1:
            raise DataError(
                f"dataset.target_path: line 1 of {self.target_path} has {frame.shape[1]} values, "
                "but must have one: name the target's column with dataset.target if line 1 is names"
            )
        return frame.set_axis([TARGET], axis=1)
