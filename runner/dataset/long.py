"""Datasets in long form: a line per entry that is not 0, with its row, its column and its value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator
from scipy import sparse

from runner.dataset.files import check_target, located
from runner.dataset.roles import SINGLE, no_column
from runner.dataset.sparse_file import SparseFile, SparseParts
from runner.errors import DataError


def _as_names(given: object) -> object:
    """A number may name a column."""
    if isinstance(given, list):
        return check_target([_as_names(one) for one in given])
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Name = Annotated[str | None, BeforeValidator(_as_names)]


class Long(SparseFile):
    """A Parquet or CSV file of entries, in any order.

    `row`, `column` and `value` name the file's columns. Rows are ordered by what `row` says, and so
    are columns; what has no entry is 0, the target included, and an empty value is missing. The
    target and the other roles are entries of the columns that they name.
    """

    name: Literal["long"]
    row: str
    column: str
    value: str
    target: Annotated[str | list[str], BeforeValidator(_as_names)]
    time: Name
    group: Name
    weight: Name
    event: Name
    offset: Name
    exposure: Name

    @property
    def targets(self) -> list[str]:
        """As the config says."""
        return self.target if isinstance(self.target, list) else [self.target]

    def read(self) -> SparseParts:
        """All entries; raises DataError, with the line, if one cannot be used."""
        frame = self._entries()
        row, rows = self._codes(frame, self.row)
        column, columns = self._codes(frame, self.column)
        values = self._values(frame)
        _refuse_twice(row * len(columns) + column, self._at)
        matrix = sparse.csr_array(
            sparse.coo_array((values, (row, column)), shape=(len(rows), len(columns)))
        )
        return _with_roles(matrix, tuple(map(_text, columns)), self._named())

    def _named(self) -> dict[str, str]:
        """The key that names each column with a role."""
        roles = {getattr(self, key): key for key in SINGLE}
        return {name: key for name, key in roles.items() if name is not None} | dict.fromkeys(
            self.targets, "target"
        )

    def _entries(self) -> pd.DataFrame:
        """The three columns."""
        import pyarrow as pa

        file, names = located(self.path), [self.row, self.column, self.value]
        try:
            if self._is_parquet:
                frame: pd.DataFrame = pd.read_parquet(file)
            else:
                frame = pd.read_csv(file, low_memory=False)
        except (pd.errors.ParserError, ValueError, OSError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"dataset.path: {self.path} cannot be read: {reason}") from error
        columns = [str(name) for name in frame]
        for key, name in zip(("row", "column", "value"), names, strict=True):
            if name not in columns:
                raise no_column(columns, f"dataset.{key}", name)
        return frame[names]

    @property
    def _is_parquet(self) -> bool:
        return Path(self.path).suffix in {".parquet", ".pq"}

    def _at(self, position: int) -> str:
        """Where an entry is, for a message."""
        where = f"row {position + 1}" if self._is_parquet else f"line {position + 2}"
        return f"dataset.path: {where} of {self.path}"

    def _codes(self, frame: pd.DataFrame, name: str) -> tuple[Any, list[Any]]:
        """Where each entry is among the different ones, in order, and these."""
        absent = np.flatnonzero(frame[name].isna().to_numpy())
        if absent.size:
            raise DataError(f"{self._at(int(absent[0]))} has no {name}")
        try:
            codes, found = pd.factorize(frame[name], sort=True)
        except TypeError:  # numbers and texts have no order
            codes, found = pd.factorize(frame[name].map(str), sort=True)
        return codes.astype(np.int64), list(found)

    def _values(self, frame: pd.DataFrame) -> Any:  # noqa: ANN401 - (entries,) of numbers
        given = frame[self.value]
        numbers = pd.to_numeric(given, errors="coerce")
        odd = np.flatnonzero((numbers.isna() & given.notna()).to_numpy())
        if odd.size:
            at = int(odd[0])
            raise DataError(
                f"{self._at(at)} has the {self.value} {given.iloc[at]!r}, which is not a number"
            )
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _refuse_twice(cell: Any, at: Any) -> None:  # noqa: ANN401 - whole numbers, and what says where
    """Raise DataError if an entry is there more than once."""
    order = np.argsort(cell, kind="stable")
    again = order[1:][np.diff(cell[order]) == 0]
    if again.size:
        raise DataError(f"{at(int(again.min()))} has an entry that was there before")


def _text(name: object) -> str:
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _with_roles(
    matrix: sparse.csr_array, names: tuple[str, ...], roles: dict[str, str]
) -> SparseParts:
    """The features apart from the columns with a role, by name with the key that names them."""
    place = {name: at for at, name in enumerate(names)}
    for name, key in roles.items():
        if name not in place:
            raise no_column(list(names), f"dataset.{key}", name)
    columns = matrix.tocsc()
    others = {name: columns[:, [place[name]]].toarray().ravel() for name in roles}
    kept = np.setdiff1d(np.arange(len(names)), [place[name] for name in roles])
    frame = pd.DataFrame(others, index=pd.RangeIndex(matrix.shape[0]))
    return SparseParts(sparse.csr_array(columns[:, kept]), tuple(names[at] for at in kept), frame)
