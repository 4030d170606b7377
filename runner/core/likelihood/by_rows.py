"""Paths of penalised likelihoods of many sparse columns: Newton's method by the rows themselves.

Cross products of thousands of sparse columns are dense, and cost more than all their entries. So a
step is taken without them: with each row's own curvature h_i, or a bound of it where rows or
responses are coupled, and the slope r_i of L by its linear predictor eta_i, the quadratic model

    sum_i h_i (z_i - b0 - b'x_i)^2 / 2 + penalty(b),      z_i = eta_i - r_i / h_i,

is an elastic net of weighted rows, which coordinate descent solves from where it stands, one
response after the other (Friedman, Hastie & Tibshirani 2010, section 3). Columns are looked at as
the general solver does, and its exact gradient and dual gap decide here too when a solution is good
enough. Where a family's formulas are compiled, all of this is (see `descended_rows`), as far as it
is fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood.descended_rows import ROUGH, Alphas, descend
from runner.core.likelihood.dual import dual_gap
from runner.core.likelihood.problem import LikelihoodPaths, Penalty
from runner.core.likelihood.state import State
from runner.core.likelihood.weighted_rows import Weighted
from runner.core.path.native.library import library

if TYPE_CHECKING:
    from runner.core.likelihood.problem import LikelihoodProblem
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, Integers

MANY_COLUMNS = 1000  # of a sparse X, whose cross products are then left aside
# times responses: of so few that are looked at, cross products cost less than descent by numpy
FEW_COLUMNS = 800
STEPS = 300  # at the most, for one alpha
HALVINGS = 30
LEAST = 1e-6  # share of the mean curvature that a row has at least
SHARE = 0.1  # of what the last step has brought, or of what is enough, that a step may leave
START = 1e-3  # share of the null deviance that a first step is taken to bring
ROUNDING = 1e-14  # share of the objective by which a step may seem to raise it
HARDLY = 0.95  # of the gap before: a step that leaves more has brought nothing
STUCK = 5  # steps that bring nothing, after which a model is left where it is
# of the gap that will do, which compiled descent aims at: scores are then right to more digits than
# the objective, for little
BETTER = 0.1
FINEST = 1e-10  # tolerance beyond which further digits would cost as much again
SHARPENINGS = 4  # steps for the digits of a saved model
BALANCE = 1e-3  # share of the tolerance by which intercepts may be off
STRIDE = 0.7  # of alphas on the way to the first, where none is known


def suits_rows(problem: LikelihoodProblem, settings: PathSettings) -> bool:
    """Whether these paths are better solved by rows."""
    return (
        sparse.issparse(problem.X)
        and problem.X.shape[1] > MANY_COLUMNS
        and not problem.likelihood.grouped
        and settings.penalty_factors is None
        and settings.limits is None
        and not settings.positive
    )


def follow_by_rows(
    problem: LikelihoodProblem, alphas: Floats, l1_ratios: Floats, settings: PathSettings
) -> LikelihoodPaths:
    """As `solve_likelihood`, of penalties (a, c), one of the c models after the other."""
    found = [
        _follow(problem, own, ratios, settings)
        for own, ratios in zip(alphas.T, l1_ratios.T, strict=True)
    ]
    return LikelihoodPaths(
        intercepts=np.stack([one.intercepts for one in found], axis=1),
        coefficients=np.stack([one.coefficients for one in found], axis=1),
        dual_gaps=np.stack([one.gaps for one in found], axis=1),
        iterations=np.stack([one.steps for one in found], axis=1),
        converged=np.stack([one.gaps <= one.enough for one in found], axis=1),
    )


@dataclass(frozen=True)
class _Followed:
    """One model along its alphas."""

    intercepts: Floats  # (a, K)
    coefficients: Floats  # (a, K, q)
    gaps: Floats  # (a,)
    steps: Integers  # (a,)
    enough: float

    def joined(self, rest: _Followed) -> _Followed:
        """And then the rest of its alphas."""
        return _Followed(
            np.concatenate([self.intercepts, rest.intercepts]),
            np.concatenate([self.coefficients, rest.coefficients]),
            np.concatenate([self.gaps, rest.gaps]),
            np.concatenate([self.steps, rest.steps]),
            self.enough,
        )


def _follow(
    problem: LikelihoodProblem, alphas: Floats, l1_ratios: Floats, settings: PathSettings
) -> _Followed:
    solver = _Solver(problem, settings)
    head = solver.descend(problem, Alphas(alphas, l1_ratios))
    if head is None:
        solver.approach(float(alphas[0]), float(l1_ratios[0]))
        return solver.follow(alphas, l1_ratios)
    done = len(head.gaps)
    if done == len(alphas):
        return head
    return head.joined(solver.follow(alphas[done:], l1_ratios[done:]))


class _Solver:
    """One model of a problem on its way along alphas."""

    def __init__(self, problem: LikelihoodProblem, settings: PathSettings) -> None:
        self.likelihood, self.q = problem.likelihood, problem.X.shape[1]
        self.scale = problem.likelihood.null_deviance
        self.tight = settings.tol < FINEST
        self.enough = max(settings.tol, FINEST) * self.scale
        start = np.zeros((1, problem.likelihood.responses, self.q))
        if settings.start is not None:
            start[:] = settings.start.reshape(start.shape[1:])
        balance = max(BALANCE * settings.tol, ROUNDING) * self.scale
        self.state = State.of(problem, start, balance)

    def approach(self, alpha: float, l1_ratio: float) -> None:
        """On the way from nothing to the first penalty, let few columns in at a time."""
        least = alpha * l1_ratio
        if least <= 0 or self.state.coefficients.any():
            return
        away = float(self.state.reach.max()) / least
        count = int(np.log(max(away, 1.0)) / -np.log(STRIDE))
        enough, self.enough = self.enough, max(self.enough, ROUGH * self.scale)
        for step in range(1, count):
            self.converge(alpha * away ** (1.0 - step / count), l1_ratio)
        self.enough = enough

    def descend(self, problem: LikelihoodProblem, wanted: Alphas) -> _Followed | None:
        """What compiled descent finds, the state then at its last.

        Of several at a tight tolerance that is nothing: each is sharpened, where it is found.
        """
        if self.tight and len(wanted.alpha) > 1:
            return None
        aimed = max(BETTER * self.enough, FINEST * self.scale)
        found = descend(problem, self.state, wanted, aimed=aimed, enough=self.enough)
        if found is None:
            return None
        intercepts, coefficients = found.intercepts[:, None], found.coefficients[:, None]
        gaps = found.gaps
        if self.tight:
            alpha, l1_ratio = float(wanted.alpha[0]), float(wanted.l1_ratio[0])
            gaps = np.array([self.sharpen(alpha, l1_ratio, float(gaps[0]))])
            intercepts, coefficients = self.state.intercepts, self.state.coefficients
        return _Followed(intercepts, coefficients, gaps, found.steps, self.enough)

    def follow(self, alphas: Floats, l1_ratios: Floats) -> _Followed:
        """All of them, from the first."""
        intercepts, coefficients, gaps, steps = [], [], [], []
        for alpha, l1_ratio in zip(alphas, l1_ratios, strict=True):
            count, gap = self.converge(float(alpha), float(l1_ratio))
            if self.tight and gap <= self.enough:
                gap = self.sharpen(float(alpha), float(l1_ratio), gap)
            intercepts.append(self.state.intercepts[0].copy())
            coefficients.append(self.state.coefficients[0].copy())
            gaps.append(gap)
            steps.append(count)
        return _Followed(
            np.array(intercepts),
            np.array(coefficients),
            np.array(gaps),
            np.array(steps, dtype=np.int64),
            self.enough,
        )

    def converge(self, alpha: float, l1_ratio: float) -> tuple[int, float]:
        """Newton's method, in place: the number of steps, and the gap."""
        state = self.state
        penalty = self._penalty(alpha, l1_ratio)
        state.look_at(self._expected(alpha * l1_ratio))
        decrease, gap, idle = START * self.scale, np.inf, 0
        for step in range(STEPS):
            if decrease <= self.enough:
                state.differentiate(np.arange(1), everywhere=True)
                before, gap = gap, self._gap(penalty)
                late = self._late(alpha * l1_ratio)
                # near the minimum the gap still falls where the objective is rounding
                idle = idle + 1 if gap > HARDLY * before and not len(late) else 0
                if gap <= self.enough or idle == STUCK:
                    return step, gap
                if len(late):
                    state.look_at(np.union1d(state.columns, late))
            decrease = self._step(penalty, alpha, l1_ratio, min(decrease, gap))
        state.differentiate(np.arange(1), everywhere=True)
        return STEPS, self._gap(penalty)

    def sharpen(self, alpha: float, l1_ratio: float, gap: float) -> float:
        """Newton's steps from a solution, exact ones, in place, while they lower the gap: to which.

        Near the minimum each doubles the digits of coefficients, which gaps say little of.
        """
        state, one, penalty = self.state, np.arange(1), self._penalty(alpha, l1_ratio)
        for _ in range(SHARPENINGS):
            state.look_at(self._expected(alpha * l1_ratio))
            if len(state.columns) * self.likelihood.responses > FEW_COLUMNS:
                break
            before = state.parameters.copy()
            state.place(one, self._aim_exactly(alpha, l1_ratio))
            state.differentiate(one, everywhere=True)
            sharper = self._gap(penalty)
            if not sharper < gap:
                state.place(one, before)
                state.differentiate(one, everywhere=True)
                break
            gap = sharper
        return gap

    def _penalty(self, alpha: float, l1_ratio: float) -> Penalty:
        return Penalty(np.array([alpha]), np.array([l1_ratio]), np.ones(self.q))

    def _expected(self, least: float) -> Integers:
        """The columns that have a coefficient, and those that enter first."""
        there = (self.state.coefficients[0] != 0).any(axis=0)
        return np.flatnonzero(there | (self.state.reach[0] >= least))

    def _late(self, least: float) -> Integers:
        """Columns that are lacking, and are not looked at."""
        return np.setdiff1d(np.flatnonzero(self.state.reach[0] > least), self.state.columns)

    def _gap(self, penalty: Penalty) -> float:
        l1, l2 = penalty.of(0, np.arange(self.q), self.likelihood.responses)
        return dual_gap(self.likelihood, self.state.point(0), l1, l2, enough=self.enough)

    def _step(self, penalty: Penalty, alpha: float, l1_ratio: float, last: float) -> float:
        """A step, halved until it does not raise the objective: by how much it has fallen."""
        state, one = self.state, np.arange(1)
        before = state.parameters.copy()
        objective = float((state.value + penalty.value(one, before))[0])
        aimed = self._aim(alpha, l1_ratio, SHARE * min(max(last, self.enough), self.scale))
        size = 1.0
        for _ in range(HALVINGS):
            state.place(one, before + size * (aimed - before))
            reached = float((state.value + penalty.value(one, state.parameters))[0])
            if reached <= objective + ROUNDING * abs(objective):
                break
            size /= 2.0
        else:
            state.place(one, before)
            reached = objective
        state.differentiate(one)
        return objective - reached

    def _aim(self, alpha: float, l1_ratio: float, leave: float) -> Floats:
        """Where the quadratic model has its minimum, but for `leave`: parameters (1, K, w)."""
        state, columns = self.state, self.state.columns
        if library() is None and len(columns) * self.likelihood.responses <= FEW_COLUMNS:
            return self._aim_exactly(alpha, l1_ratio)
        aimed = state.parameters.copy()
        X = state.working[:, : len(columns)]
        eta, slope = state.eta[:, 0], state.slope[:, 0]
        bound = self.likelihood.curvature(eta).bound()
        for k in range(eta.shape[1]):
            weight = np.maximum(bound[:, k], LEAST * bound[:, k].mean())
            weighted = Weighted(X, eta[:, k] - slope[:, k] / weight, weight, state.with_intercept)
            b, b0 = weighted.minimise(alpha, l1_ratio, leave, aimed[0, k, columns])
            aimed[0, k, columns] = b
            if state.with_intercept:
                aimed[0, k, self.q] = b0
        return aimed

    def _aim_exactly(self, alpha: float, l1_ratio: float) -> Floats:
        """The same by cross products, of the quadratic model itself."""
        state, responses = self.state, self.likelihood.responses
        l1, l2 = self._penalty(alpha, l1_ratio).of(0, state.columns, responses)
        step = state.model(0, state.hessian(np.arange(1))).minimise(l1, l2)
        return state.parameters + step.full(state.columns, state.parameters.shape[1:])
