"""Functions of this module in the place of pandas' methods, in a model whose format names no class.

skops writes a function as its module and its name, and so loses the class of a method.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


def as_type(frame: pd.DataFrame | NDArray[Any], dtype: DTypeLike = object) -> pd.DataFrame:
    """The columns (n, p) as another type; `DataFrame.astype`."""
    return pd.DataFrame(frame).astype(dtype)  # type: ignore[arg-type]


def fill_gaps(frame: pd.DataFrame | NDArray[Any], value: float = np.nan) -> pd.DataFrame:
    """The columns (n, p) with a value in each gap; `DataFrame.fillna`."""
    return pd.DataFrame(frame).fillna(value)


def as_array(frame: pd.DataFrame | NDArray[Any], **how: Any) -> NDArray[Any]:  # noqa: ANN401 - as pandas takes it
    """The columns as one array (n, p); `DataFrame.to_numpy`."""
    return pd.DataFrame(frame).to_numpy(**how)


INSTEAD = {
    pd.DataFrame.astype: as_type,
    pd.DataFrame.fillna: fill_gaps,
    pd.DataFrame.to_numpy: as_array,
}


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> str | None:  # noqa: ANN401 - any part of a model
        """The name of a method that another function stands for; None of all else."""
        known = callable(obj) and getattr(obj, "__hash__", None) and obj in INSTEAD
        return obj.__name__ if known else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: str) -> Any:  # noqa: ANN401 - a function
        """The function that stands for a method of that name."""
        return next(new for old, new in INSTEAD.items() if old.__name__ == pid)


def with_plain_functions(model: Any) -> Any:  # noqa: ANN401 - any fitted model
    """A copy of a fitted model that calls functions where the model calls pandas' methods."""
    file = BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(model)
    file.seek(0)
    return _Unpickler(file).load()
