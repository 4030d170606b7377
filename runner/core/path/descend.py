"""Coordinate descent for equal penalties, and an active set where it is slow.

A Gram problem is handed to `enet_path` as its Gram matrix and a single pseudo-row: given a Gram,
the solver takes from the rows only their number (1, so that alpha needs no rescaling) and y'y
(the row's target is sqrt(yy), so that the tolerance and the dual gap mean what they say). No factor
of the Gram is needed, so collinear and constant columns do no harm.

An alpha that takes many sweeps has correlated columns, whose signs settle long before their values:
it, and those below it, are solved from their support (see `active_set`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from runner.core.path.active_set import solve_near
from runner.core.path.gap import gram_gaps, within_tolerance

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, GramProblem, Integers

# Sweeps for one alpha, after which the support is solved outright: about what that costs, which is
# calls of numpy where columns are few, and systems where they are many.
FEWEST_SWEEPS = 20
CALLS = 2_000  # worth this many updates of a coefficient
COLUMNS_PER_SWEEP = 8
# Alphas between two looks at whether coordinate descent still is fast enough.
FEWEST_ALPHAS = 10
STRETCHES = 4


def descend(
    problem: GramProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> tuple[Floats, Floats, Integers]:
    """Solve along falling alphas, (a,).

    Penalty factors are not looked at here.

    Returns:
        Coefficients, (p, a), dual gaps, (a,), and sweeps or systems, (a,).
    """
    descent = _Descent(problem, alphas, l1_ratio, replace(settings, penalty_factors=None))
    if settings.start is not None and len(alphas) == 1:  # a neighbour's support is near
        solution, systems = np.zeros((len(problem.xy), 1)), np.zeros(1, dtype=np.int64)
        descent.solve_near(solution, systems, 0, settings.start)
        gaps = descent.gaps(solution)
        if systems[0] and not len(descent.late(gaps)):
            return solution, gaps, systems
    coefficients, iterations, swept = descent.sweep_while_fast()
    if descent.most < settings.max_iter:  # else no more was asked for
        for i in range(swept, len(alphas)):
            near = coefficients[:, max(i - 1, swept)]  # at first, what the sweeps have reached
            ahead = descent.ahead(coefficients, i) if i > swept else None
            descent.solve_near(coefficients, iterations, i, near, ahead)
    gaps = descent.gaps(coefficients)
    late = descent.late(gaps)
    if descent.most == settings.max_iter or not len(late):
        return coefficients, gaps, iterations
    for i in late[late < swept]:  # the sweeps' own gap had been rounded to less
        descent.solve_near(coefficients, iterations, i, coefficients[:, i])
    # no support was found, or one all but dependent
    for i in descent.late(descent.gaps(coefficients)):
        start = coefficients[:, max(i - 1, 0)]
        some = slice(i, i + 1)
        coefficients[:, some], _, iterations[some] = descent.sweep(some, settings.max_iter, start)
    return coefficients, descent.gaps(coefficients), iterations


@dataclass(frozen=True)
class _Descent:
    """One path's problem."""

    problem: GramProblem
    alphas: Floats
    l1_ratio: float
    settings: PathSettings

    @property
    def most(self) -> int:
        """Sweeps for one alpha."""
        p = len(self.problem.xy)
        most = max(FEWEST_SWEEPS, CALLS // max(p, 1), p // COLUMNS_PER_SWEEP)
        return min(most, self.settings.max_iter)

    def sweep_while_fast(self) -> tuple[Floats, Integers, int]:
        """Coefficients, (p, a), sweeps, (a,), and how many alphas, from the first, are solved.

        Of the others some hold what the sweeps have reached.
        """
        p, a = len(self.problem.xy), len(self.alphas)
        stretch = max(FEWEST_ALPHAS, -(-a // STRETCHES))
        coefficients, iterations = np.zeros((p, a)), np.zeros(a, dtype=np.int64)
        start = self.settings.start
        for first in range(0, a, stretch):
            some = slice(first, first + stretch)
            coefficients[:, some], gaps, iterations[some] = self.sweep(some, self.most, start)
            slow = np.flatnonzero(gaps > self.settings.tol * self.problem.yy)
            if len(slow) and self.most < self.settings.max_iter:
                return coefficients, iterations, first + int(slow[0])
            start = coefficients[:, first + len(gaps) - 1]
        return coefficients, iterations, a

    def ahead(self, coefficients: Floats, i: int) -> Floats | None:
        """Guess an alpha's coefficients, on the line through those of the two above it."""
        above = self.alphas[max(i - 2, 0)] - self.alphas[i - 1]
        if above == 0:
            return None
        last, before = coefficients[:, i - 1], coefficients[:, i - 2]
        guess: Floats = last + (self.alphas[i - 1] - self.alphas[i]) / above * (last - before)
        return guess

    def solve_near(
        self,
        coefficients: Floats,
        iterations: Integers,
        i: int,
        near: Floats,
        ahead: Floats | None = None,
    ) -> None:
        """Solve for one alpha from its support, in place, if it settles."""
        p, alpha = len(near), self.alphas[i]
        found = solve_near(
            self.problem,
            np.full(p, alpha * self.l1_ratio),
            np.full(p, alpha * (1 - self.l1_ratio)),
            near,
            lower=np.zeros(p) if self.settings.positive else None,
            ahead=ahead,
        )
        if found is not None:
            coefficients[:, i], iterations[i] = found

    def gaps(self, coefficients: Floats) -> Floats:
        """Dual gaps, (a,)."""
        return gram_gaps(self.problem, coefficients, self.alphas, self.l1_ratio, self.settings)

    def late(self, gaps: Floats) -> Integers:
        """The alphas whose gap is above the tolerance."""
        return np.flatnonzero(~within_tolerance(gaps, self.problem.yy, self.settings))

    def sweep(
        self, some: slice, sweeps: int, start: Floats | None
    ) -> tuple[Floats, Floats, Integers]:
        """Coefficients, (p, a), dual gaps, (a,), and sweeps, (a,), of plain coordinate descent.

        With its public function scikit-learn needs 20 microseconds per alpha at p = 100 and 200
        per call; its private solver, called directly, 18 and 10. That does not buy a private
        interface.
        """
        with warnings.catch_warnings(), config_context(skip_parameter_validation=True):
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefficients, gaps, iterations = enet_path(
                np.zeros((1, len(self.problem.xy)), order="F"),
                np.sqrt([self.problem.yy]),
                l1_ratio=self.l1_ratio,
                alphas=self.alphas[some],
                precompute=np.ascontiguousarray(self.problem.gram),
                Xy=np.ascontiguousarray(self.problem.xy),
                copy_X=False,
                # a copy, because the solver works in place
                coef_init=None if start is None else start.copy(),
                check_input=False,
                return_n_iter=True,
                positive=self.settings.positive,
                tol=self.settings.tol,
                max_iter=sweeps,
                random_state=0,  # never drawn from, but None would advance numpy's global state
            )
        return coefficients, gaps, np.asarray(iterations, dtype=np.int64)
