"""Likelihoods whose rows do not know of one another, with one linear predictor a row.

A family states four functions of a target y and its linear predictor eta, element by element, and
where the best constant is looked for; what follows from them for all rows is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse

from runner.core.path.native.library import library
from runner.core.path.native.row_passes import Outcome

if TYPE_CHECKING:
    from runner.core.likelihood.base import Likelihood
    from runner.core.path.native.row_passes import CompiledLoss
    from runner.records import Floats, Observed

STEPS = 100  # of Newton's method towards the best constant
ROUNDING = 1e-15


@dataclass(frozen=True)
class RowCurvature:
    """A second derivative per row."""

    bend: Floats  # (n,), not negative

    def cross(self, Z: Floats | sparse.csc_array) -> Floats:
        """Z' diag(bend) Z, (k, k)."""
        if sparse.issparse(Z):
            product: Floats = (Z.T @ (sparse.diags_array(self.bend) @ Z)).toarray()
            return product
        scaled = Z * np.sqrt(self.bend)[:, None]
        return np.asarray(scaled.T @ scaled)

    def bound(self) -> Floats:
        """Of each row, (n, 1)."""
        return self.bend[:, None]

    def total(self) -> Floats:
        """The sum over the rows, (1, 1)."""
        return np.array([[self.bend.sum()]])


class RowWise(ABC):
    """The mean negative log-likelihood of rows.

    Args:
        observed: the rows; y is (n,).
    """

    responses: ClassVar[int] = 1
    has_intercept: ClassVar[bool] = True
    grouped: ClassVar[bool] = False
    compiled: ClassVar[CompiledLoss | None] = None  # the same formulas, if there are any

    def __init_subclass__(cls) -> None:
        """What is compiled are a class's own formulas, not those of one derived from it."""
        cls.compiled = vars(cls).get("compiled")

    def __init__(self, observed: Observed) -> None:
        self.y = observed.y
        self.share = observed.weight / observed.weight.sum()
        self.offset = observed.offset

    @abstractmethod
    def loss(self, y: Floats, eta: Floats) -> Floats:
        """The negative log-likelihood, l."""

    @abstractmethod
    def slope(self, y: Floats, eta: Floats) -> Floats:
        """The first derivative of l by eta."""

    @abstractmethod
    def bend(self, y: Floats, eta: Floats) -> Floats:
        """The second derivative of l by eta."""

    @abstractmethod
    def conjugate_loss(self, y: Floats, slope: Floats) -> Floats:
        """The convex conjugate of l: the largest slope * eta - l(y, eta)."""

    @abstractmethod
    def least(self, y: Floats) -> Floats:
        """The least that l can be."""

    @abstractmethod
    def start(self) -> float:
        """The constant that minimises L, or one near it where there is an offset."""

    @cached_property
    def null_deviance(self) -> float:
        """Twice what the best constant leaves above the least that L can be."""
        above = self.value(self.null()[None, None]) - self.share @ self.least(self.y)
        return max(2.0 * float(above[0]), 0.0)  # a constant target leaves nothing but rounding

    @property
    def outcome(self) -> Outcome | None:
        """The rows as compiled code takes them; None where the formulas are those of numpy."""
        return None if library() is None else self._outcome

    @cached_property
    def _outcome(self) -> Outcome | None:
        if self.compiled is None:
            return None
        return Outcome(self.compiled, self.share, self.y, self.offset)

    def null(self) -> Floats:
        """The constant (1,) that minimises L."""
        at = self.start()
        for _ in range(0 if self.offset is None else STEPS):
            eta = np.full((len(self.y), 1, 1), at)
            step = float(self.gradient(eta).sum() / self.curvature(eta[:, 0]).bend.sum())
            at -= float(np.clip(step, -1.0, 1.0))
            if abs(step) <= ROUNDING * (1 + abs(at)):
                break
        return np.array([at])

    def value(self, eta: Floats) -> Floats:
        """L, (c,), of linear predictors (n, c, 1)."""
        losses = self.loss(self.y[:, None], self._complete(eta[..., 0]))
        mean: Floats = self.share @ losses
        return mean

    def gradient(self, eta: Floats) -> Floats:
        """Its derivative by each, (n, c, 1)."""
        slope = self.slope(self.y[:, None], self._complete(eta[..., 0]))
        return np.asarray((self.share[:, None] * slope)[..., None])

    def curvature(self, eta: Floats) -> RowCurvature:
        """At linear predictors (n, 1)."""
        bend = self.bend(self.y[:, None], self._complete(eta))[:, 0]
        return RowCurvature(self.share * bend)

    def conjugate(self, slope: Floats) -> Floats:
        """The conjugate of L, (c,), at slopes (n, c, 1); rows without weight add nothing."""
        if self.outcome is not None:
            return self.outcome.conjugate(slope[..., 0].T)
        counts = self.share > 0
        share = self.share[counts]
        own = slope[counts, :, 0] / share[:, None]
        conjugate: Floats = share @ self.conjugate_loss(self.y[counts, None], own)
        if self.offset is None:
            return conjugate
        return np.asarray(conjugate - self.offset[counts] @ slope[counts, :, 0])

    def mean_offset(self) -> float:
        """Of the rows, 0 where there is none."""
        return 0.0 if self.offset is None else float(self.share @ self.offset)

    def _complete(self, eta: Floats) -> Floats:
        """Linear predictors (n, c) with the offset."""
        return eta if self.offset is None else eta + self.offset[:, None]


def outcome_of(likelihood: Likelihood) -> Outcome | None:
    """The rows of any likelihood as compiled code takes them; None where it does not know them."""
    return likelihood.outcome if isinstance(likelihood, RowWise) else None


def xlogx(x: Floats) -> Floats:
    """The product with its log, 0 at 0; numpy's log is many times faster than scipy's xlogy."""
    return np.asarray(x * np.log(np.where(x > 0, x, 1.0)))


def log_mean(share: Floats, logs: Floats) -> float:
    """The log of a mean of exponentials, without an overflow."""
    top = float(logs.max())
    return top + float(np.log(share @ np.exp(logs - top)))
