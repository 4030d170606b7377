"""Paths of penalised likelihoods: a problem, alphas and l1_ratios in, solutions and their gaps out.

Proximal Newton, all models along their falling alphas in lockstep: one product with X gives the
linear predictors of all of them, and another their gradients. A step minimises the quadratic model
of L with the penalty. Its second derivatives are shared by the models and older than its gradient:
they are taken anew every few alphas, and where steps shrink slowly. Only the exact gradient decides
when a solution is good enough, by its dual gap.

Of many columns those are looked at which can be expected to have coefficients (the sequential
strong rule, Tibshirani et al. 2012), until the gradient of all of them agrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runner.core.likelihood.dual import dual_gap
from runner.core.likelihood.problem import LikelihoodPaths, LikelihoodProblem, Penalty
from runner.core.likelihood.state import State
from runner.core.path.alpha_grid import ROUND_UP, SMALLEST_L1_RATIO
from runner.core.path.settings import PathSettings
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.core.likelihood.quadratic import Step
    from runner.records import Floats, Integers

PERIOD = 10  # alphas after which second derivatives are taken anew, where columns are few
FEW_COLUMNS = 150  # all of which are looked at
CONTRACTION = 0.3  # of the decrease from step to step, above which they are taken anew at once
STEPS = 100  # at the most, for one alpha
HALVINGS = 40
ROUNDING = 1e-14  # share of the objective by which a step may seem to raise it
BEYOND = 1e6  # times the largest gradient: an alpha that lets no penalised coefficient in
TIGHT = 1e-12
BALANCE = 1e-3  # share of the tolerance by which intercepts may be off


def solve_likelihood(
    problem: LikelihoodProblem, alphas: Floats, l1_ratios: Floats, settings: PathSettings
) -> LikelihoodPaths:
    """Minimise the objective of `LikelihoodProblem` along the penalties of c models.

    Args:
        problem: the rows, q columns.
        alphas: (a, c), best falling along each model, none negative.
        l1_ratios: (a, c), each from 0 to 1.
        settings: stopping rule and penalty factors. A solution counts as converged when its dual
            gap is at most `tol` times the null deviance, which for squared error is the variance of
            the target.
    """
    return _Solver(problem, alphas.shape[1], settings).follow(alphas, l1_ratios)


def likelihood_alpha_max(
    problem: LikelihoodProblem, l1_ratio: float, factors: Floats | None = None
) -> float:
    """The smallest alpha at which every penalised coefficient is 0, (as `path.alpha_max`).

    Raises:
        FitError: no column is penalised.
    """
    q = problem.X.shape[1]
    f = np.ones(q) if factors is None else factors
    penalised = f > 0
    if not penalised.any():
        raise FitError("alpha_max needs a penalised column, but every penalty factor is 0")
    settings = PathSettings(tol=TIGHT, max_iter=1, penalty_factors=np.where(penalised, np.inf, 0.0))
    del settings
    state = State.of(problem, np.zeros((1, problem.likelihood.responses, q)), ROUNDING)
    reach = float(np.max(state.reach[0][penalised] / f[penalised]))
    return reach / max(l1_ratio, SMALLEST_L1_RATIO) * ROUND_UP


class _Solver:
    """The models of a problem on their way along alphas."""

    def __init__(self, problem: LikelihoodProblem, models: int, settings: PathSettings) -> None:
        q = problem.X.shape[1]
        scale = problem.likelihood.null_deviance
        self.problem = problem
        self.models = np.arange(models)
        self.factors = np.ones(q) if settings.penalty_factors is None else settings.penalty_factors
        self.enough = (settings.tol + ROUNDING) * scale
        start = np.zeros((models, problem.likelihood.responses, q))
        if settings.start is not None:
            start[:] = settings.start.reshape(start.shape[1:])
        self.state = State.of(problem, start, max(BALANCE * settings.tol, ROUNDING) * scale)
        self.hessian = self.state.hessian(np.arange(0))

    def follow(self, alphas: Floats, l1_ratios: Floats) -> LikelihoodPaths:
        """All penalties, from the first."""
        state, shape = self.state, alphas.shape
        intercepts, coefficients = [], []
        gaps, iterations = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        period = PERIOD if self.problem.X.shape[1] <= FEW_COLUMNS else 1
        before = alphas[0] * l1_ratios[0]
        for i, (alpha, l1_ratio) in enumerate(zip(alphas, l1_ratios, strict=True)):
            penalty = Penalty(alpha, l1_ratio, self.factors)
            if i % period == 0:
                self.hessian = state.hessian(self._expected(penalty, before))
            before = alpha * l1_ratio
            iterations[i], gaps[i] = self._converge(penalty)
            intercepts.append(state.intercepts.copy())
            coefficients.append(state.coefficients.copy())
        return LikelihoodPaths(
            intercepts=np.array(intercepts),
            coefficients=np.array(coefficients),
            dual_gaps=gaps,
            iterations=iterations,
            converged=gaps <= self.enough,
        )

    def _expected(self, penalty: Penalty, before: Floats) -> Integers:
        """The columns that may have a coefficient in some model."""
        q = len(self.factors)
        if q <= FEW_COLUMNS:
            return np.arange(q)
        least = 2.0 * penalty.alpha * penalty.l1_ratio - before
        strong = self.state.reach >= least[:, None] * self.factors
        there = (self.state.coefficients != 0).any(axis=1)
        return np.flatnonzero((strong | there).any(axis=0))

    def _converge(self, penalty: Penalty) -> tuple[Integers, Floats]:
        """Newton's method, in place: each model's number of steps, and its gap, (c,)."""
        models = self.models
        taken, gaps = np.zeros(len(models), dtype=np.int64), np.full(len(models), np.inf)
        last, fresh, waiting = np.full(len(models), np.inf), False, models
        for _ in range(STEPS):
            steps = [self._step(penalty, int(model)) for model in waiting]
            promised = np.array([step.decrease for step in steps])
            near = waiting[promised <= self.enough]
            gaps[near] = self._certify(penalty, near)
            left = gaps[waiting] > self.enough
            steps = [step for step, is_left in zip(steps, left, strict=True) if is_left]
            waiting, promised, near = waiting[left], promised[left], near[gaps[near] > self.enough]
            if not len(waiting) or (fresh and promised.max() <= ROUNDING * self.enough):
                break
            late = self._late(penalty, near)
            if len(late) or (not fresh and np.any(promised > CONTRACTION * last[waiting])):
                self.hessian = self.state.hessian(np.union1d(self.hessian.columns, late))
                fresh, last[waiting] = True, np.inf
                continue
            fresh, last[waiting] = False, promised
            taken[waiting] += 1
            self._move(penalty, waiting, steps)
        unknown = models[np.isinf(gaps)]
        gaps[unknown] = self._certify(penalty, unknown)
        return taken, gaps

    def _step(self, penalty: Penalty, model: int) -> Step:
        """Where one model's quadratic model has its minimum."""
        l1, l2 = penalty.of(model, self.hessian.columns, self.problem.likelihood.responses)
        return self.state.model(model, self.hessian).minimise(l1, l2)

    def _certify(self, penalty: Penalty, models: Integers) -> Floats:
        """The exact gaps of some models."""
        if self.state.wide and len(models):
            self.state.differentiate(models)
        every, responses = np.arange(len(self.factors)), self.problem.likelihood.responses
        return np.array(
            [
                dual_gap(
                    self.problem.likelihood,
                    self.state.point(int(model)),
                    *penalty.of(int(model), every, responses),
                    enough=self.enough,
                )
                for model in models
            ]
        )

    def _late(self, penalty: Penalty, models: Integers) -> Integers:
        """Columns that are not looked at, and that models near their end lack."""
        least = penalty.alpha[models] * penalty.l1_ratio[models]
        lacked = (self.state.reach[models] > least[:, None] * self.factors).any(axis=0)
        return np.setdiff1d(np.flatnonzero(lacked), self.hessian.columns)

    def _move(self, penalty: Penalty, models: Integers, steps: list[Step]) -> None:
        """Make the steps, each halved until it does not raise its model's objective."""
        state, chosen = self.state, self.hessian.columns
        before = state.parameters[models]
        objective = state.value[models] + penalty.value(models, before)
        changes = np.array([step.full(chosen, before.shape[1:]) for step in steps])
        size, waiting = np.ones(len(models)), np.arange(len(models))
        for _ in range(HALVINGS):
            state.place(
                models[waiting], before[waiting] + size[waiting, None, None] * changes[waiting]
            )
            some = models[waiting]
            reached = state.value[some] + penalty.value(some, state.parameters[some])
            limit = objective[waiting] + ROUNDING * np.abs(objective[waiting])
            waiting = waiting[~(reached <= limit)]  # NaN is no fall
            if not len(waiting):
                break
            size[waiting] /= 2.0
        else:
            state.place(models[waiting], before[waiting])
        state.differentiate(models, chosen if state.wide else None)
