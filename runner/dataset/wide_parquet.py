"""A Parquet file of very many numeric columns comes in; a frame with them as one block goes out.

pyarrow's own table of 100,000 columns takes several times the numbers that are in it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pyarrow.parquet import ParquetFile

    from runner.records import Floats

WIDE = 2000  # numeric columns, above which they are read as one block
FEW = 100  # columns beside them
BATCH = 1000  # columns that are read at once


def read_wide(file: ParquetFile, named: Collection[str | None]) -> pd.DataFrame | None:
    """All columns, in the order of the file; None if it has few numeric ones, or many others.

    Args:
        file: whose names are each there once.
        named: columns that stay of the type that they have.
    """
    schema = file.schema_arrow
    names = schema.names
    numbers = [at for at, one in enumerate(schema) if one.name not in named and _is_number(one)]
    others = sorted(set(range(len(names))) - set(numbers))
    flat = file.metadata.num_columns == len(names)
    if len(numbers) <= WIDE or len(others) > FEW or not flat or _has_index(schema):
        return None
    block = _block(file, numbers)
    frame = pd.DataFrame(block.T, columns=[names[at] for at in numbers], copy=False)
    beside = file.reader.read_all(column_indices=others).to_pandas()
    for at in others:
        frame.insert(at, names[at], beside[names[at]])
    return frame


@contextmanager
def memory_given_back() -> Iterator[None]:
    """Let pyarrow take memory of the system's own allocator, and give it back at the end.

    What describes 100,000 columns takes more than their numbers, and other allocators keep it.
    """
    usual, own = pa.default_memory_pool(), pa.system_memory_pool()
    pa.set_memory_pool(own)
    try:
        yield
    finally:
        own.release_unused()  # not once another is the usual one: then that is asked
        pa.set_memory_pool(usual)
        usual.release_unused()


def _block(file: ParquetFile, columns: Sequence[int]) -> Floats:
    """The numbers of some columns, (columns, n), NaN where missing."""
    block = np.empty((len(columns), file.metadata.num_rows))
    for start in range(0, len(columns), BATCH):
        some = list(columns[start : start + BATCH])
        read = file.reader.read_all(column_indices=some, use_threads=False)
        for at, column in enumerate(read.itercolumns(), start):
            block[at] = column.to_numpy()
    return block


def _is_number(field: pa.Field) -> bool:
    return bool(pa.types.is_floating(field.type) or pa.types.is_integer(field.type))


def _has_index(schema: pa.Schema) -> bool:
    """Whether pandas has written an index that is a column of the file."""
    own = schema.pandas_metadata or {}
    return any(isinstance(one, str) for one in own.get("index_columns", ()))
