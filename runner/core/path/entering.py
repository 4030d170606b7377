"""A path comes in, as what solves it; the columns that are the first to enter go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.alpha_grid import alpha_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats, Integers

    Sizes = Callable[[Floats], Floats]

EPS = 1e-4  # of the largest alpha, to which a path is followed
STEPS = 120  # on the way there
AT_ONCE = 20  # of them, before it is asked whether columns enough have entered
FINER = 40  # steps between two, where they differ by more columns than one


def first_to_enter(sizes: Sizes, largest: float, count: int) -> Integers:
    """The `count` columns that have coefficients first, as alpha falls from the largest.

    A column that leaves again has entered. Where several enter in one step, a grid between its two
    alphas tells them apart, and where it does not, the size of their coefficients.

    Args:
        sizes: alphas (a,) come in, sizes (q, a) of the coefficients go out.
        largest: at which no column has any.
        count: how many; fewer enter where the path is followed to its end.

    Returns:
        Positions, at most `count`.
    """
    alphas = alpha_grid(largest, EPS, STEPS)
    known = np.empty((0, 0))
    for begin in range(0, STEPS, AT_ONCE):
        more = sizes(alphas[begin : begin + AT_ONCE])
        known = np.hstack([known, more]) if begin else more
        if np.count_nonzero(known.any(axis=1)) >= count:
            break
    step = _step_of_entry(known)
    entered = np.flatnonzero(step < known.shape[1])
    if len(entered) <= count:
        return entered
    last = np.sort(step)[count - 1]
    sure, tied = np.flatnonzero(step < last), np.flatnonzero(step == last)
    between = np.geomspace(alphas[max(last - 1, 0)], alphas[last], FINER)
    order = _in_order(sizes(between)[tied])
    return np.concatenate([sure, tied[order[: count - len(sure)]]])


def _step_of_entry(sizes: Floats) -> Integers:
    """The first of a steps at which a column (q, a) has a coefficient, or a."""
    has = sizes != 0
    step: Integers = np.where(has.any(axis=1), has.argmax(axis=1), sizes.shape[1])
    return step


def _in_order(sizes: Floats) -> Integers:
    """Columns (t, a) by the step at which they enter, then the larger one first."""
    step = _step_of_entry(sizes)
    at_entry = sizes[np.arange(len(sizes)), np.minimum(step, sizes.shape[1] - 1)]
    return np.lexsort((-at_entry, step))
