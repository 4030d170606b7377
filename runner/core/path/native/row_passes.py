"""What models of a likelihood need of all rows, by compiled code; see row_passes.c and losses.h."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

import numpy as np

from runner.core.path.native.arrays import address, checked, checked_tolerance, not_negative
from runner.core.path.native.layouts import EnetPass
from runner.core.path.native.library import level, library
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.records import Floats, Matrix

CompiledLoss = Literal["logistic", "poisson", "gamma"]
FAMILIES: tuple[CompiledLoss, ...] = ("logistic", "poisson", "gamma")  # as library.h counts them
MOST = 6  # vectors, beyond which BLAS is as fast


def passes_suit(rows: Matrix, vectors: int) -> TypeGuard[Floats]:
    """Whether products of rows (n, w) with so many vectors are faster here than by BLAS."""
    return (
        1 < vectors <= MOST
        and library() is not None
        and isinstance(rows, np.ndarray)
        and rows.dtype == np.float64
        and rows.flags.f_contiguous
        and rows.flags.aligned
    )


def predict(vectors: Floats, rows: Floats) -> Floats:
    """Linear predictors (m, n) of vectors (m, w) of coefficients and rows (n, w) that suit."""
    n, w = rows.shape
    m = len(vectors)
    eta = np.empty((m, n))
    _pass("enet_predict", rows, vectors=checked("vectors", vectors, (m, w), finite=False), eta=eta)
    return eta


def gather(slopes: Floats, rows: Floats) -> Floats:
    """Sums (m, w) of rows (n, w) that suit, weighted with slopes (m, n)."""
    n, w = rows.shape
    m = len(slopes)
    gradient = np.empty((m, w))
    _pass(
        "enet_gather", rows, slope=checked("slope", slopes, (m, n), finite=False), gradient=gradient
    )
    return gradient


def _pass(name: str, rows: Floats, **arrays: Floats) -> None:
    """Call a pass over dense columns, the models' arrays as many as the first has rows."""
    models = len(next(iter(arrays.values())))
    addresses = {key: address(array) for key, array in arrays.items()}
    _call(name, n=rows.shape[0], p=rows.shape[1], models=models, data=address(rows.T), **addresses)


def _call(name: str, **fields: float) -> None:
    """Hand a pass over.

    Raises:
        FitError: there is no library.
    """
    loaded = library()
    if loaded is None:
        raise FitError("there is no compiled library to look at rows with")
    getattr(loaded, name)(ctypes.byref(EnetPass(**fields)), level())


@dataclass(frozen=True)
class Outcome:
    """What n rows say of the outcome, their shares adding up to 1.

    Raises:
        FitError: an array is of the wrong size, not finite, or a share is negative.
    """

    loss: CompiledLoss
    share: Floats  # (n,)
    y: Floats  # (n,)
    offset: Floats | None  # (n,)

    def __post_init__(self) -> None:
        _ = self._arrays  # is checked by this

    @cached_property
    def _arrays(self) -> dict[str, Floats]:
        """As compiled code reads them."""
        n = np.shape(self.y)
        arrays = {"share": not_negative("share", self.share, n), "y": checked("y", self.y, n)}
        if self.offset is not None:
            arrays["offset"] = checked("offset", self.offset, n)
        return arrays

    def fields(self, n: int) -> dict[str, Any]:
        """Of compiled code's structures, as long as this lasts.

        Raises:
            FitError: there are not n rows.
        """
        if np.shape(self.y) != (n,):
            raise FitError(f"y has the shape {np.shape(self.y)}, but must have {(n,)}")
        addresses = {name: address(array) for name, array in self._arrays.items()}
        return addresses | {"family": FAMILIES.index(self.loss)}

    def settle(self, eta: Floats, balance: float | None) -> Settled:
        """Losses at linear predictors (m, n), which are shifted in place if there is an intercept.

        Args:
            eta: in C order.
            balance: what slopes may add up to where there is an intercept; None if there is none.
        """
        m, n = eta.shape
        if not (eta.flags.c_contiguous and eta.flags.aligned and eta.dtype == np.float64):
            raise FitError("eta must be doubles in C order, but is not")
        slope, value, shift = np.empty((m, n)), np.empty(m), np.empty(m)
        work = np.empty(n)
        _call(
            "enet_settle",
            n=n,
            models=m,
            **self.fields(n),
            intercept=int(balance is not None),
            balance=checked_tolerance(balance or 0.0),
            eta=address(eta),
            slope=address(slope),
            value=address(value),
            shift=address(shift),
            work=address(work),
        )
        return Settled(value, slope, shift)

    def conjugate(self, slope: Floats) -> Floats:
        """The conjugates (m,) of the losses, at slopes (m, n)."""
        m, n = np.shape(slope)
        given = checked("slope", slope, (m, n), finite=False)
        value = np.empty(m)
        _call(
            "enet_conjugate",
            n=n,
            models=m,
            **self.fields(n),
            slope=address(given),
            value=address(value),
        )
        return value


@dataclass(frozen=True)
class Settled:
    """Where m models are, their intercepts made the best."""

    value: Floats  # (m,), L
    slope: Floats  # (m, n), of L
    shift: Floats  # (m,), by which the intercepts were moved
