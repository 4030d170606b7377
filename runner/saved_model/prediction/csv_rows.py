"""A CSV file of rows to predict, read in batches, its columns of the types that a model wants."""

from __future__ import annotations

import csv as lines_of
import io
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from runner.dataset.encodings import USUAL, detect_encoding, is_compressed, open_bytes
from runner.dataset.files import refuse_duplicates
from runner.errors import DataError
from runner.stream.csv_batches import BLOCK, PANDAS_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from pyarrow import csv

    from runner.saved_model.manifest_file import Reading

PARSED = 1 << 22  # bytes of text that become one batch: Arrow reads 32 of them ahead
SEPARATORS = (",", ";", "\t", "|")
CONVERSION = "conversion error"  # what Arrow calls a value that is not of its column's type


class CsvRows:
    """Rows of a CSV file, which is written as that of the training rows was.

    Columns of numbers are read as such, and as texts from the first block on that has another
    value: it may be a number with a sign, or a truth value. What has no type is text.

    Args:
        path: where it is, compressed with gzip or not.
        shown: what it is called.
        reading: how it is written.
        types: of its columns, by name.
    """

    def __init__(
        self, path: Path, shown: str, reading: Reading, types: Mapping[str, pa.DataType]
    ) -> None:
        self._path, self._shown, self._reading, self._types = path, shown, reading, types
        self._encoding = reading.encoding or detect_encoding(path, most=BLOCK)

    @cached_property
    def names(self) -> list[str]:
        """Those of the first line; what has no name is called as pandas calls it."""
        try:
            with self._text() as text:
                names = next(lines_of.reader(text, delimiter=self._reading.separator), [])
        except UnicodeError as error:
            raise self._other_encoding() from error
        except lines_of.Error as error:
            raise DataError(f"{self._shown} is not a text file, so not CSV: {error}") from error
        if any("\0" in name for name in names):
            raise DataError(f"{self._shown} is not a text file, so not CSV")
        refuse_duplicates(self._shown, names)
        self._check_separator(names)
        return [name or f"Unnamed: {at}" for at, name in enumerate(names)]

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Parsed by one thread of Arrow's."""
        given = 0
        if not self._has_rows:
            return
        try:
            for block in self._blocks(columns, as_text=self._reading.thousands is not None):
                yield from _sliced(block, 0, rows)
                given += len(block)
        except pa.ArrowInvalid as error:
            if CONVERSION not in str(error):
                raise self._unreadable(error) from error
        else:
            return
        before = 0
        try:
            for block in self._blocks(columns, as_text=True):
                yield from _sliced(block, max(given - before, 0), rows)
                before += len(block)
        except pa.ArrowInvalid as error:
            raise self._unreadable(error) from error

    def place(self, row: int) -> str:
        """Its line, which is found by reading the file anew."""
        at = -1
        with self._text() as text:
            reader = lines_of.reader(text, delimiter=self._reading.separator)
            last = 0
            for values in reader:
                at += bool(values)
                if at == row + 1:
                    return f"{self._shown} line {last + 1}"
                last = reader.line_num
        return f"{self._shown} row {row:,}"

    def _blocks(self, columns: Sequence[str], *, as_text: bool) -> Iterator[pa.RecordBatch]:
        with self._readable(), self._open(columns, as_text=as_text) as reader:
            for block in reader:
                yield block.select(list(columns))

    @property
    def _has_rows(self) -> bool:
        """Whether a line that is not blank follows the names."""
        with self._text() as text:
            reader = lines_of.reader(text, delimiter=self._reading.separator)
            filled = (values for values in reader if values)
            return next(filled, None) is not None and next(filled, None) is not None

    def _check_separator(self, names: Sequence[str]) -> None:
        others = [one for one in SEPARATORS if one != self._reading.separator]
        if len(names) == 1 and any(one in names[0] for one in others):
            raise DataError(
                f"{self._shown} has the one column {names[0][:60]!r}: the model's rows were "
                f"separated by {self._reading.separator!r}; write this file so"
            )

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        with (
            open_bytes(self._path) as raw,
            io.TextIOWrapper(raw, self._encoding, newline="") as lines,
        ):
            yield lines

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except UnicodeError as error:
            raise self._other_encoding() from error
        except OSError as error:
            raise self._unreadable(error) from error

    def _other_encoding(self) -> DataError:
        encoding = "utf-8" if self._encoding == USUAL else self._encoding
        return DataError(f"{self._shown} is not in {encoding}: write it in UTF-8")

    def _unreadable(self, error: Exception) -> DataError:
        reason = str(error).splitlines()[0]
        return DataError(f"{self._shown} cannot be read as CSV: {reason}")

    def _open(self, columns: Sequence[str], *, as_text: bool) -> csv.CSVStreamingReader:
        from pyarrow import csv

        reading, everywhere = self._reading, self._reading.na_values
        spellings = everywhere if isinstance(everywhere, list) else []
        unnamed = any(name.startswith("Unnamed: ") for name in self.names)
        return csv.open_csv(
            pa.input_stream(
                str(self._path), compression="gzip" if is_compressed(self._path) else None
            ),
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=PARSED,
                encoding="utf8" if self._encoding == USUAL else self._encoding,
                column_names=self.names if unnamed else None,
                skip_rows_after_names=int(unnamed),
            ),
            parse_options=csv.ParseOptions(delimiter=reading.separator, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                include_columns=list(columns),
                column_types={name: self._type(name, as_text=as_text) for name in columns},
                null_values=[*PANDAS_MISSING, *map(str, spellings)],
                strings_can_be_null=True,
                decimal_point=reading.decimal,
            ),
        )

    def _type(self, name: str, *, as_text: bool) -> pa.DataType:
        wanted = self._types.get(name, pa.string())
        return pa.string() if as_text and pa.types.is_floating(wanted) else wanted


def _sliced(block: pa.RecordBatch, start: int, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of a block from one on, at most so many at a time."""
    for first in range(start, len(block), rows):
        yield block.slice(first, rows)
