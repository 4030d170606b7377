"""A file, or a folder of files, comes in; its columns' names and its rows in batches go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from runner.dataset.files import File, refuse_duplicates
from runner.records import Provenance
from runner.stream.csv_batches import CsvSource
from runner.stream.reading_errors import check_columns, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from pyarrow import parquet

BUFFER = 1 << 20  # bytes read ahead per column: a whole column chunk would take memory with rows


class Source(Protocol):
    """Rows in files."""

    def names(self) -> list[str]:
        """The columns' names, those of the first file."""

    def rows(self) -> int | None:
        """How many rows there are, if that can be known without reading them."""

    def gappy(self) -> set[str]:
        """Columns of which the files say that values are missing; others may be gappy too."""

    def describe(self) -> list[str]:
        """What the files say of themselves, for a hash of the data."""

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """All rows in order, at most `rows` at a time."""

    def provenance(self) -> Provenance:
        """What was found out of the files' form, once they are read."""


class ParquetSource:
    """Parquet files, in the order of their names."""

    def __init__(self, dataset: File) -> None:
        self._path = dataset.path
        with reading(self._path, "Parquet"):
            self._files = [self._open(file) for file in dataset.files]
            refuse_duplicates(self._path, self.names())

    def names(self) -> list[str]:
        """The columns' names."""
        names: list[str] = self._files[0].schema_arrow.names
        return names

    def rows(self) -> int:
        """As the footers say."""
        return sum(file.metadata.num_rows for file in self._files)

    def gappy(self) -> set[str]:
        """Columns whose statistics count nulls."""
        found: set[str] = set()
        for metadata in (file.metadata for file in self._files):
            for group in range(metadata.num_row_groups):
                chunks = metadata.row_group(group)
                for column in range(metadata.num_columns):
                    chunk = chunks.column(column)
                    if chunk.is_stats_set and chunk.statistics.null_count:
                        found.add(chunk.path_in_schema)
        return found

    def describe(self) -> list[str]:
        """The footers: schema, sizes and statistics."""
        return [str(file.metadata.to_dict()) for file in self._files]

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Decoded in this thread, so that one core stays free for the arithmetic."""
        with reading(self._path, "Parquet"):
            for file in self._files:
                check_columns(self._path, file.schema_arrow.names, columns)
                for batch in file.iter_batches(rows, columns=list(columns), use_threads=False):
                    yield batch.select(list(columns))

    def provenance(self) -> Provenance:
        """Parquet says its form itself."""
        return Provenance()

    def _open(self, file: Path) -> parquet.ParquetFile:
        from pyarrow import parquet

        return parquet.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False)


SOURCES: dict[str, Callable[[Any], Source]] = {"parquet": ParquetSource, "csv": CsvSource}


def open_source(dataset: File) -> Source:
    """The rows of a dataset in files; raises DataError if they cannot be read."""
    return SOURCES[dataset.name](dataset)
