"""A file of rows comes in; the names of its columns, and its rows in batches, go out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from runner.dataset.files import refuse_duplicates
from runner.dataset.roles import no_column
from runner.errors import DataError
from runner.saved_model.prediction.csv_rows import CsvRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from runner.saved_model.manifest_file import Manifest

MAGIC = b"PAR1"
ROWS = 65_536  # of a batch


class RowSource(Protocol):
    """Rows in a file."""

    @property
    def names(self) -> list[str]:
        """The columns' names."""

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """All rows in order, at most `rows` at a time."""

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is in the file, for a message."""


@dataclass(frozen=True)
class ParquetRows:
    """Rows of a Parquet file."""

    path: Path
    shown: str

    @property
    def names(self) -> list[str]:
        """As its schema has them."""
        from pyarrow import parquet

        with self._readable():
            names: list[str] = parquet.read_schema(self.path).names
        refuse_duplicates(self.shown, names)
        return names

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Decoded in this thread."""
        from pyarrow import parquet

        with self._readable():
            file = parquet.ParquetFile(self.path)
            yield from file.iter_batches(rows, columns=list(columns), use_threads=False)

    def place(self, row: int) -> str:
        """Rows have no lines."""
        return f"{self.shown} row {row:,} (from 0)"

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{self.shown} cannot be read as Parquet: {reason}") from error


def open_rows(path: Path, manifest: Manifest, *, shown: str | None = None) -> RowSource:
    """The rows of a file, CSV or Parquet as its first bytes say, read as training rows were.

    Args:
        path: where it is.
        manifest: of the model, which says how its columns are read.
        shown: what the file is called; None: by its path.

    Raises:
        DataError: it cannot be read, is empty, or has a name twice.
    """
    shown = str(path) if shown is None else shown
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise DataError(f"{shown} cannot be read: {error.strerror}") from error
    if not start:
        raise DataError(f"{shown} is empty: it has not even the names of columns")
    if start == MAGIC:
        return ParquetRows(path, shown)
    return CsvRows(path, shown, manifest.reading, arrow_types(manifest))


def arrow_types(manifest: Manifest) -> Mapping[str, pa.DataType]:
    """As what a CSV file's columns are read: numbers, codes of levels, or (the others) texts."""
    codes = pa.dictionary(pa.int32(), pa.string())
    known = {"numeric": pa.float64(), "categorical": codes}
    return {c.name: known[c.kind] for c in manifest.columns if c.kind in known}


def check_ids(source: RowSource, ids: Sequence[str]) -> None:
    """Raise DataError unless each column that identifies rows is there."""
    for name in ids:
        if name not in source.names:
            raise no_column(source.names, "--id", name)
