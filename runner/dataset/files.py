"""Datasets in files: CSV and Parquet, the user's own or those shipped with the package."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from runner.dataset.base import Dataset
from runner.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Table

SHIPPED = "shipped:"
Spellings = list[str | int | float]


def _check_spellings(given: object) -> object:
    """One message for both forms; pydantic would give one for each."""
    lists = given.values() if isinstance(given, dict) else [given]
    for one in lists:
        if not isinstance(one, list) or not all(isinstance(v, str | int | float) for v in one):
            raise ValueError(
                f'{given!r} is neither a list such as [-999, "?"] nor a mapping from columns to '
                "such lists"
            )
    return given


class File(Dataset):
    """A table in a file, and the role of each column.

    `path` is relative to the working directory, or `shipped:NAME` for a file of this package.
    `features` lists the columns to use; null takes every column that has no other role and is not
    in `drop`. `categorical` lists columns of codes that are not quantities; text is categorical
    by itself. `na_values` are further spellings of a missing value: a list of those of every
    column, or a mapping from a column to a list of its own.

    With `stream` the rows are read in batches and never held in memory; `path` may then be a
    folder, whose files are read in the order of their names.
    """

    path: str
    target: str
    features: list[str] | None
    drop: list[str]
    categorical: list[str]
    na_values: Annotated[Spellings | dict[str, Spellings], BeforeValidator(_check_spellings)]
    time: str | None
    group: str | None
    weight: str | None
    stream: bool

    @property
    def streams(self) -> bool:
        """As the config says."""
        return self.stream

    @property
    def source_path(self) -> str:
        """As the config gives it."""
        return self.path

    @property
    def target_name(self) -> str:
        """The target's column."""
        return self.target

    @property
    def files(self) -> list[Path]:
        """The file, or the files of the folder by name, hidden ones left out."""
        if not self.file.is_dir():
            return [self.file]
        found = sorted(self.file.rglob(f"*.{self.name}"))
        return [file for file in found if not file.name.startswith((".", "_"))]

    @property
    def file(self) -> Path:
        """Where the file is."""
        if self.path.startswith(SHIPPED):
            return Path(__file__).parent / "shipped" / self.path.removeprefix(SHIPPED)
        return Path(self.path).expanduser()

    def missing_in(self, column: str) -> Spellings:
        """The further spellings of a missing value in a column."""
        if isinstance(self.na_values, list):
            return self.na_values
        return self.na_values.get(column, [])

    def check(self) -> None:
        """Raise ConfigError unless there is a file, and it is not empty."""
        if not self.file.exists():
            raise ConfigError(f"dataset.path is {self.path!r}, but there is no such file")
        if self.file.is_dir() and not self.stream:
            raise ConfigError(
                f"dataset.path is {self.path!r}, a folder, but must be a file unless "
                "dataset.stream=true"
            )
        if not self.files:
            raise ConfigError(
                f"dataset.path is {self.path!r}, a folder without any *.{self.name} file"
            )
        if not self.file.is_dir() and self.file.stat().st_size == 0:
            raise ConfigError(f"dataset.path is {self.path!r}, but that file is empty")

    def load_unmasked(self, seed: int) -> Table:
        """Read the file and give its columns their roles."""
        from runner.dataset.table import make_table

        del seed
        self.check()
        frame = self.read()
        if frame.empty:
            raise DataError(f"{self.path} has column names, but no rows")
        return make_table(frame, self)

    def read(self) -> pd.DataFrame:
        """The file as it is."""
        raise NotImplementedError


class Csv(File):
    """Text with a line of column names first."""

    name: Literal["csv"]
    separator: str = Field(min_length=1, max_length=1)

    def read(self) -> pd.DataFrame:
        """All columns; raises DataError if this is not a CSV file with distinct names."""
        import pandas as pd

        self.check_names(self.file)
        try:
            frame = pd.read_csv(
                self.file,
                sep=self.separator,
                na_values=self._spelt_in_text() or None,
                low_memory=False,
                encoding="utf-8-sig",
            )
        except (pd.errors.ParserError, UnicodeDecodeError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as CSV: {error}") from error
        if not isinstance(frame.index, pd.RangeIndex):  # pandas took the surplus for row names
            raise DataError(f"{self.path} has rows with more values than there are column names")
        return frame

    def _spelt_in_text(self) -> list[str] | dict[str, list[str]]:
        if isinstance(self.na_values, list):
            return [str(value) for value in self.na_values]
        return {name: [str(value) for value in own] for name, own in self.na_values.items()}

    def check_names(self, file: Path) -> None:
        """Column names must differ; pandas would rename them."""
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                names = next(csv.reader(lines, delimiter=self.separator), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{self.path} is not a text file, so not CSV: {error}") from error
        if any("\0" in name for name in names):
            raise DataError(f"{self.path} is not a text file, so not CSV")
        refuse_duplicates(self.path, names)
        if self.target not in names and len(names) == 1:
            raise DataError(
                f"{self.path} has the one column {names[0][:60]!r}: is dataset.separator "
                f"{self.separator!r} right?"
            )


class Parquet(File):
    """Apache Parquet."""

    name: Literal["parquet"]

    def read(self) -> pd.DataFrame:
        """All columns; raises DataError if this is not a Parquet file."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            refuse_duplicates(self.path, parquet.read_schema(self.file).names)
            frame: pd.DataFrame = parquet.read_table(self.file).to_pandas()
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{self.path} cannot be read as Parquet: {reason}") from error
        return frame


def refuse_duplicates(path: str, names: list[str]) -> None:
    """Raise DataError if a name occurs twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} has more than one column named {', '.join(map(repr, twice))}")
