"""CSV files come in; their columns' names and their rows in batches go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from runner.dataset import roles as column_roles
from runner.dataset.encodings import USUAL, is_compressed
from runner.dataset.written_numbers import read_numbers
from runner.stream.reading_errors import check_columns, reading
from runner.stream.values import NUMBER, Sentinels, is_empty, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pyarrow import csv

    from runner.dataset.csv_text import Csv
    from runner.records import Provenance

BLOCK = 1 << 24  # bytes of text that become one batch
PANDAS_MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip


class CsvSource:
    """CSV files, in the order of their names, each with a line of column names.

    Types are those of the first block of the first file, but that whole numbers may become
    fractions later, and that a column without any value there is read as text until it has one.
    """

    def __init__(self, dataset: Csv) -> None:
        self._dataset = dataset
        self._encodings = {file: dataset.encoding_of(file, most=BLOCK) for file in dataset.files}
        self._signs: dict[str, str] = {}  # of columns of text that are numbers
        self._words: set[str] = set()  # columns of text that are none
        for file, encoding in self._encodings.items():
            dataset.check_names(file, encoding)
        with reading(dataset.path, "CSV"), self._open(dataset.files[0], {}) as reader:
            self._types = {field.name: self._lenient(field) for field in reader.schema}
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

    def provenance(self) -> Provenance:
        """The files' encodings, and the signs beside numbers."""
        signs = {name: sign for name, sign in self._signs.items() if sign}
        return self._dataset.provenance(list(self._encodings.values()), signs)

    def batches(self, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Parsed by one thread of Arrow's."""
        with reading(self._dataset.path, "CSV"):
            for file in self._dataset.files:
                with self._open(file, self._types) as reader:
                    check_columns(self._dataset.path, reader.schema.names, columns)
                    for block in reader:
                        chosen = self._settled(block.select(list(columns)))
                        for start in range(0, len(chosen), rows):
                            yield chosen.slice(start, rows)

    def _lenient(self, field: pa.Field) -> pa.DataType:
        """The type to read a column as, given that of its first values."""
        if kind_of(field.type) != NUMBER:
            return (
                pa.string()
            )  # dates are text in CSV files; NOTHING is text until there is a value
        if pa.types.is_boolean(field.type):
            return field.type
        separated = self._dataset.thousands is not None  # Arrow's reader knows no such thing
        return pa.string() if separated else pa.float64()

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
        """The same with truth values and numbers that were read as text in their type."""
        for at, field in enumerate(batch.schema):
            name = field.name
            if field.type != pa.string() or name in self._words:
                continue
            texts = Sentinels.of(self._dataset, name).without(batch.column(at))
            if name in self._truths:
                batch = batch.set_column(at, name, texts.cast(pa.bool_()))
            elif not is_empty(texts) and not self._dataset.stays_text(name):
                numbers = self._numbers(name, texts)
                batch = batch if numbers is None else batch.set_column(at, name, numbers)
        return batch

    def _numbers(self, name: str, texts: pa.Array) -> pa.Array | None:
        """The numbers of a column, None if it is one of words; its first values say which.

        Raises:
            DataError: it is one of numbers, but not all of it.
        """
        written = read_numbers(texts, self._dataset.notation)
        known = self._signs.get(name)
        if written is None and known is None:
            self._words.add(name)
            return None
        if written is None or (known and written.sign not in {known, ""}):
            odd = [text for text in texts.drop_null().to_pylist() if not self._reads(text)]
            column_roles.refuse_numeric_text(name, 1.0, odd or texts.drop_null()[:1].to_pylist())
            return None
        self._signs[name] = known or written.sign
        return written.numbers

    def _reads(self, text: str) -> bool:
        return read_numbers(pa.array([text]), self._dataset.notation) is not None

    def _open(
        self, file: Path, types: dict[str, pa.DataType], spellings: Sequence[str | float] = ()
    ) -> csv.CSVStreamingReader:
        from pyarrow import csv

        everywhere = self._dataset.na_values
        spellings = everywhere if isinstance(everywhere, list) else spellings
        missing = [*PANDAS_MISSING, *(str(value) for value in spellings)]
        encoding = self._encodings[file]
        return csv.open_csv(
            pa.input_stream(str(file), compression="gzip" if is_compressed(file) else None),
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK,
                encoding="utf8" if encoding == USUAL else encoding,
            ),
            parse_options=csv.ParseOptions(
                delimiter=self._dataset.separator, newlines_in_values=True
            ),
            convert_options=csv.ConvertOptions(
                column_types=types,
                null_values=missing,
                strings_can_be_null=True,
                decimal_point=self._dataset.decimal,
            ),
        )
