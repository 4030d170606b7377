"""Paths of penalised likelihoods: a problem, alphas and l1_ratios in, solutions and their gaps out.

Proximal Newton, all models along their falling alphas in lockstep: one product with X gives the
linear predictors of all of them, and another their gradients. A step minimises the quadratic model
of L with the penalty. Its second derivatives are older than its gradient: they are taken anew every
few alphas, for all models at once, and where steps shrink slowly, in the end for each model by
itself; in between they learn from the gradient's changes. Only the exact gradient decides when a
solution is good enough, by its dual gap.

Of many columns those are looked at which have coefficients, or whose gradient at the last solution
exceeds the new penalty, and then those that the gradient of all of them shows to be lacking.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.likelihood.by_rows import STRIDE, follow_by_rows, suits_rows
from runner.core.likelihood.descended_rows import ROUGH
from runner.core.likelihood.dual import dual_gap
from runner.core.likelihood.grouped import GroupedSolver
from runner.core.likelihood.problem import LikelihoodPaths, LikelihoodProblem, Penalty
from runner.core.likelihood.progress import Progress
from runner.core.likelihood.rotated import Rotation
from runner.core.likelihood.state import State
from runner.core.path.alpha_grid import ROUND_UP, SMALLEST_L1_RATIO
from runner.core.path.settings import PathSettings
from runner.errors import FitError

if TYPE_CHECKING:
    from runner.core.likelihood.quadratic import Hessian, Step
    from runner.records import Booleans, Floats, Integers

PERIOD = 20  # alphas after which second derivatives are taken anew, where columns are few
FEW_COLUMNS = 150  # all of which are looked at; of many rows, a TALL-th of their number
TALL = 20
STEPS = 100  # at the most, for one alpha
SOON = 100.0  # times what is enough: a step that promised no more may have been the last
HALVINGS = 40
ROUNDING = 1e-14  # share of the objective by which a step may seem to raise it
BEYOND = 1e6  # times the largest gradient: an alpha that lets no penalised coefficient in
TIGHT = 1e-12
BALANCE = 1e-3  # share of the tolerance by which intercepts may be off
LEARNED = 1e-10  # share of the null deviance; what falls by less is too near to rounding to teach


def solve_likelihood(
    problem: LikelihoodProblem, alphas: Floats, l1_ratios: Floats, settings: PathSettings
) -> LikelihoodPaths:
    """Minimise the objective of `LikelihoodProblem` along the penalties of c models.

    Args:
        problem: the rows, q columns.
        alphas: (a, c), best falling along each model, none negative.
        l1_ratios: (a, c), or (c,) of whole paths, each from 0 to 1.
        settings: stopping rule and penalty factors. A solution counts as converged when its dual
            gap is at most `tol` times the null deviance, which for squared error is the variance of
            the target.

    Raises:
        FitError: an alpha is negative or not finite, or settings are none for this family.
    """
    l1_ratios = np.broadcast_to(l1_ratios, alphas.shape)
    grouped = GroupedSolver(problem, settings) if problem.likelihood.grouped else None
    if not np.all((alphas >= 0) & np.isfinite(alphas)):
        raise FitError("every alpha must be finite and at least 0; one of them is not")
    if grouped is not None:
        return grouped.follow(alphas, l1_ratios)
    if suits_rows(problem, settings):
        return follow_by_rows(problem, alphas, l1_ratios, settings)
    smooth = np.all(alphas * l1_ratios == 0, axis=0)
    n, q = problem.X.shape
    if q <= n or not smooth.any() or settings.constrained:
        return _Solver(problem, len(smooth), settings).follow(alphas, l1_ratios)
    rotation = Rotation.of(problem.X, settings.factors(q))
    solver = _Solver(rotation.problem(problem), int(smooth.sum()), rotation.settings(settings))
    found = rotation.paths(solver.follow(alphas[:, smooth], l1_ratios[:, smooth]))
    if smooth.all():
        return found
    solver = _Solver(problem, int((~smooth).sum()), settings)
    rest = solver.follow(alphas[:, ~smooth], l1_ratios[:, ~smooth])
    return _side_by_side(found, rest, smooth)


def likelihood_alpha_max(
    problem: LikelihoodProblem, l1_ratio: float, settings: PathSettings | None = None
) -> float:
    """The smallest alpha at which every penalised coefficient is 0, as `path.alpha_max`.

    Args:
        problem: the rows, q columns.
        l1_ratio: the L1 share, from 0 to 1.
        settings: penalty factors and limits; None is neither.

    Raises:
        FitError: no column is penalised.
    """
    q = problem.X.shape[1]
    own = PathSettings(tol=TIGHT, max_iter=1) if settings is None else replace(settings, tol=TIGHT)
    f, limits = own.factors(q), own.bounds(q)
    penalised = f > 0
    if not penalised.any():
        raise FitError("alpha_max needs a penalised column, but every penalty factor is 0")
    if problem.likelihood.grouped:
        return GroupedSolver(problem, own).alpha_max(l1_ratio)
    solver = _Solver(problem, 1, own)
    if not penalised.all():
        beyond = BEYOND * solver.state.reach.max() / f[penalised].min()
        solver.follow(np.array([[beyond]]), np.ones((1, 1)))
        solver.state.differentiate(np.arange(1), everywhere=True)
    gradient = solver.state.gradient[0][:, :q]
    if limits is not None:  # a coefficient leaves 0 against its gradient
        gradient = np.where(np.where(gradient < 0, limits.upper, -limits.lower) > 0, gradient, 0.0)
    reach = float(np.max(np.abs(gradient).max(axis=0)[penalised] / f[penalised]))
    return reach / max(l1_ratio, SMALLEST_L1_RATIO) * ROUND_UP


def _side_by_side(
    some: LikelihoodPaths, rest: LikelihoodPaths, chosen: Booleans
) -> LikelihoodPaths:
    """The paths of models of which some are chosen, (c,), in the models' order."""
    order = np.argsort(np.concatenate([np.flatnonzero(chosen), np.flatnonzero(~chosen)]))

    def joined(name: str) -> Any:  # noqa: ANN401 - floats, integers or booleans
        return np.concatenate([getattr(some, name), getattr(rest, name)], axis=1)[:, order]

    return LikelihoodPaths(**{field.name: joined(field.name) for field in fields(some)})


class _Solver:
    """The models of a problem on their way along alphas."""

    def __init__(self, problem: LikelihoodProblem, models: int, settings: PathSettings) -> None:
        q = problem.X.shape[1]
        scale = problem.likelihood.null_deviance
        self.problem = problem
        self.models = models
        self.factors, self.limits = settings.factors(q), settings.bounds(q)
        self.enough = (settings.tol + ROUNDING) * scale
        start = np.zeros((models, problem.likelihood.responses, q))
        if settings.start is not None:
            start[:] = settings.start.reshape(start.shape[1:])
        self.state = State.of(problem, start, max(BALANCE * settings.tol, ROUNDING) * scale)
        rows = self.state.eta.shape[0]
        self.all_columns = q <= max(FEW_COLUMNS, rows // TALL)
        self.learned = LEARNED * scale
        # of each model, all of the columns that are looked at
        self.hessians: dict[int, Hessian] = {}
        self.first = np.ones(models, dtype=bool)
        self.aimed = self.state.parameters.copy()
        self.lacked = np.zeros_like(self.aimed)

    def _refresh(self, models: Integers) -> None:
        """Take the second derivatives anew, at the mean of some models."""
        hessian = self.state.hessian(models)
        self.hessians.update(dict.fromkeys(models.tolist(), hessian))

    def follow(self, alphas: Floats, l1_ratios: Floats) -> LikelihoodPaths:
        """All penalties, from the first."""
        state, shape = self.state, alphas.shape
        intercepts, coefficients = [], []
        gaps, iterations = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        every = np.arange(shape[1])
        period = PERIOD if self.all_columns else 1
        if not self.all_columns and not state.coefficients.any():
            self._approach(alphas[0], l1_ratios[0])
        for i, (alpha, l1_ratio) in enumerate(zip(alphas, l1_ratios, strict=True)):
            penalty = Penalty(alpha, l1_ratio, self.factors, self.limits)
            if i % period == 0:
                state.look_at(self._expected(penalty))
                self._refresh(every)
            iterations[i], gaps[i] = self._converge(penalty)
            self._remember()
            intercepts.append(state.intercepts.copy())
            coefficients.append(state.coefficients.copy())
        return LikelihoodPaths(
            intercepts=np.array(intercepts),
            coefficients=np.array(coefficients),
            dual_gaps=gaps,
            iterations=iterations,
            converged=gaps <= self.enough,
        )

    def _approach(self, alpha: Floats, l1_ratio: Floats) -> None:
        """On the way from nothing to the first penalties, (c,), let few columns in at a time."""
        least, penalised = alpha * l1_ratio, self.factors > 0
        if not least.all() or not penalised.any():
            return
        every, enough = np.arange(self.models), self.enough
        reach = (self.state.reach[:, penalised] / self.factors[penalised]).max(axis=1)
        away = np.maximum(reach / least, 1.0)
        count = int(np.log(away.max()) / -np.log(STRIDE))
        self.enough = max(enough, ROUGH * self.problem.likelihood.null_deviance)
        for step in range(1, count):
            penalty = Penalty(
                alpha * away ** (1.0 - step / count), l1_ratio, self.factors, self.limits
            )
            self.state.look_at(self._expected(penalty))
            self._refresh(every)
            self._converge(penalty)
            self._remember()
        self.enough = enough

    def _expected(self, penalty: Penalty) -> Integers:
        """The columns that have a coefficient in some model, and those that enter first."""
        q = len(self.factors)
        if self.all_columns:
            return np.arange(q)
        least = penalty.alpha * penalty.l1_ratio
        lacked = self.state.reach >= least[:, None] * self.factors
        there = (self.state.coefficients != 0).any(axis=1)
        return np.flatnonzero((lacked | there).any(axis=0))

    def _converge(self, penalty: Penalty) -> tuple[Integers, Floats]:
        """Newton's method, in place: each model's number of steps, and its gap, (c,)."""
        progress = Progress.of(self.models)
        waiting = np.arange(self.models)
        for _ in range(STEPS):
            steps = [self._step(penalty, int(model)) for model in waiting]
            promised = np.array([step.decrease for step in steps])
            near = waiting[promised <= self.enough]
            unseen = near[~progress.seen[near]]
            progress.certified(unseen, self._certify(penalty, unseen))
            left = progress.unfinished(waiting, self.enough)
            steps = [step for step, is_left in zip(steps, left, strict=True) if is_left]
            waiting, promised = waiting[left], promised[left]
            near = np.intersect1d(near, waiting)
            if not len(waiting):
                break
            late = self._late(penalty, near)
            if len(late):
                self._widen(late, progress)
                continue
            slow = progress.slow(waiting, promised)
            if len(slow):
                self._renew(slow, progress)
                continue
            progress.moved(waiting, promised)
            self._move(penalty, waiting, steps)
            close = waiting[promised <= SOON * self.enough]
            progress.certified(close, self._certify(penalty, close))
            waiting = waiting[progress.unfinished(waiting, self.enough)]
            if not len(waiting):
                break
        self._certify_rest(penalty, progress)
        return progress.taken, progress.gap

    def _certify_rest(self, penalty: Penalty, progress: Progress) -> None:
        """The gaps of models that were given up.

        A column without a penalty has no dual: what a step would bring counts too.
        """
        unknown = np.flatnonzero(~progress.seen)
        more = np.array([self._step(penalty, int(model)).decrease for model in unknown])
        progress.certified(unknown, np.maximum(self._certify(penalty, unknown), more))

    def _widen(self, late: Integers, progress: Progress) -> None:
        """Look at more columns."""
        every = np.arange(self.models)
        self.state.look_at(np.union1d(self.state.columns, late))
        self._refresh(every)
        progress.refreshed(every)

    def _renew(self, models: Integers, progress: Progress) -> None:
        """Second derivatives anew where steps are slow, of all at once, then of each by itself."""
        alone = progress.renewed[models]
        if not alone.all():
            self._refresh(models[~alone])
        for model in models[alone]:
            self._refresh(np.array([model]))
        progress.refreshed(models)

    def _step(self, penalty: Penalty, model: int) -> Step:
        """Where one model's quadratic model has its minimum."""
        columns, responses = self.state.columns, self.problem.likelihood.responses
        l1, l2 = penalty.of(model, columns, responses)
        limits = penalty.bounds(columns, responses)
        return self.state.model(model, self.hessians[model]).minimise(l1, l2, limits)

    def _certify(self, penalty: Penalty, models: Integers) -> Floats:
        """The exact gaps of some models."""
        if self.state.partial and len(models):
            self.state.differentiate(models, everywhere=True)
        every, responses = np.arange(len(self.factors)), self.problem.likelihood.responses
        return np.array(
            [
                dual_gap(
                    self.problem.likelihood,
                    self.state.point(int(model)),
                    *penalty.of(int(model), every, responses),
                    penalty.bounds(every, responses),
                    enough=self.enough,
                )
                for model in models
            ]
        )

    def _late(self, penalty: Penalty, models: Integers) -> Integers:
        """Columns that are not looked at, and that models near their end lack."""
        least = penalty.alpha[models] * penalty.l1_ratio[models]
        lacked = (self.state.reach[models] > least[:, None] * self.factors).any(axis=0)
        return np.setdiff1d(np.flatnonzero(lacked), self.state.columns)

    def _move(self, penalty: Penalty, models: Integers, steps: list[Step]) -> None:
        """Make the steps, each halved until it does not raise its model's objective."""
        state, chosen = self.state, self.state.columns
        before = state.parameters[models]
        slopes = state.gradient[models][:, :, chosen]
        objective = state.value[models] + penalty.value(models, before)
        changes = np.array([step.full(chosen, before.shape[1:]) for step in steps])
        changes = self._foresee(models, before, changes)
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
        state.differentiate(models)
        self._learn(models, before, slopes, steps)

    def _foresee(self, models: Integers, before: Floats, changes: Floats) -> Floats:
        """The first steps of an alpha, and what later ones have added to that of the alpha before.

        That is what the quadratic model leaves out, which changes little from alpha to alpha.
        """
        first = self.first[models]
        if not first.any():
            return changes
        aimed = before + changes
        more = np.where(first[:, None, None], self.lacked[models], 0.0)
        kept = (aimed + more) * aimed > 0  # a coefficient keeps its sign
        kept[:, :, self.state.q :] = True
        self.aimed[models[first]] = aimed[first]
        self.first[models] = False
        changes = np.where(kept, changes + more, changes)
        if self.limits is None:
            return changes
        q = self.state.q
        between = np.clip((before + changes)[:, :, :q], self.limits.lower, self.limits.upper)
        changes[:, :, :q] = between - before[:, :, :q]
        return changes

    def _remember(self) -> None:
        """After an alpha: what its later steps have added to its first."""
        moved = ~self.first
        self.lacked[moved] = (self.state.parameters - self.aimed)[moved]
        self.lacked[~moved] = 0.0
        self.first[:] = True

    def _learn(self, models: Integers, before: Floats, slopes: Floats, steps: list[Step]) -> None:
        """Correct second derivatives by what the steps did to the gradients."""
        state, chosen = self.state, self.state.columns
        changes = (state.parameters[models] - before)[:, :, chosen]
        bends = state.gradient[models][:, :, chosen] - slopes
        for i, model in enumerate(models):
            if steps[i].decrease > self.learned:
                self.hessians[int(model)] = self.hessians[int(model)].learn(
                    changes[i].ravel(), bends[i].ravel()
                )
