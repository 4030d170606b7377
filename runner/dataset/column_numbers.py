"""A column of any type comes in; its numbers go out, or what keeps it from being one of numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from runner.dataset import roles as column_roles
from runner.dataset.written_numbers import other_notation

if TYPE_CHECKING:
    from runner.dataset.roles import ColumnRoles
    from runner.dataset.written_numbers import Notation
    from runner.records import Floats


def numbers_of(column: pd.Series) -> Floats | None:
    """The column as float64 with NaN where missing, or None if it is not one of numbers."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        if pd.api.types.is_complex_dtype(column):
            return None
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if column.isna().all():
        return np.full(len(column), np.nan)
    if column.dtype == object:
        kinds = {type(value) for value in column.dropna()}
        if all(issubclass(kind, int | float | Decimal | np.number | np.bool_) for kind in kinds):
            return np.array([np.nan if pd.isna(value) else float(value) for value in column])
    if isinstance(column.dtype, pd.ArrowDtype) and "decimal" in str(column.dtype):
        return np.asarray(column.astype("float64[pyarrow]").to_numpy(np.float64, na_value=np.nan))
    return None


def refuse_unusable(name: str, values: Floats) -> None:
    """Raise DataError for infinite values, and for those whose squares would be."""
    if count := int(np.isinf(values).sum()):
        raise column_roles.infinite(name, count)
    if count := int((np.abs(values) > column_roles.LARGEST).sum()):
        raise column_roles.too_large(name, count)


def notation_of(texts: pd.Series, roles: ColumnRoles) -> Notation | None:
    """In which a column of text is one of numbers; None if there is none, or it is of no CSV."""
    if roles.notation is None or not all(isinstance(value, str) for value in texts[:1]):
        return None
    import pyarrow as pa

    return other_notation(pa.array(texts.map(str), pa.large_string()), roles.notation)
