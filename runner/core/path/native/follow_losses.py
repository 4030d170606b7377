"""Paths of penalised likelihoods by the compiled solver; see loss_path.c."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.path.native.arrays import (
    address,
    checked,
    checked_tolerance,
    count,
)
from runner.core.path.native.entries import LARGEST_SIDE, columns_of
from runner.core.path.native.interrupts import STOP, call
from runner.core.path.native.kept_answers import KeptAnswers
from runner.core.path.native.layouts import EnetLosses
from runner.core.path.native.library import level, library
from runner.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runner.core.path.native.path_penalty import PathPenalty
    from runner.core.path.native.row_passes import Outcome
    from runner.records import Floats, Integers

# entries that are looked at, beyond which a call may last longer than a tenth of a second
LONG = 3e7
LOOKS = 5  # at all entries, for one strength, about


@dataclass(frozen=True)
class Gaps:
    """When a strength is solved, in the units of the objective."""

    enough: float
    rough: float  # of strengths that are not in the answer, if that is more
    scale: float  # the null deviance


@dataclass(frozen=True)
class Start:
    """Where a path begins."""

    coefficients: Floats | None  # (p,), None for 0
    intercept: float
    strength: float  # of L1, at which they are a solution


@dataclass(frozen=True)
class FollowedLosses:
    """The part of a path that was solved."""

    intercepts: Floats  # (k,)
    coefficients: Floats  # (k, p)
    gaps: Floats  # (k,), by the solver's own word
    steps: Integers  # (k,), of Newton's method


def follow_losses(  # noqa: PLR0913 - a problem, its penalty, and when to stop
    X: sparse.csc_array,
    outcome: Outcome,
    penalty: PathPenalty,
    *,
    balance: float | None,
    gaps: Gaps,
    most: int,
    patience: int,
    kept: Integers,
    start: Start,
) -> FollowedLosses | None:
    """Solve along strengths, best falling, each warm-started from the last, until one is slow.

    Args:
        X: n rows of p columns, sparse.
        outcome: of the rows.
        penalty: of a strengths; `pull` are the factors of both parts, and positive; no bounds.
        balance: what slopes may add up to where there is an intercept; None if there is none.
        gaps: when to stop.
        most: Newton's steps for one strength, after which the path ends before it.
        patience: sweeps of its columns, likewise.
        kept: (a,), places of the strengths in the answer, 0, 1, ... in their order, or -1.
        start: where to begin.

    Returns:
        None without a library, or if X is too large for its indices.

    Raises:
        FitError: an array is of the wrong size, not finite, or not what a penalty may be.
    """
    loaded = library()
    (n, p), a = X.shape, penalty.count
    if loaded is None or not n or not p or max(n, p) > LARGEST_SIDE:
        return None
    if not sparse.issparse(X) or penalty.lower is not None:
        raise FitError("likelihoods are followed by sparse rows alone, and without bounds")
    answers, intercepts = KeptAnswers.of(kept, a, p), np.zeros(a)
    given: dict[str, NDArray[np.generic]] = {
        **columns_of(X),
        **penalty.by_rows(p),
        **answers.arrays(),
        "intercepts": intercepts,
        "steps": answers.counts,
        "work": np.empty(int(loaded.enet_loss_work(n, p))),
        "index": np.empty(4 * p, dtype=np.int64),
    }
    if start.coefficients is not None:
        given["start"] = checked("start", start.coefficients, (p,))
    addresses = {name: address(array) for name, array in given.items()}
    handed = EnetLosses(
        n=n,
        p=p,
        **outcome.fields(n),
        intercept=int(balance is not None),
        balance=checked_tolerance(balance or 0.0),
        count=a,
        most=count(most),
        patience=count(patience),
        start_intercept=start.intercept,
        before=start.strength,
        enough=checked_tolerance(gaps.enough),
        rough=checked_tolerance(gaps.rough),
        scale=checked_tolerance(gaps.scale),
        stop=ctypes.addressof(STOP),
        **addresses,
    )
    call(
        lambda: loaded.enet_loss_path(ctypes.byref(handed), level()),
        long=float(given["data"].size) * a * LOOKS > LONG,
    )
    k = answers.count
    return FollowedLosses(
        intercepts[:k], answers.coefficients[:k], answers.gaps[:k], answers.counts[:k]
    )
