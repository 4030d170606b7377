"""A file, or a folder of files, comes in; its columns' names and its rows in batches go out."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from runner.dataset.files import File, refuse_duplicates
from runner.errors import DataError
from runner.stream.values import NUMBER, Sentinels, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyarrow import csv, parquet

    from runner.dataset.files import Csv

BUFFER = 1 << 20  # bytes read ahead per column: a whole column chunk would take memory with rows
BLOCK = 1 << 24  # bytes of CSV text that become one batch
PANDAS_MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip


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


class ParquetSource:
    """Parquet files, in the order of their names."""

    def __init__(self, dataset: File) -> None:
        self._path = dataset.path
        with _reading(self._path, "Parquet"):
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
        with _reading(self._path, "Parquet"):
            for file in self._files:
                _check_columns(self._path, file.schema_arrow.names, columns)
                for batch in file.iter_batches(rows, columns=list(columns), use_threads=False):
                    yield batch.select(list(columns))

    def _open(self, file: Path) -> parquet.ParquetFile:
        from pyarrow import parquet

        return parquet.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False)


class CsvSource:
    """CSV files, in the order of their names, each with a line of column names.

    Types are those of the first block of the first file, but that whole numbers may become
    fractions later, and that a column without any value there is read as text until it has one.
    """

    def __init__(self, dataset: Csv) -> None:
        self._dataset = dataset
        for file in dataset.files:
            dataset.check_names(file)
        with _reading(dataset.path, "CSV"), self._open(dataset.files[0], {}) as reader:
            self._types = {field.name: _lenient(field.type) for field in reader.schema}
            self._truths = self._read_as_text()

    def names(self) -> list[str]:
        """The columns' names."""
        return list(self._types)

    def rows(self) -> None:
        """Not known before the end."""

    def gappy(self) -> set[str]:
        """Not known before the end."""
        return set()

    def describe(self) -> list[str]:
        """The files' sizes."""
        return [str(file.stat().st_size) for file in self._dataset.files]

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Parsed by one thread of Arrow's."""
        with _reading(self._dataset.path, "CSV"):
            for file in self._dataset.files:
                with self._open(file, self._types) as reader:
                    _check_columns(self._dataset.path, reader.schema.names, columns)
                    for block in reader:
                        chosen = self._settled(block.select(list(columns)))
                        for start in range(0, len(chosen), rows):
                            yield chosen.slice(start, rows)

    def _read_as_text(self) -> set[str]:
        """Columns with a spelling of their own that is no number.

        Arrow's reader takes such spellings for all columns alike, so these are read as text, and
        those of truth values brought to their type later.
        """
        truths: set[str] = set()
        own = self._dataset.na_values
        for name, spellings in own.items() if isinstance(own, dict) else ():
            numbers = Sentinels.of(self._dataset, name).numbers
            if name in self._types and len(numbers) < len(spellings):
                with self._open(self._dataset.files[0], {}, spellings) as reader:
                    if pa.types.is_boolean(reader.schema.field(name).type):
                        truths.add(name)
                self._types[name] = pa.string()
        return truths

    def _settled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The same with truth values that were read as text in their type."""
        for name in self._truths & set(batch.schema.names):
            texts = Sentinels.of(self._dataset, name).without(batch.column(name))
            batch = batch.set_column(batch.schema.names.index(name), name, texts.cast(pa.bool_()))
        return batch

    def _open(
        self, file: Path, types: dict[str, pa.DataType], spellings: Sequence[str | float] = ()
    ) -> csv.CSVStreamingReader:
        from pyarrow import csv

        everywhere = self._dataset.na_values
        spellings = everywhere if isinstance(everywhere, list) else spellings
        missing = [*PANDAS_MISSING, *(str(value) for value in spellings)]
        return csv.open_csv(
            file,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=csv.ParseOptions(
                delimiter=self._dataset.separator, newlines_in_values=True
            ),
            convert_options=csv.ConvertOptions(
                column_types=types, null_values=missing, strings_can_be_null=True
            ),
        )


SOURCES: dict[str, Callable[[Any], Source]] = {"parquet": ParquetSource, "csv": CsvSource}


def open_source(dataset: File) -> Source:
    """The rows of a dataset in files; raises DataError if they cannot be read."""
    return SOURCES[dataset.name](dataset)


def _lenient(kind: pa.DataType) -> pa.DataType:
    """The type to read a CSV column as, given that of its first values."""
    if kind_of(kind) == NUMBER:
        return kind if pa.types.is_boolean(kind) else pa.float64()
    return pa.string()  # dates are text in CSV files; NOTHING is text until there is a value


def _check_columns(path: str, names: Sequence[str], columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in names]
    if absent:
        raise DataError(f"{path}: a file lacks the column {absent[0]!r} of the first file")


@contextmanager
def _reading(path: str, form: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        odd = re.search(r"column '?([^':]*)'?:.*invalid value '(.*)'", reason)
        if odd:
            reason = f"column {odd[1]} is numeric but for {odd[2]!r}: put such spellings into "
            reason += "dataset.na_values"
        raise DataError(f"{path} cannot be read as {form}: {reason}") from error
