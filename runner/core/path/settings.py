"""How a path is to be solved: stopping rule, bounds, penalty factors and warm start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from runner.records import Floats, Integers


@dataclass(frozen=True)
class Limits:
    """What each coefficient may be, 0 always among it.

    Raises:
        FitError: a lower limit is above 0, an upper one below, or one is NaN.
    """

    lower: Floats  # (p,), at most 0, perhaps minus infinity
    upper: Floats  # (p,), at least 0, perhaps infinity

    def __post_init__(self) -> None:
        if not (np.all(self.lower <= 0) and np.all(self.upper >= 0)):
            raise FitError("limits must have 0 between them; those of a coefficient have not")

    def take(self, columns: Integers) -> Limits:
        """Those of some coefficients, by position."""
        return Limits(self.lower[columns], self.upper[columns])


@dataclass(frozen=True)
class PathSettings:
    """What holds for every alpha of a path.

    Of a pooled problem, factors, limits and start are those of the parts, one after the other.

    Args:
        tol: A solution counts as converged when its dual gap is at most ``tol * yy`` (the meaning
            of scikit-learn's ``tol``); `yy` is the weighted mean of y squared.
        max_iter: Most sweeps of coordinate descent for one alpha.
        positive: Whether every coefficient, penalised or not, must be at least 0.
        penalty_factors: Multiplies each feature's whole penalty, L1 and L2 alike, shape (p,); 0 is
            never penalised. Taken as given: glmnet rescales its own to sum to p, this does not.
        limits: Between which each coefficient must be, in the units of the problem's columns.
        start: Coefficients to start the largest alpha from, shape (p,).

    Raises:
        FitError: `tol` is negative, `max_iter` below 1, or a penalty factor negative or infinite.
    """

    tol: float
    max_iter: int
    positive: bool = False
    penalty_factors: Floats | None = None
    limits: Limits | None = None
    start: Floats | None = None

    def __post_init__(self) -> None:
        if self.tol < 0:
            raise FitError(f"tol is {self.tol}, but must be at least 0")
        if self.max_iter < 1:
            raise FitError(f"max_iter is {self.max_iter}, but must be at least 1")
        factors = self.penalty_factors
        if factors is not None and not np.all((factors >= 0) & np.isfinite(factors)):
            raise FitError("penalty_factors must be finite and at least 0; one of them is not")

    @property
    def constrained(self) -> bool:
        """Whether any coefficient has a bound."""
        return self.positive or self.limits is not None

    def bounds(self, count: int) -> Limits | None:
        """What `positive` and `limits` say of so many coefficients; None if they may be any."""
        if not self.positive:
            return self.limits
        zeros = np.zeros(count)
        upper = np.full(count, np.inf) if self.limits is None else self.limits.upper
        return Limits(zeros, upper)

    def factors(self, count: int) -> Floats:
        """The penalty factors of so many columns, (p,)."""
        return np.ones(count) if self.penalty_factors is None else self.penalty_factors

    def take(self, columns: Integers) -> Self:
        """The settings for some columns alone, by position."""
        return replace(
            self,
            penalty_factors=_taken(self.penalty_factors, columns),
            limits=None if self.limits is None else self.limits.take(columns),
            start=_taken(self.start, columns),
        )

    def split(self, parts: int) -> list[Self]:
        """Of a pooled problem's settings, those of each of so many parts."""
        given = (self.penalty_factors, self.start)
        sizes = [len(values) for values in given if values is not None]
        sizes += [] if self.limits is None else [len(self.limits.lower)]
        if not sizes:
            return [self] * parts
        return [self.take(columns) for columns in np.split(np.arange(sizes[0]), parts)]


def _taken(values: Floats | None, columns: Integers) -> Floats | None:
    return None if values is None else values[columns]
