"""A name that looks like a data file comes in; the command that runs it goes out."""

from __future__ import annotations

import csv
import gzip
import shlex
from pathlib import Path

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".dat": "csv",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
SEPARATORS = ",;\t|"  # the likeliest first
TARGET = "COLUMN"
MANY = 8  # columns, beyond which not all are named


def is_data_file(word: str) -> bool:
    """Whether a word has the ending of a table's file."""
    return _kind(word) is not None


def command_for(word: str) -> str:
    """The command that runs the file, its last column the suggested target.

    Where there is no such file, or its columns cannot be read, the target is left to the reader.
    """
    kind = _kind(word) or "csv"
    columns, separator = _columns(Path(word).expanduser(), kind)
    target = columns[-1] if columns else TARGET
    keys = {"path": _literal(word), "target": _literal(target)}
    keys |= {} if separator == "," else {"separator": separator.replace("\t", "\\t")}
    given = [f"dataset={kind}", *(f"dataset.{key}={value}" for key, value in keys.items())]
    command = shlex.join(["enet", *given])
    if not columns:
        return f"{command} ({TARGET}: the column to predict)"
    named = [*columns[:3], "...", *columns[-3:]] if len(columns) > MANY else columns
    return f"{command} (or another of its columns: {', '.join(named)})"


def _literal(value: str) -> str:
    """The value as an override must have it: a comma would be a sweep."""
    return f"'{value}'" if "," in value else value


def _kind(word: str) -> str | None:
    return KINDS.get(Path(word.lower().removesuffix(".gz")).suffix)


def _columns(file: Path, kind: str) -> tuple[list[str], str]:
    """The column names and what separates them; no names if they cannot be read."""
    if not file.is_file():
        return [], ","
    if kind == "parquet":
        return _columns_of_parquet(file), ","
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            header = lines.readline(1_000_000)
    except (OSError, UnicodeDecodeError):
        return [], ","
    separator = max(SEPARATORS, key=header.count)
    return next(csv.reader([header], delimiter=separator), []), separator


def _columns_of_parquet(file: Path) -> list[str]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names: list[str] = parquet.read_schema(file).names
    except (pa.ArrowException, OSError):
        return []
    return names
