"""The entries of a table as compiled code reads them, column after column, dense or sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.path.native.arrays import checked, checked_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.core.path.native.arrays import Compressed
    from runner.records import Floats, Matrix

LARGEST_SIDE = np.iinfo(np.int32).max  # of a table, whose rows have 32 bits


def columns_of(X: Matrix, root: Floats | None = None) -> dict[str, NDArray[np.generic]]:
    """X (n, p) column after column, each row times its root, (n,), if any.

    A dense X whose columns are contiguous is not copied without roots.

    Raises:
        FitError: an entry is not finite, or in no row or column.
    """
    n, p = X.shape
    if not sparse.issparse(X):
        columns = checked("X", X.T, (p, n))
        if root is None:
            return {"data": columns}
        own = None if np.may_share_memory(columns, X) else columns
        return {"data": checked("X", np.multiply(columns, root, out=own), (p, n))}
    entries = _merged(X)
    places, ends = checked_ends(entries, n)
    data = entries.data[: len(places)]
    data = data if root is None else data * root[places]
    return {"data": checked("X", data, (len(places),)), "places": places, "ends": ends}


def _merged(X: Compressed) -> sparse.csc_array:
    """A sparse X with one entry for each place, X itself where it is that.

    Raises:
        FitError: an entry is in no row or column, which scipy would trust.
    """
    n, p = X.shape
    if X.format in {"csc", "csr"}:
        checked_ends(X, n if X.format == "csc" else p)
    columns = sparse.csc_array(X)
    if not columns.has_canonical_format:
        columns = columns.copy()
        columns.sum_duplicates()
    return columns
