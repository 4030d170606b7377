"""What may cross the boundary to compiled code, which reads as many numbers as it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
