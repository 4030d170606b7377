"""Datasets in files, the user's own or those shipped with the package; Parquet among them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator

from runner.dataset.base import Dataset
from runner.dataset.memory_needed import check_fits
from runner.dataset.roles import SINGLE
from runner.errors import ConfigError, DataError
from runner.records import Provenance

if TYPE_CHECKING:
    import pandas as pd

    from runner.dataset.outcome import Reads
    from runner.dataset.written_numbers import Notation
    from runner.records import Table

SHIPPED = "shipped:"
Spellings = list[str | int | float]


def _check_dates(given: object) -> object:
    """One message for both forms."""
    texts = [*given, *given.values()] if isinstance(given, dict) else given
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise ValueError(
            f"{given!r} is neither a list of columns nor a mapping from columns to forms such as "
            "'%d.%m.%Y'"
        )
    return given


def check_target(given: object) -> object:
    """One message for both forms; a list of one is its column."""
    names = given if isinstance(given, list) else [given]
    if not names or not all(isinstance(one, str) for one in names):
        raise ValueError(f"{given!r} is neither a column nor a list of columns such as [a, b]")
    return names[0] if len(names) == 1 else names


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
    by itself. `text` lists columns of free text, features whatever `features` lists. `na_values`
    are further spellings of a missing value: a list of those of every column, or a mapping from a
    column to a list of its own. `dates` lists columns of dates, or maps them to how they are
    written; a feature among them counts days since 1970.

    `target` is a column, or a list of several. `event` says with 1 and 0 whether the target is the
    time of an event or of censoring. The linear predictor has the column `offset` added, and the
    logarithm of the column `exposure`.

    With `stream` the rows are read in batches and never held in memory; `path` may then be a
    folder, whose files are read in the order of their names.
    """

    path: str
    target: Annotated[str | list[str], BeforeValidator(check_target)]
    features: list[str] | None
    drop: list[str]
    categorical: list[str]
    text: list[str]
    na_values: Annotated[Spellings | dict[str, Spellings], BeforeValidator(_check_spellings)]
    dates: Annotated[list[str] | dict[str, str], BeforeValidator(_check_dates)]
    time: str | None
    group: str | None
    weight: str | None
    event: str | None
    offset: str | None
    exposure: str | None
    stream: bool

    @property
    def is_drawn(self) -> bool:
        """Only of a mask that has no seed of its own."""
        return self.mask is not None and self.mask.seed is None

    @property
    def streams(self) -> bool:
        """As the config says."""
        return self.stream

    @property
    def source_path(self) -> str:
        """As the config gives it."""
        return self.path

    @property
    def targets(self) -> list[str]:
        """The targets' columns."""
        return self.target if isinstance(self.target, list) else [self.target]

    @property
    def named(self) -> set[str | None]:
        """The columns with a role other than that of a number among the features."""
        roles = {getattr(self, key) for key in SINGLE}
        return {*self.targets, *roles, *self.categorical, *self.text, *self.dates}

    @property
    def target_name(self) -> str:
        """The target's column, or those of several in one."""
        return ", ".join(self.targets)

    @property
    def files(self) -> list[Path]:
        """The file, or the files of the folder by name, hidden ones left out."""
        if not self.file.is_dir():
            return [self.file]
        found = sorted(file for pattern in self.patterns for file in self.file.rglob(pattern))
        return [file for file in found if not file.name.startswith((".", "_"))]

    @property
    def patterns(self) -> tuple[str, ...]:
        """What the names of a folder's files look like."""
        return (f"*.{self.name}",)

    @property
    def file(self) -> Path:
        """Where the file is."""
        return located(self.path)

    def missing_in(self, column: str) -> Spellings:
        """The further spellings of a missing value in a column."""
        if isinstance(self.na_values, list):
            return self.na_values
        return self.na_values.get(column, [])

    @property
    def notation(self) -> Notation | None:
        """How numbers are written in texts; None where the file's types say what is a number."""
        return None

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
                f"dataset.path is {self.path!r}, a folder without any {self.patterns[0]} file"
            )
        if not self.file.is_dir() and self.file.stat().st_size == 0:
            raise ConfigError(f"dataset.path is {self.path!r}, but that file is empty")

    def load_unmasked(self, seed: int, reads: Reads = "numbers") -> Table:
        """Read the file and give its columns their roles."""
        from runner.dataset.table import make_table

        del seed
        self.check()
        frame, provenance = self.read()
        if frame.empty:
            raise DataError(f"{self.path} has column names, but no rows")
        return replace(make_table(frame, self, reads=reads), provenance=provenance)

    def read(self) -> tuple[pd.DataFrame, Provenance]:
        """The file as it is, and what its form was found to be."""
        raise NotImplementedError


def located(path: str) -> Path:
    """Where the file of a config's path is: `shipped:NAME` comes with this package."""
    if path.startswith(SHIPPED):
        return Path(__file__).parent / "shipped" / path.removeprefix(SHIPPED)
    return Path(path).expanduser()


class Parquet(File):
    """Apache Parquet."""

    name: Literal["parquet"]

    def read(self) -> tuple[pd.DataFrame, Provenance]:
        """All columns; raises DataError if this is not a Parquet file."""
        import pyarrow as pa
        from pyarrow import parquet

        from runner.dataset.wide_parquet import memory_given_back, read_wide

        try:
            with memory_given_back(), parquet.ParquetFile(self.file, pre_buffer=False) as file:
                refuse_duplicates(self.path, file.schema_arrow.names)
                check_fits(self.path, 8 * file.metadata.num_rows * file.metadata.num_columns)
                frame = read_wide(file, self.named)
                del file
            if frame is None:
                frame = parquet.read_table(self.file).to_pandas()
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{self.path} cannot be read as Parquet: {reason}") from error
        return frame, Provenance()


def refuse_duplicates(path: str, names: list[str]) -> None:
    """Raise DataError if a name occurs twice."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise DataError(f"{path} has more than one column named {', '.join(map(repr, twice))}")
