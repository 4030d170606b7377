"""Paths of row problems by the compiled solver; see row_path.c."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.path.native.arrays import address, checked, checked_ends
from runner.core.path.native.interrupts import STOP, call
from runner.core.path.native.library import level, library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.core.path.native.gram import GramPenalty
    from runner.records import Floats, Integers, Matrix, RowProblem

# entries that are looked at, beyond which a call may last longer than a tenth of a second; a sweep
# looks at some of them
LONG = 3e7
SHARE_SWEPT = 0.125
FAR = 100.0  # a mean of so many scales, beyond which what is not centred loses digits
WHOLE, REAL, POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class _Problem(ctypes.Structure):
    """`enet_rows` of library.h."""

    _fields_ = (
        *((name, WHOLE) for name in ("n", "p", "count", "most", "patience")),
        *((name, POINTER) for name in ("data", "places", "ends", "unscale", "shift")),
        *((name, POINTER) for name in ("root", "target", "l1", "l2", "factors")),
        *((name, POINTER) for name in ("lower", "upper", "start")),
        *((name, REAL) for name in ("tol", "before")),
        *((name, POINTER) for name in ("stop", "kept", "out", "gaps", "sweeps", "solved")),
        *((name, POINTER) for name in ("work", "index")),
    )


@dataclass(frozen=True)
class Rows:
    """A row problem as the solver reads it: column after column, times the roots of the weights."""

    size: tuple[int, int]  # (n, p)
    arrays: dict[str, NDArray[np.generic]]

    @classmethod
    def of(cls, problem: RowProblem) -> Rows | None:
        """None where the library would lose digits, or a sparse X is too large for its indices.

        A dense X whose columns are contiguous, of equal weights, is not copied.
        """
        n, p = problem.X.shape
        shift = problem.centre / problem.scale
        if not n or not p or np.abs(shift).max() > FAR or max(n, p) > np.iinfo(np.int32).max:
            return None
        weight = problem.weight * (n / problem.weight.sum())
        root = None if np.ptp(weight) == 0.0 else np.sqrt(weight)
        arrays: dict[str, NDArray[np.generic]] = {
            "unscale": checked("scale", 1.0 / problem.scale, (p,)),
            "shift": checked("centre", shift, (p,)),
            "target": checked("y", problem.y if root is None else problem.y * root, (n,)),
        }
        if root is not None:
            arrays["root"] = checked("weight", root, (n,))
        return cls((n, p), arrays | _columns(problem.X, root))

    @property
    def entries(self) -> int:
        """How many there are to look at."""
        return self.arrays["data"].size


def _columns(X: Matrix, root: Floats | None) -> dict[str, NDArray[np.generic]]:
    """X as columns, each row times its root."""
    n, p = X.shape
    if not sparse.issparse(X):
        weighted = X if root is None else np.asfortranarray(X * root[:, None])
        return {"data": checked("X", weighted.T, (p, n))}
    columns = sparse.csc_array(X)
    data = columns.data if root is None else columns.data * root[columns.indices]
    places, ends = checked_ends(columns)
    return {"data": checked("X", data, (len(places),)), "places": places, "ends": ends}


@dataclass(frozen=True)
class Followed:
    """The part of a path that was solved."""

    coefficients: Floats  # (p, k)
    gaps: Floats  # (k,), by the solver's own word
    sweeps: Integers  # (k,)
    solved: int  # strengths, from the first, whether kept or not


def follow_rows(  # noqa: PLR0913 - a problem, its penalty, and when to stop
    rows: Rows,
    penalty: GramPenalty,
    *,
    tol: float,
    most: int,
    patience: int,
    before: float,
    kept: Integers,
    start: Floats | None = None,
) -> Followed | None:
    """Solve along falling strengths, each warm-started from the last, until one is slow.

    Args:
        rows: the least-squares problem, n rows and p columns.
        penalty: of a strengths; the factors of l1 are also those of l2, and positive.
        tol: of the dual gap, as a share of the mean square of the target.
        most: sweeps for one strength, after which it is left as it is.
        patience: sweeps for one strength, after which the path ends before it.
        before: the L1 strength at which `start` is a solution.
        kept: (a,), places of the strengths in the answer, 0, 1, ... in their order, or -1.
        start: coefficients, (p,).

    Returns:
        None without a library.

    Raises:
        FitError: an array is of the wrong size, or not finite.
    """
    loaded = library()
    if loaded is None:
        return None
    (n, p), a, k = rows.size, len(penalty.l1), int(kept.max(initial=-1)) + 1
    given: dict[str, NDArray[np.generic]] = {
        **rows.arrays,
        "l1": checked("l1", penalty.l1, (a,)),
        "l2": checked("l2", penalty.l2, (a,)),
        "kept": np.require(kept, dtype=np.int64, requirements=["C", "A"]),
    }
    vectors = {"factors": penalty.pull, "start": start}
    bounds = {"lower": penalty.lower, "upper": penalty.upper}
    for names, finite in ((vectors, True), (bounds, False)):
        for name, values in names.items():
            if values is not None:
                given[name] = checked(name, values, (p,), finite=finite)
    out, gaps = np.zeros((k, p)), np.zeros(k)
    sweeps, solved = np.zeros(k, dtype=np.int64), np.zeros(1, dtype=np.int64)
    made = {
        "out": out,
        "gaps": gaps,
        "sweeps": sweeps,
        "solved": solved,
        "work": np.empty(8 * p + 3 * n),
        "index": np.empty(3 * p, dtype=np.int64),
    }
    addresses = {name: address(array) for name, array in {**given, **made}.items()}
    handed = _Problem(
        n=n,
        p=p,
        count=a,
        most=most,
        patience=patience,
        tol=tol,
        before=before,
        stop=ctypes.addressof(STOP),
        **addresses,
    )
    loaded.enet_row_path.restype = WHOLE
    call(
        lambda: loaded.enet_row_path(ctypes.byref(handed), WHOLE(level())),
        long=float(rows.entries) * a * (1 + SHARE_SWEPT * min(patience, most)) > LONG,
    )
    done = int(solved[0])
    answered = int(np.count_nonzero(kept[:done] >= 0))
    return Followed(out[:answered].T, gaps[:answered], sweeps[:answered], done)
