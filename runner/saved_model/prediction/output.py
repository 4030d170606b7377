"""Tables of predictions come in; a file of them, or CSV on a stream, goes out."""

from __future__ import annotations

import csv as lines_of
import io
import shutil
import tempfile
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from runner.errors import ConfigError, RunDirectoryError
from runner.store.whole_files import temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENDINGS = (".csv", ".parquet")


def check_output(path: Path, data: Path | None) -> None:
    """Raise ConfigError unless a file may be written there, and is not that of the rows."""
    if path.suffix not in ENDINGS:
        raise ConfigError(f"-o {path} must end in {' or '.join(ENDINGS)}")
    if data is not None and path.exists() and data.exists() and path.samefile(data):
        raise ConfigError(f"-o {path} is the file of the rows itself: name another")
    if not path.parent.is_dir():
        raise ConfigError(f"-o {path}: there is no folder {path.parent}")


def write_tables(tables: Iterable[pa.Table], path: Path) -> None:
    """Write one file; it has its name once it is whole, and none if that fails.

    Raises:
        RunDirectoryError: it cannot be written.
    """
    try:
        with temporary_name(path) as temporary, temporary.open("wb") as file:
            if path.suffix == ".parquet":
                _write_parquet(tables, file)
            else:
                write_csv(tables, file)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error}") from error


def write_whole(tables: Iterable[pa.Table], stream: IO[bytes]) -> None:
    """Write CSV on a stream, nothing of it before all of it is known."""
    with tempfile.TemporaryFile() as file:
        write_csv(tables, file)
        file.seek(0)
        shutil.copyfileobj(file, stream)


def write_csv(tables: Iterable[pa.Table], stream: IO[bytes]) -> None:
    """Write a line of names, then a line per row; what needs no quotes has none."""
    from pyarrow import csv

    named = False
    for table in tables:
        if not named:
            line = io.StringIO()
            lines_of.writer(line, lineterminator="\n").writerow(table.column_names)
            stream.write(line.getvalue().encode())
            named = True
        for quoting in ("none", "needed"):
            buffer = pa.BufferOutputStream()
            options = csv.WriteOptions(include_header=False, quoting_style=quoting)
            try:
                csv.write_csv(table, buffer, options)
            except pa.ArrowInvalid:  # a separator, a quote or a new line within a text
                continue
            stream.write(buffer.getvalue())
            break


def _write_parquet(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    from pyarrow import parquet

    writer: parquet.ParquetWriter | None = None
    try:
        for table in tables:
            if writer is None:
                writer = parquet.ParquetWriter(file, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()
