"""What may cross the boundary to compiled code, which reads as many numbers as it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from runner.records import Floats


def checked(name: str, values: Floats, shape: tuple[int, ...], *, finite: bool = True) -> Floats:
    """The same numbers as aligned doubles in C order.

    Raises:
        FitError: the array has another shape, or, if it must be finite, an entry is not.
    """
    array = np.require(values, dtype=np.float64, requirements=["C", "A"])
    if array.shape != shape:
        raise FitError(f"{name} has the shape {array.shape}, but must have {shape}")
    # a sum is finite only if all its terms are; a sum that overflows is looked at once more
    if finite and not np.isfinite(array.sum()) and not np.isfinite(array).all():
        raise FitError(f"{name} must be finite, but has an entry that is not")
    return array


def address(array: NDArray[np.generic]) -> int:
    """Where an array begins."""
    start: int = array.__array_interface__["data"][0]
    return start


def checked_ends(columns: sparse.csc_array) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Where a sparse matrix's entries are: their rows, (nnz,), and its columns' ends, (p + 1,).

    Raises:
        FitError: an entry is in no row or column.
    """
    n, p = columns.shape
    places = np.require(columns.indices, dtype=np.int32, requirements=["C", "A"])
    ends = np.require(columns.indptr, dtype=np.int64, requirements=["C", "A"])
    rising = len(ends) == p + 1 and ends[0] == 0 and ends[-1] == len(places)
    inside = not len(places) or 0 <= places.min() <= places.max() < n
    if not (rising and inside and (np.diff(ends) >= 0).all()):
        raise FitError("a sparse X has entries outside its rows or columns")
    return places, ends
