"""Datasets in files: CSV and Parquet, the user's own or those shipped with the package."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runner.dataset.base import Dataset
from runner.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Table

SHIPPED = "shipped:"


class File(Dataset):
    """A table in a file, and the role of each column.

    `path` is relative to the working directory, or `shipped:NAME` for a file of this package.
    `features` lists the columns to use; null takes every column that has no other role and is not
    in `drop`. `categorical` lists columns of codes that are not quantities; text is categorical
    by itself. `na_values` are further spellings of a missing value.
    """

    path: str
    target: str
    features: list[str] | None
    drop: list[str]
    categorical: list[str]
    na_values: list[str | int | float]
    time: str | None
    group: str | None
    weight: str | None

    @property
    def file(self) -> Path:
        """Where the file is."""
        if self.path.startswith(SHIPPED):
            return Path(__file__).parent / "shipped" / self.path.removeprefix(SHIPPED)
        return Path(self.path).expanduser()

    def check(self) -> None:
        """Raise ConfigError unless there is a file, and it is not empty."""
        if not self.file.exists():
            raise ConfigError(f"dataset.path is {self.path!r}, but there is no such file")
        if self.file.is_dir():
            raise ConfigError(f"dataset.path is {self.path!r}, a folder, but must be a file")
        if self.file.stat().st_size == 0:
            raise ConfigError(f"dataset.path is {self.path!r}, but that file is empty")

    def load(self, seed: int) -> Table:
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

        self._check_names()
        try:
            return pd.read_csv(
                self.file,
                sep=self.separator,
                na_values=[str(v) for v in self.na_values] or None,
                low_memory=False,
                encoding="utf-8-sig",
            )
        except (pd.errors.ParserError, UnicodeDecodeError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as CSV: {error}") from error

    def _check_names(self) -> None:
        """Column names must differ; pandas would rename them."""
        try:
            with self.file.open(encoding="utf-8-sig", newline="") as lines:
                names = next(csv.reader(lines, delimiter=self.separator), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{self.path} is not a text file, so not CSV: {error}") from error
        if any("\0" in name for name in names):
            raise DataError(f"{self.path} is not a text file, so not CSV")
        _refuse_duplicates(self.path, names)
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
            table = parquet.read_table(self.file)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(f"{self.path} cannot be read as Parquet: {error}") from error
        _refuse_duplicates(self.path, table.column_names)
        frame: pd.DataFrame = table.to_pandas()
        return frame


def _refuse_duplicates(path: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} has more than one column named {', '.join(map(repr, twice))}")
