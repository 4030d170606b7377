"""Arrow's complaints about a file come in; errors of ours go out."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def check_columns(path: str, names: Sequence[str], columns: Sequence[str]) -> None:
    """Raise DataError if a file of a folder lacks a column."""
    absent = [column for column in columns if column not in names]
    if absent:
        raise DataError(f"{path}: a file lacks the column {absent[0]!r} of the first file")


@contextmanager
def reading(path: str, form: str) -> Iterator[None]:
    """Raise DataError where Arrow cannot read."""
    try:
        yield
    except UnicodeError as error:
        raise DataError(
            f"{path} is not in the encoding of its first lines: give dataset.encoding, such as "
            "cp1252"
        ) from error
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        odd = re.search(r"column '?([^':]*)'?:.*invalid value '(.*)'", reason)
        if odd:
            reason = f"column {odd[1]} is numeric but for {odd[2]!r}: put such spellings into "
            reason += "dataset.na_values"
        raise DataError(f"{path} cannot be read as {form}: {reason}") from error
