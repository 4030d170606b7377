"""The points of a curve come in; which few of them draw it as well goes out."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from runner.records import Floats, Integers


def thin_curve(x: Floats, y: Floats, most: int) -> Integers:
    """Positions (k,), rising, of at most so many points (n,), both ends among them.

    Douglas & Peucker (1973), by number: a stretch between two kept points is split at the point
    that is the farthest from the line between them, the stretch with the farthest one first, until
    there are enough points or all others lie on the lines.
    """
    kept = {0, len(x) - 1}
    stretches: list[tuple[float, int, int, int]] = []
    _push(stretches, x, y, 0, len(x) - 1)
    while stretches and len(kept) < most:
        distance, split, first, last = heappop(stretches)
        if distance == 0:
            break
        kept.add(split)
        _push(stretches, x, y, first, split)
        _push(stretches, x, y, split, last)
    return np.array(sorted(kept), dtype=np.int64)


def _push(
    stretches: list[tuple[float, int, int, int]], x: Floats, y: Floats, first: int, last: int
) -> None:
    """Add a stretch with its farthest point, the first of several: a heap has its least first."""
    if last - first < 2:  # noqa: PLR2004 - neighbours have nothing between them
        return
    distance = _distances(x[first : last + 1], y[first : last + 1])
    farthest = int(np.argmax(distance))
    heappush(stretches, (-float(distance[farthest]), first + farthest, first, last))


def _distances(x: Floats, y: Floats) -> Floats:
    """Of points (n,) from the line through the first and the last, or from both if they are one."""
    dx, dy = x - x[0], y - y[0]
    length = float(np.hypot(dx[-1], dy[-1]))
    across = np.abs(dx * dy[-1] - dy * dx[-1])
    distance: Floats = across / length if length > 0 else np.hypot(dx, dy)
    return distance
