"""Values of a column, of any kind, come in; numbers with NaN, or codes of levels, go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from runner.records import Floats, Integers

OF_PANDAS = ("NAType", "NaTType")  # kinds of a missing value, known without pandas by their names


def is_gap(value: Any) -> bool:  # noqa: ANN401 - of any kind
    """Whether a value is None, NaN or one of pandas' own missing values."""
    if value is None or type(value).__name__ in OF_PANDAS:
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def as_numbers(name: str, values: NDArray[Any]) -> Floats:
    """A column (n,) as numbers, NaN where a value is missing.

    Raises:
        DataError: a value is no number.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([_as_number(name, value) for value in values], dtype=np.float64)


def _as_number(name: str, value: Any) -> float:  # noqa: ANN401 - of any kind
    if is_gap(value):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(f"the column {name!r} holds {value!r}, which is no number") from None


class LevelCodes(dict[Any, int]):
    """The position of each level; that after the last of an unknown one, then that of a gap."""

    def __init__(self, levels: Sequence[Any]) -> None:
        super().__init__((level, at) for at, level in enumerate(levels))
        self.levels = len(levels)

    def __missing__(self, value: Any) -> int:  # noqa: ANN401 - of any kind
        """The position of what is no level."""
        return self.levels + is_gap(value)

    def of(self, values: NDArray[Any]) -> Integers:
        """The positions (n,) of a column's values."""
        return np.fromiter(map(self.__getitem__, values.tolist()), np.int64, len(values))
