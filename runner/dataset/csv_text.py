"""Datasets in CSV files, written as people and programs write them."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from runner.checks import ENCODING_GUESSED, RAGGED_LINES, SIGNS_REMOVED
from runner.dataset.encodings import USUAL, detect_encoding, is_compressed, open_bytes
from runner.dataset.files import File, refuse_duplicates
from runner.dataset.memory_needed import check_fits
from runner.dataset.written_numbers import PER_CENT, Notation, read_numbers
from runner.errors import DataError
from runner.records import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    import pandas as pd

    from runner.checks import Finding

Letter = Annotated[str, Field(min_length=1, max_length=1)]
KNOWN = ("utf-8", "utf-16", "ascii")  # detected from what only they have


def _unescaped(given: object) -> object:
    r"""A tab can be written as \t, which a shell passes on as two letters."""
    return "\t" if given == "\\t" else given


def _check_encoding(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(
            f"{name!r} is not an encoding: give one such as utf-8, cp1252 or utf-16, or null"
        ) from error
    return USUAL if known == "utf-8" else known


class Csv(File):
    """Text with a line of column names first, compressed with gzip or not.

    `encoding` null is detected. Columns of text are read as numbers where all of it is written as
    `decimal` and `thousands` say, be it with a sign of per cent or of a currency.
    """

    name: Literal["csv"]
    separator: Annotated[Letter, BeforeValidator(_unescaped)]
    decimal: Letter
    thousands: Letter | None
    encoding: Annotated[str | None, AfterValidator(_check_encoding)]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}")
        return self

    @property
    def patterns(self) -> tuple[str, ...]:
        """Compressed ones too."""
        return ("*.csv", "*.csv.gz")

    @property
    def notation(self) -> Notation:
        """As the config says."""
        return Notation(self.decimal, self.thousands)

    def encoding_of(self, file: Path, *, most: int | None = None) -> str:
        """The encoding that the config says, or that is detected from the first `most` bytes."""
        return self.encoding or detect_encoding(file, most=most)

    def stays_text(self, column: str) -> bool:
        """Whether a column is not to be read as numbers, however it is written."""
        return column in {*self.categorical, *self.dates, self.time, self.group}

    def read(self) -> tuple[pd.DataFrame, Provenance]:
        """All columns; raises DataError if this is not a CSV file with distinct names."""
        encoding = self.encoding_of(self.file)
        self.check_names(self.file, encoding)
        with self._readable(encoding):
            frame, signs = self._numbers(self._parse(encoding))
            short = self._short_lines(frame, encoding)
        provenance = self.provenance([encoding], signs)
        findings = [*provenance.findings, *short]
        return frame, Provenance(provenance.facts, tuple(findings))

    def provenance(self, encodings: list[str], signs: Mapping[str, str]) -> Provenance:
        """What is recorded of a reading.

        Args:
            encodings: of the files.
            signs: what stood beside the numbers of a column, by column.
        """
        names = sorted({_spoken(encoding) for encoding in encodings})
        facts: dict[str, object] = {"encoding": ", ".join(names)}
        findings: list[Finding] = []
        guessed = [name for name in names if name not in KNOWN]
        if guessed and self.encoding is None:
            said = f"{self.path} is not UTF-8, and was taken to be in {', '.join(guessed)}"
            findings.append(ENCODING_GUESSED.found(said))
        if signs:
            facts["signs"] = dict(signs)
            findings.append(SIGNS_REMOVED.found(_describe_signs(signs)))
        return Provenance(facts, tuple(findings))

    def check_names(self, file: Path, encoding: str) -> None:
        """Column names must differ; pandas would rename them."""
        try:
            with self._readable(encoding), _text(file, encoding) as lines:
                names = next(csv.reader(lines, delimiter=self.separator), [])
        except csv.Error as error:
            raise DataError(f"{self.path} is not a text file, so not CSV: {error}") from error
        if any("\0" in name for name in names):
            raise DataError(f"{self.path} is not a text file, so not CSV")
        refuse_duplicates(self.path, names)
        if self.targets[0] not in names and len(names) == 1:
            raise DataError(
                f"{self.path} has the one column {names[0][:60]!r}: is dataset.separator "
                f"{self.separator!r} right?"
            )

    @contextmanager
    def _readable(self, encoding: str) -> Iterator[None]:
        try:
            yield
        except UnicodeError as error:
            raise DataError(
                f"{self.path} is not in {_spoken(encoding)}: give another dataset.encoding, such "
                "as cp1252, or null to have it detected"
            ) from error

    def _parse(self, encoding: str) -> pd.DataFrame:
        import pandas as pd

        check_fits(self.path, self.file.stat().st_size)  # a number takes about what its text does
        try:
            frame = pd.read_csv(
                self.file,
                sep=self.separator,
                decimal=self.decimal,
                na_values=self._spelt_in_text() or None,
                low_memory=False,
                encoding=encoding,
                compression="gzip" if is_compressed(self.file) else None,
            )
        except UnicodeError:
            raise
        except (pd.errors.ParserError, EOFError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as CSV: {error}") from error
        if not isinstance(frame.index, pd.RangeIndex):  # pandas took the surplus for row names
            raise DataError(f"{self.path} has rows with more values than there are column names")
        return frame

    def _spelt_in_text(self) -> list[str] | dict[str, list[str]]:
        if isinstance(self.na_values, list):
            return [str(value) for value in self.na_values]
        return {name: [str(value) for value in own] for name, own in self.na_values.items()}

    def _numbers(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
        """The same with texts that are numbers as such, and the sign beside them by column."""
        import pandas as pd
        import pyarrow as pa

        read: dict[str, pd.Series] = {}
        signs: dict[str, str] = {}
        for name in frame.columns[[isinstance(kind, pd.StringDtype) for kind in frame.dtypes]]:
            if self.stays_text(name) or frame[name].isna().all():
                continue
            texts = pa.array(frame[name], pa.large_string(), from_pandas=True)
            written = read_numbers(texts, self.notation)
            if written is not None:
                numbers = written.numbers.to_numpy(zero_copy_only=False)
                read[name] = pd.Series(numbers, index=frame.index)
                signs |= {name: written.sign} if written.sign else {}
        return frame.assign(**read), signs

    def _short_lines(self, frame: pd.DataFrame, encoding: str) -> list[Finding]:
        """A finding if lines lack values at their end, which are missing in the last column."""
        if not len(frame.columns) or not frame.iloc[:, -1].isna().any():
            return []
        with _text(self.file, encoding) as lines:
            short = [at for at, width in _widths(lines, self.separator) if width < frame.shape[1]]
        if not short:
            return []
        said = f"{len(short)} lines of {self.path} have fewer values than there are column names"
        return [RAGGED_LINES.found(f"{said}, the first one is line {short[0]}")]


@contextmanager
def _text(file: Path, encoding: str) -> Iterator[TextIO]:
    with open_bytes(file) as raw, io.TextIOWrapper(raw, encoding, newline="") as lines:
        yield lines


def _widths(lines: TextIO, separator: str) -> Iterator[tuple[int, int]]:
    """The number and the count of values of each line that is not blank, quotes heeded."""
    for number, line in enumerate(lines, start=1):
        if '"' in line:
            yield from _quoted_widths(line, lines, separator, number)
            return
        if line.strip("\r\n"):
            yield number, line.count(separator) + 1


def _quoted_widths(
    first: str, rest: TextIO, separator: str, number: int
) -> Iterator[tuple[int, int]]:
    def both() -> Iterator[str]:
        yield first
        yield from rest

    reader = csv.reader(both(), delimiter=separator)
    for values in reader:
        if values:
            yield number + reader.line_num - 1, len(values)


def _spoken(encoding: str) -> str:
    return "utf-8" if encoding == USUAL else encoding


def _describe_signs(signs: Mapping[str, str]) -> str:
    parts = [
        f"{name!r} in per cent (12% is 12)" if sign == PER_CENT else f"{name!r} without its {sign}"
        for name, sign in signs.items()
    ]
    return "columns of text were read as numbers: " + ", ".join(parts)
