"""How a path is to be solved: stopping rule, sign constraint, penalty factors and warm start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import FitError

if TYPE_CHECKING:
    from runner.records import Floats


@dataclass(frozen=True)
class PathSettings:
    """What holds for every alpha of a path.

    Args:
        tol: A solution counts as converged when its dual gap is at most ``tol * yy`` (the meaning
            of scikit-learn's ``tol``); `yy` is the weighted mean of y squared.
        max_iter: Most sweeps of coordinate descent for one alpha.
        positive: Whether every coefficient, penalised or not, must be at least 0.
        penalty_factors: Multiplies each feature's whole penalty, L1 and L2 alike, shape (p,); 0 is
            never penalised. Taken as given: glmnet rescales its own to sum to p, this does not.
        start: Coefficients to start the largest alpha from, shape (p,).

    Raises:
        FitError: `tol` is negative, `max_iter` below 1, or a penalty factor negative or infinite.
    """

    tol: float
    max_iter: int
    positive: bool = False
    penalty_factors: Floats | None = None
    start: Floats | None = None

    def __post_init__(self) -> None:
        if self.tol < 0:
            raise FitError(f"tol is {self.tol}, but must be at least 0")
        if self.max_iter < 1:
            raise FitError(f"max_iter is {self.max_iter}, but must be at least 1")
        factors = self.penalty_factors
        if factors is not None and not np.all((factors >= 0) & np.isfinite(factors)):
            raise FitError("penalty_factors must be finite and at least 0; one of them is not")
