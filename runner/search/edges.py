"""What was searched and the best of it come in; the overrides that search beyond it go out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from runner.search.resolve import PENALTY
from runner.space import AlphaRange, Choices, Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Candidate
    from runner.search.resolve import AlphaMax, SearchSpace
    from runner.space import Dimension

    Valid = Callable[[str, float], bool]

CLOSE = 0.02  # of a range's length, or half a step of its grid if that is less
FEW = 3  # values, of which some best one is hardly ever in the middle
FURTHER = 10
ALPHA, L1_RATIO = PENALTY
BOUNDS = {L1_RATIO: 1.0}  # where a key cannot go further up


def edges_of(
    space: SearchSpace, best: Candidate, alpha_max: AlphaMax, valid: Valid
) -> dict[str, str]:
    """By key, the override that extends what was searched, where the best one is at its edge.

    Args:
        space: what varied.
        best: the best candidate.
        alpha_max: the largest alpha worth trying, beside the other values.
        valid: whether a key can have a value.
    """
    found: dict[str, str] = {}
    for key, dimension in space.dimensions.items():
        value = best.values[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(dimension, AlphaRange):
            override = _smaller_alphas(dimension, value / alpha_max(best.values))
        else:
            override = _beyond(key, dimension, value, valid)
        if override is not None:
            found[key] = override
    return found


def _smaller_alphas(dimension: AlphaRange, fraction: float) -> str | None:
    """Beyond alpha_max there is nothing to find, so only the other end is an edge."""
    position = math.log(fraction) / math.log(dimension.eps) if fraction > 0 else 1.0
    if position < 1 - _close(dimension.count):
        return None
    return f"model.alpha.eps={dimension.eps / FURTHER:.3g}"


def _beyond(key: str, dimension: Dimension, value: float, valid: Valid) -> str | None:
    """The override with a further value at the end where the best one is; None in the middle."""
    ends = _ends(dimension)
    if ends is None:
        return None
    low, high, close = ends
    if value <= low + close:
        further = _down(key, low, high)
    elif value >= high - close:
        step = (FURTHER - 1) * high if key == ALPHA else high - low
        further = min(high + step, BOUNDS.get(key, math.inf))
    else:
        return None
    if low <= further <= high or not valid(key, further):
        return None
    return _override(key, dimension, further)


def _ends(dimension: Dimension) -> tuple[float, float, float] | None:
    """The least and the greatest value, and what is close to them."""
    if isinstance(dimension, Range):
        length = dimension.high - dimension.low
        within = 0.0 if dimension.integral or dimension.log else length * _close(dimension.count)
        return dimension.low, dimension.high, within
    if not isinstance(dimension, Choices):
        return None
    numbers = [v for v in dimension.values if isinstance(v, int | float)]
    if len(set(numbers)) < FEW or any(isinstance(v, bool) for v in numbers):
        return None
    return min(numbers), max(numbers), 0.0


def _down(key: str, low: float, high: float) -> float:
    if low <= 0:
        return low if key in PENALTY else low - (high - low)
    whole = isinstance(low, int) and isinstance(high, int) and key not in PENALTY
    return low // 2 if whole else low / FURTHER


def _close(count: int | None) -> float:
    """A share of a range's length."""
    return min(CLOSE, 0.5 / max((count or 1) - 1, 1))


def _override(key: str, dimension: Dimension, further: float) -> str | None:
    if isinstance(dimension, Choices):
        numbers = sorted({further, *(v for v in dimension.values if isinstance(v, int | float))})
        return f"{key}=[{','.join(f'{number:g}' for number in numbers)}]"
    if isinstance(dimension, Range):
        end = "low" if further < dimension.low else "high"
        return f"{key}.{end}={further:g}"
    return None
