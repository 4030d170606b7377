"""Paths of row problems by the compiled solver; see row_path.c."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.native.arrays import (
    address,
    checked,
    checked_tolerance,
    count,
    not_negative,
)
from runner.core.path.native.entries import LARGEST_SIDE, columns_of
from runner.core.path.native.interrupts import STOP, call
from runner.core.path.native.kept_answers import KeptAnswers
from runner.core.path.native.layouts import EnetRows
from runner.core.path.native.library import level, library
from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.core.path.native.path_penalty import PathPenalty
    from runner.records import Floats, Integers, RowProblem

# entries that are looked at, beyond which a call may last longer than a tenth of a second; a sweep
# looks at some of them
LONG = 3e7
SHARE_SWEPT = 0.125
FAR = 100.0  # a mean of so many scales, beyond which what is not centred loses digits


@dataclass(frozen=True)
class Rows:
    """A row problem as the solver reads it: column after column, times the roots of the weights."""

    size: tuple[int, int]  # (n, p)
    arrays: dict[str, NDArray[np.generic]]

    @classmethod
    def of(cls, problem: RowProblem) -> Rows | None:
        """None where the library would lose digits, or a sparse X is too large for its indices.

        A dense X whose columns are contiguous, of equal weights, is not copied.

        Raises:
            FitError: an array is of the wrong size, not finite, or not what it may be.
        """
        n, p = problem.X.shape
        if not n or not p or max(n, p) > LARGEST_SIDE:
            return None
        scale = checked("scale", problem.scale, (p,))
        centre = checked("centre", problem.centre, (p,))
        if not (scale > 0.0).all():
            raise FitError("scale must be positive, but has an entry that is not")
        shift = centre / scale
        if np.abs(shift).max() > FAR:
            return None
        root, y = _root(problem.weight, n), checked("y", problem.y, (n,))
        arrays: dict[str, NDArray[np.generic]] = {
            "unscale": checked("scale", 1.0 / scale, (p,)),
            "shift": shift,
            "target": y if root is None else checked("y", y * root, (n,)),
        }
        if root is not None:
            arrays["root"] = root
        return cls((n, p), arrays | columns_of(problem.X, root))

    @property
    def entries(self) -> int:
        """How many there are to look at."""
        return self.arrays["data"].size


def _root(weight: Floats, n: int) -> Floats | None:
    """The roots of weights of mean 1, (n,); None where all are equal.

    Raises:
        FitError: a weight is negative or not finite, or all are 0.
    """
    given = not_negative("weight", weight, (n,))
    with np.errstate(over="ignore"):
        mean = given.mean()
    if not 0.0 < mean < np.inf:
        raise FitError(f"the mean weight must be positive and finite, but is {mean}")
    return None if np.ptp(given) == 0.0 else np.sqrt(given / mean)


@dataclass(frozen=True)
class Followed:
    """The part of a path that was solved."""

    coefficients: Floats  # (p, k)
    gaps: Floats  # (k,), by the solver's own word
    sweeps: Integers  # (k,)
    solved: int  # strengths, from the first, whether kept or not


def follow_rows(  # noqa: PLR0913 - a problem, its penalty, and when to stop
    rows: Rows,
    penalty: PathPenalty,
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
        FitError: an array is of the wrong size, not finite, or not what a penalty may be.
    """
    loaded = library()
    if loaded is None:
        return None
    (n, p), a = rows.size, penalty.count
    answers = KeptAnswers.of(kept, a, p)
    given: dict[str, NDArray[np.generic]] = {
        **rows.arrays,
        **penalty.by_rows(p),
        **answers.arrays(),
        "sweeps": answers.counts,
        "work": np.empty(int(loaded.enet_row_work(n, p))),
        "index": np.empty(3 * p, dtype=np.int64),
    }
    if start is not None:
        given["start"] = checked("start", start, (p,))
    addresses = {name: address(array) for name, array in given.items()}
    handed = EnetRows(
        n=n,
        p=p,
        count=a,
        most=count(most),
        patience=count(patience),
        tol=checked_tolerance(tol),
        before=before,
        stop=ctypes.addressof(STOP),
        **addresses,
    )
    call(
        lambda: loaded.enet_row_path(ctypes.byref(handed), level()),
        long=float(rows.entries) * a * (1 + SHARE_SWEPT * min(patience, most)) > LONG,
    )
    k = answers.count
    return Followed(
        answers.coefficients[:k].T, answers.gaps[:k], answers.counts[:k], int(answers.solved[0])
    )
