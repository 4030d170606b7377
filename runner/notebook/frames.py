"""A data frame comes in; a dataset of the config goes out, kept in a file."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ConfigError, DataError
from runner.store.whole_files import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

Frame = Any  # a pandas, polars or Arrow table; polars is no package that this one needs

KEPT = Path("outputs") / "data"
SHORT = 16  # digits of a hash that name a file


def data_overrides(data: Frame | None, target: str | Sequence[str] | None) -> list[str]:
    """The overrides that make a frame the dataset, its rows kept in outputs/data; none of none.

    Raises:
        ConfigError: there is no target, or a target without data.
        DataError: the frame cannot be kept.
    """
    if data is None:
        if target is not None:
            raise ConfigError("target names a column of data; without data it is dataset.target")
        return []
    if target is None:
        raise ConfigError("data needs a target: the column that is predicted")
    names = [target] if isinstance(target, str) else list(target)
    listed = ",".join(map(quoted, names))
    chosen = listed if isinstance(target, str) else f"[{listed}]"
    path = _keep(_arrow(data))
    return ["dataset=parquet", f"dataset.path={quoted(str(path))}", f"dataset.target={chosen}"]


def _arrow(data: Frame) -> pa.Table:
    """A pandas, polars or Arrow table as the last."""
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    try:
        return pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, AttributeError, TypeError) as error:
        raise DataError(f"data cannot be kept as a table: {error}") from error


def _keep(table: pa.Table) -> Path:
    """Where a table is kept, by its content: the same rows have one file."""
    from pyarrow import parquet

    file = BytesIO()
    parquet.write_table(table, file)
    content = file.getvalue()
    path = KEPT / f"{hashlib.sha256(content).hexdigest()[:SHORT]}.parquet"
    if not path.is_file():
        write_file(path, lambda out: out.write(content))
    return path.resolve()


def quoted(text: str) -> str:
    """Text as the value of an override, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
