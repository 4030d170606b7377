"""What may cross the boundary to compiled code, which reads as many numbers as it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from runner.records import Floats

    Compressed = sparse.csc_array | sparse.csr_array


LARGEST = 2**62  # of a count
SMALL = 10_000  # entries, of which a mask costs nothing


def checked(name: str, values: Floats, shape: tuple[int, ...], *, finite: bool = True) -> Floats:
    """The same numbers as aligned doubles in C order.

    Raises:
        FitError: the array is not of real numbers, has another shape, or, if it must be finite, an
            entry is not.
    """
    array = values if _as_it_is(values) else _copied(name, values)
    if array.shape != shape:
        raise FitError(f"{name} has the shape {array.shape}, but must have {shape}")
    if finite and not _is_finite(array):
        raise FitError(f"{name} must be finite, but has an entry that is not")
    return array


def _as_it_is(values: Floats) -> bool:
    """Whether compiled code can read an array without a copy."""
    plain = type(values) is np.ndarray and values.dtype == np.float64
    return plain and values.flags.c_contiguous and values.flags.aligned


def _copied(name: str, values: Floats) -> Floats:
    """The same numbers as it can."""
    if np.iscomplexobj(values):
        raise FitError(f"{name} must be real, but is complex")
    try:
        return np.require(values, dtype=np.float64, requirements=["C", "A", "ENSUREARRAY"])
    except (TypeError, ValueError):
        raise FitError(f"{name} must be an array of numbers, but is not") from None


def _is_finite(array: Floats) -> bool:
    if array.size < SMALL:
        return bool(np.isfinite(array).all())
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    # a sum is finite only if all its terms are; a sum that overflows is looked at once more
    return bool(np.isfinite(total) or np.isfinite(array).all())


def not_negative(name: str, values: Floats, shape: tuple[int, ...]) -> Floats:
    """The same of what is at least 0.

    Raises:
        FitError: as `checked`, or an entry is negative.
    """
    array = checked(name, values, shape)
    if not (array >= 0.0).all():
        raise FitError(f"{name} must be at least 0, but has an entry that is not")
    return array


def checked_bounds(
    lower: Floats | None, upper: Floats | None, shape: tuple[int, ...]
) -> dict[str, Floats]:
    """Both bounds of coefficients by name, or none.

    Raises:
        FitError: one is missing or of another shape, or 0 is not between them.
    """
    if lower is None and upper is None:
        return {}
    if lower is None or upper is None:
        raise FitError("lower and upper must both be given, or none of them")
    bounds = {
        "lower": checked("lower", lower, shape, finite=False),
        "upper": checked("upper", upper, shape, finite=False),
    }
    if not (bounds["lower"] <= 0.0).all():
        raise FitError("lower must be at most 0, but has an entry that is not")
    if not (bounds["upper"] >= 0.0).all():
        raise FitError("upper must be at least 0, but has an entry that is not")
    return bounds


def checked_tolerance(tol: float) -> float:
    """A tolerance.

    Raises:
        FitError: it is negative or undefined, so that nothing, or everything, would be within it.
    """
    if not tol >= 0.0:
        raise FitError(f"tol is {tol}, but must be at least 0")
    return float(tol)


def count(number: int) -> int:
    """A number of sweeps, which may be without end."""
    return max(0, min(int(number), LARGEST))


def address(array: NDArray[np.generic]) -> int:
    """Where an array begins."""
    start: int = array.__array_interface__["data"][0]
    return start


def checked_ends(X: Compressed, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Where a sparse matrix's entries are: their rows, (nnz,), and its columns' ends, (p + 1,).

    Of a matrix that is compressed by rows, rows and columns are the other way about.

    Raises:
        FitError: an entry is in no row or column.
    """
    indices, indptr = X.indices, X.indptr
    if not (_is_vector_of_integers(indices) and _is_vector_of_integers(indptr)):
        raise FitError("the indices of a sparse X must be vectors of integers, but are not")
    ends = np.require(indptr, dtype=np.int64, requirements=["C", "A"])
    columns = X.shape[0] if X.format == "csr" else X.shape[1]
    rising = len(ends) == columns + 1 and ends[0] == 0 and (np.diff(ends) >= 0).all()
    if not rising or ends[-1] > min(len(indices), len(X.data)):
        raise FitError("a sparse X has entries outside its columns")
    used = indices[: ends[-1]]  # there may be room for more
    if len(used) and not (used.min() >= 0 and used.max() < rows):
        raise FitError("a sparse X has entries outside its rows")
    return np.require(used, dtype=np.int32, requirements=["C", "A"]), ends


def _is_vector_of_integers(values: NDArray[np.generic]) -> bool:
    return values.ndim == 1 and np.issubdtype(values.dtype, np.integer)
