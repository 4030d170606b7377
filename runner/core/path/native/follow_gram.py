"""Paths of Gram problems by the compiled solver; see gram_path.c."""

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
)
from runner.core.path.native.interrupts import STOP, call
from runner.core.path.native.layouts import EnetGram
from runner.core.path.native.library import level, library
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.core.path.native.path_penalty import PathPenalty
    from runner.records import Floats, GramProblem, Integers

# products of a column's entries, beyond which a call may last longer than a tenth of a second; a
# factor of all columns, and a few of what follows it, is as many as a tenth of them strengths
LONG = 3e7
STRENGTHS_OF_A_FACTOR = 0.1
VECTORS = 18  # of the workspace, beside a factor: GRAM_VECTORS of library.h


@dataclass(frozen=True)
class Solutions:
    """What a path has come to, which may have ended before the tolerance was met.

    The solver's gradient is updated all along a path, and rounding adds up: the gaps are those of
    the coefficients themselves, by one product.
    """

    coefficients: Floats  # (p, a)
    gaps: Floats  # (a,); if exact, by how much the penalty is exceeded
    sweeps: Integers  # (a,), or systems


@dataclass(frozen=True)
class Memory:
    """A support's factor between calls that are about one Gram matrix, which may grow.

    The Gram is that of the first columns of a buffer, (stride, stride).
    """

    stride: int
    work: Floats  # (stride + VECTORS) x stride
    index: Integers  # (2 stride,)
    held: Integers  # (2,), what there is in them

    @classmethod
    def of(cls, stride: int) -> Memory:
        """Nothing yet, of a Gram of at most so many columns."""
        empty = np.zeros(2 * stride, dtype=np.int64), np.zeros(2, dtype=np.int64)
        return cls(stride, np.empty((stride + VECTORS) * stride), *empty)

    def check(self, p: int) -> None:
        """Let nothing pass that is not about the first p columns.

        Raises:
            FitError: it is of more columns, or its arrays are not what `of` makes.
        """
        sizes = (self.stride + VECTORS) * self.stride, 2 * self.stride, 2
        arrays, kinds = (self.work, self.index, self.held), (np.float64, np.int64, np.int64)
        for array, size, kind in zip(arrays, sizes, kinds, strict=True):
            if array.shape != (size,) or array.dtype != kind or not array.flags.carray:
                raise FitError("memory is not what Memory.of makes")
        support = self.index[: self.held[0]]
        if not 0 <= self.held[0] <= p or ((support < 0) | (support >= p)).any():
            raise FitError(f"memory is of more columns than the {p} of the Gram")


def follow(  # noqa: PLR0913 - a problem, its penalty, and when to stop
    problem: GramProblem,
    penalty: PathPenalty,
    *,
    tol: float,
    most: int,
    start: Floats | None = None,
    exact: bool = False,
    memory: Memory | None = None,
) -> Solutions | None:
    """Solve along falling strengths, each warm-started from the last.

    Args:
        problem: the least-squares problem, p columns.
        penalty: of a strengths.
        tol: of the dual gap, as a share of yy; if exact, of what u_j exceeds its penalty by, as a
            share of the largest |xy|, and yy is not looked at.
        most: sweeps or systems for one strength.
        start: coefficients, (p,).
        exact: what `tol` means.
        memory: what earlier calls with this problem's Gram have left, and this one will.

    Returns:
        None without a library.

    Raises:
        FitError: an array is of the wrong size, not finite, or not what a penalty may be; or the
            memory is not of this Gram.
    """
    loaded = library()
    if loaded is None:
        return None
    p, a = np.size(problem.xy), penalty.count
    given = {
        "gram": _gram(problem.gram, p, memory),
        "xy": checked("xy", problem.xy, (p,)),
        **penalty.by_gram(p),
    }
    if start is not None:
        given["start"] = checked("start", start, (p,))
    yy = float(checked("yy", np.asarray(problem.yy), ()))
    out, gaps, sweeps = np.zeros((a, p)), np.zeros(a), np.zeros(a, dtype=np.int64)
    own = Memory.of(p) if memory is None else memory
    made = {"out": out, "gaps": gaps, "sweeps": sweeps, "work": own.work, "index": own.index}
    if memory is not None:
        made["memory"] = memory.held
    addresses = {name: address(array) for name, array in {**given, **made}.items()}
    handed = EnetGram(
        p=p,
        stride=own.stride,
        count=a,
        most=count(most),
        exact=exact,
        yy=yy,
        tol=checked_tolerance(tol),
        stop=ctypes.addressof(STOP),
        **addresses,
    )
    call(
        lambda: loaded.enet_gram_path(ctypes.byref(handed), level()),
        long=float(p) * p * (a + STRENGTHS_OF_A_FACTOR * p) > LONG,
    )
    if not exact:
        products = np.ascontiguousarray(out @ given["gram"])
        handed.products = address(products)
        loaded.enet_gram_gaps(ctypes.byref(handed), level())
    return Solutions(out.T, gaps, sweeps)


def _gram(gram: Floats, p: int, memory: Memory | None) -> Floats:
    """The Gram, (p, p), as the library reads it; a symmetric matrix is its own transpose."""
    if memory is None:
        return checked("gram", gram.T if gram.flags.f_contiguous else gram, (p, p))
    stride = memory.stride
    laid_out = gram.shape == (p, p) and gram.strides == (8 * stride, 8) and p <= stride
    if not laid_out or gram.dtype != np.float64 or not gram.flags.aligned:
        raise FitError(f"gram must be (p, p) of a buffer ({stride}, {stride}) of aligned doubles")
    checked("gram", gram.diagonal(), (p,))  # of what is not finite, a square is not
    memory.check(p)
    return gram
