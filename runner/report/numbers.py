"""A number comes in; its text, rounded to what it is worth, goes out."""

from __future__ import annotations

import math
from typing import Any

NONE = "-"
UNDEFINED = "undefined"
LARGE = 1e9  # from here on with an exponent
DECIMALS = 6  # with more than so many too
ERROR_DIGITS = 2  # of an error that are worth telling


def is_number(value: Any) -> bool:  # noqa: ANN401 - any value of a table
    """Whether there is a value that is a number; None and NaN are not."""
    return isinstance(value, int | float) and math.isfinite(value)


def number(value: Any, digits: int = 4) -> str:  # noqa: ANN401 - any value of a table
    """Text as it is, whole numbers in full, others with so many significant digits."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return NONE
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if 10**digits <= abs(value) < LARGE:
        return rounded(value, _place(value) - digits + 1)
    return f"{value:.{digits}g}"


def place_of(error: Any) -> int | None:  # noqa: ANN401 - a number, or none
    """The power of ten of the last digit that an error leaves; None without one."""
    if not is_number(error) or error == 0:
        return None
    return _place(error) - ERROR_DIGITS + 1


def score(value: Any, place: int | None) -> str:  # noqa: ANN401 - a number, or none
    """A score, rounded where its error says."""
    if not is_number(value):
        return UNDEFINED
    return number(float(value)) if place is None else rounded(value, place)


def interval(low: Any, high: Any) -> str:  # noqa: ANN401 - numbers, or none
    """An interval, rounded to two digits of half its width."""
    if not (is_number(low) and is_number(high)):
        return NONE
    place = place_of((high - low) / 2)
    return f"{score(low, place)} to {score(high, place)}"


def rounded(value: float, place: int) -> str:
    """A number to a power of ten; with an exponent if it would be long."""
    near = round(value, -place) + 0.0  # no -0.0
    if not near and place < -DECIMALS:
        return "0"
    if near and (abs(near) >= LARGE or place < -DECIMALS):
        return f"{near:.{max(_place(near) - place, 0)}e}"
    return f"{near:,.{max(-place, 0)}f}"


def _place(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0
