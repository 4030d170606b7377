"""Paths of Gram problems by the compiled solver; see gram_path.c."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.native.arrays import address, checked
from runner.core.path.native.interrupts import STOP, call
from runner.core.path.native.library import level, library

if TYPE_CHECKING:
    from runner.records import Floats, GramProblem, Integers

# products of a column's entries, beyond which a call may last longer than a tenth of a second
LONG = 3e7
WHOLE, REAL, POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class _Problem(ctypes.Structure):
    """`enet_gram` of library.h."""

    _fields_ = (
        *((name, WHOLE) for name in ("p", "count", "most", "exact")),
        *((name, POINTER) for name in ("gram", "xy", "l1", "l2", "pull", "ridge")),
        *((name, POINTER) for name in ("lower", "upper", "start")),
        *((name, REAL) for name in ("yy", "tol")),
        *((name, POINTER) for name in ("stop", "out", "gaps", "sweeps")),
        *((name, POINTER) for name in ("work", "index", "memory")),
    )


@dataclass(frozen=True)
class GramPenalty:
    """The strengths of a path, and what multiplies them for each column."""

    l1: Floats  # (a,), falling, not negative
    l2: Floats  # (a,), not negative
    pull: Floats | None = None  # (p,), of l1; None for 1
    ridge: Floats | None = None  # (p,), of l2
    lower: Floats | None = None  # (p,), at most 0; with `upper` or not at all
    upper: Floats | None = None  # (p,), at least 0


def follow(  # noqa: PLR0913 - a problem, its penalty, and when to stop
    problem: GramProblem,
    penalty: GramPenalty,
    *,
    tol: float,
    most: int,
    start: Floats | None = None,
    exact: bool = False,
) -> tuple[Floats, Integers] | None:
    """Solve along falling strengths, each warm-started from the last.

    Args:
        problem: the least-squares problem, p columns.
        penalty: of a strengths.
        tol: of the dual gap, as a share of yy; if exact, of what u_j exceeds its penalty by, as a
            share of the largest |xy|, and yy is not looked at.
        most: sweeps or systems for one strength.
        start: coefficients, (p,).
        exact: what `tol` means.

    Returns:
        Coefficients, (p, a), and sweeps or systems, (a,), which may have ended before the
        tolerance was met; None without a library.

    Raises:
        FitError: an array is of the wrong size, or not finite.
    """
    loaded = library()
    if loaded is None:
        return None
    p, a = len(problem.xy), len(penalty.l1)
    given = {
        "gram": checked("gram", problem.gram, (p, p)),
        "xy": checked("xy", problem.xy, (p,)),
        "l1": checked("l1", penalty.l1, (a,)),
        "l2": checked("l2", penalty.l2, (a,)),
    }
    vectors = {"pull": penalty.pull, "ridge": penalty.ridge, "start": start}
    bounds = {"lower": penalty.lower, "upper": penalty.upper}
    for names, finite in ((vectors, True), (bounds, False)):
        for name, values in names.items():
            if values is not None:
                given[name] = checked(name, values, (p,), finite=finite)
    out, gaps, sweeps = np.zeros((a, p)), np.zeros(a), np.zeros(a, dtype=np.int64)
    work = np.empty(p * p + 16 * p)
    index = np.empty(2 * p, dtype=np.int64)
    made = {"out": out, "gaps": gaps, "sweeps": sweeps, "work": work, "index": index}
    addresses = {name: address(array) for name, array in {**given, **made}.items()}
    handed = _Problem(
        p=p,
        count=a,
        most=most,
        exact=exact,
        yy=problem.yy,
        tol=tol,
        stop=ctypes.addressof(STOP),
        **addresses,
    )
    loaded.enet_gram_path.restype = WHOLE
    call(
        lambda: loaded.enet_gram_path(ctypes.byref(handed), WHOLE(level())),
        long=float(p) * p * a > LONG,
    )
    return out.T, sweeps
