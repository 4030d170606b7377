"""Paths of several targets whose features are in or out for all of them together.

With targets Y (n, K), row shares w and B_j (K,) the coefficients of a feature j of factor f_j, the
objective is

    sum_i w_i |y_i - b0 - B x_i|^2 / 2
        + alpha * sum_j f_j (l1_ratio |B_j|_2 + (1 - l1_ratio) |B_j|_2^2 / 2),

glmnet's mgaussian and scikit-learn's MultiTaskElasticNet, whose block coordinate descent solves it
on the columns that may have coefficients (the sequential strong rule, Tibshirani et al. 2012).
Where no L1 penalty ties the targets together, each is solved by itself.

With the residual r, u_j = (A'r)_j - alpha (1 - l1_ratio) f_j B_j and

    s = min(1, min_j alpha l1_ratio f_j / |u_j|_2)

the dual gap is that of `runner.core.path.gap`, with norms of B_j in the place of sizes:

    (1 - s)^2 / 2 (|r|^2 + alpha (1 - l1_ratio) sum_j f_j |B_j|^2)
        + sum_j (alpha l1_ratio f_j |B_j| - s <B_j, u_j>).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeGuard

import numpy as np
from scipy import sparse

from runner.core.likelihood.base import Likelihood
from runner.core.likelihood.grouped_rows import GroupedRows, Strengths
from runner.core.likelihood.problem import LikelihoodPaths, LikelihoodProblem
from runner.core.path.alpha_grid import ROUND_UP, SMALLEST_L1_RATIO
from runner.core.path.centred_columns import to_columns
from runner.core.path.solve_path import solve_path
from runner.errors import FitError
from runner.records import GramProblem, RowProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.core.path.settings import PathSettings
    from runner.records import Booleans, Floats, Integers

ROUNDING = 1e-14  # share of the null deviance to which a gap is known
FINEST = 1e-15  # share of the targets' squares that coordinate descent can bring a gap down to


class SquaredTargets(Likelihood, Protocol):
    """Squared error of several targets."""

    y: Floats  # (n, K)
    share: Floats  # (n,), adding up to 1


def is_grouped(likelihood: Likelihood) -> TypeGuard[SquaredTargets]:
    """Whether a feature is in or out for all responses together."""
    return likelihood.grouped


@dataclass(frozen=True)
class _Found:
    """One solution."""

    B: Floats  # (K, q)
    gap: float
    sweeps: int


class GroupedSolver:
    """A problem's targets and columns, centred where there is an intercept.

    Raises:
        FitError: coefficients are bounded, which those of several targets cannot be.
    """

    def __init__(self, problem: LikelihoodProblem, settings: PathSettings) -> None:
        likelihood = problem.likelihood
        assert is_grouped(likelihood)  # noqa: S101 - others have a solver of their own
        if settings.constrained:
            raise _bounded(settings)
        n, q = problem.X.shape
        share, y = likelihood.share, likelihood.y
        free = problem.with_intercept
        self.centre = np.asarray(problem.X.T @ share) if free else np.zeros(q)
        self.mean = share @ y if free else np.zeros(y.shape[1])
        self.settings = settings
        self.factors = settings.factors(q)
        self.enough = (settings.tol + ROUNDING) * likelihood.null_deviance
        self.targets = [
            RowProblem(problem.X, column, share, self.centre, np.ones(q))
            for column in (y - self.mean).T
        ]
        self.wide = q >= n

    @property
    def free(self) -> Booleans:
        """Which columns are not penalised, (q,)."""
        return np.asarray(self.factors == 0)

    @cached_property
    def grams(self) -> list[GramProblem]:
        """The problem of each target by itself, of fewer columns than rows."""
        each = [to_columns(target) for target in self.targets]
        if sparse.issparse(self.targets[0].X):
            every = np.arange(len(self.factors))
            gram = each[0].cross(every, every)
            xy = np.array([one.gradient(one.target) for one in each])
        else:
            whole = self._whole()
            gram, xy = whole.T @ whole, np.array([one.target @ whole for one in each])
        gram = (gram + gram.T) / 2
        return [GramProblem(gram, own, one.yy) for own, one in zip(xy, each, strict=True)]

    def _whole(self) -> Floats:
        """The columns centred, times the roots of the rows' shares, (n, q)."""
        X = self.targets[0].X
        whole = (X.toarray() if sparse.issparse(X) else X) - self.centre
        whole *= np.sqrt(self.targets[0].weight)[:, None]
        return np.asarray(whole)

    @cached_property
    def rows(self) -> GroupedRows:
        """What all targets are solved from."""
        if self.wide:
            each = [to_columns(target).target for target in self.targets]
            return GroupedRows(self._whole(), np.column_stack(each), 0.0)
        xy = np.column_stack([one.xy for one in self.grams])
        return GroupedRows.of_gram(self.grams[0].gram, xy, sum(one.yy for one in self.grams))

    @cached_property
    def penalised(self) -> GroupedRows:
        """The same of the penalised columns alone."""
        return self.rows.without(self.free)

    def alpha_max(self, l1_ratio: float) -> float:
        """The smallest alpha at which every penalised coefficient is 0."""
        gradient = self.penalised.T.T @ self.penalised.A
        reach = np.linalg.norm(gradient, axis=0) / self.factors[~self.free]
        return float(reach.max()) / max(l1_ratio, SMALLEST_L1_RATIO) * ROUND_UP

    def follow(self, alphas: Floats, l1_ratios: Floats) -> LikelihoodPaths:
        """All penalties, (a, c)."""
        K, q = len(self.targets), len(self.factors)
        coefficients = np.zeros((*alphas.shape, K, q))
        gaps, iterations = np.zeros(alphas.shape), np.ones(alphas.shape, dtype=np.int64)
        apart = (alphas == 0) | (l1_ratios == 0)
        if apart.any():
            coefficients[apart], gaps[apart] = self._solve_apart(alphas[apart])
        for model in range(alphas.shape[1]):
            places = np.flatnonzero(~apart[:, model])
            found = self._solve_together(alphas[places, model], l1_ratios[places, model])
            for at, one in zip(places, found, strict=True):
                coefficients[at, model] = one.B
                gaps[at, model], iterations[at, model] = one.gap, one.sweeps
        return LikelihoodPaths(
            intercepts=self.mean - coefficients @ self.centre,
            coefficients=coefficients,
            dual_gaps=gaps,
            iterations=iterations,
            converged=gaps <= self.enough,
        )

    def _solve_apart(self, alphas: Floats) -> tuple[Floats, Floats]:
        """Ridge or least squares of each target, (a, K, q), and the gaps, (a,)."""
        settings = replace(self.settings, start=None)
        coefficients = np.empty((len(alphas), len(self.targets), len(self.factors)))
        gaps = np.zeros(len(alphas))
        for some in (alphas > 0, alphas == 0):
            if not some.any():
                continue
            # least squares keep more digits in the rows than in their cross products
            by_rows = self.wide or alphas[some][0] == 0
            for k in range(len(self.targets)):
                target = self.targets[k] if by_rows else self.grams[k]
                path = solve_path(target, alphas[some], 0.0, settings=settings)
                coefficients[some, k] = path.coefficients.T
                gaps[some] += path.dual_gaps
        return coefficients, gaps

    def _solve_together(self, alphas: Floats, l1_ratios: Floats) -> Iterator[_Found]:
        """One solution after the other, each from the last."""
        f, start = self.factors[~self.free], self.settings.start
        B = np.zeros((len(self.targets), len(f)))
        if start is not None:
            B = start.reshape(len(B), -1)[:, ~self.free]
        known = None  # the strength of the last L1 penalty, of which B is the solution
        for alpha, l1_ratio in zip(alphas, l1_ratios, strict=True):
            l1 = float(alpha * l1_ratio)
            if known is None:
                reach = np.linalg.norm(self._gradient(B), axis=0) / f
                known = l1 if start is not None else float(reach.max(initial=0.0))
            strengths = Strengths(l1, alpha * (1 - l1_ratio) / f, f)
            B, sweeps = self._screened(B, strengths, min(l1, 2 * l1 - known))
            known = l1
            gap = self.penalised.gap(B, strengths)
            yield _Found(self.rows.completed(B, self.free), gap, sweeps)

    def _gradient(self, B: Floats) -> Floats:
        """Of minus the squared error, (K, q)."""
        return np.asarray(self.penalised.residual(B).T @ self.penalised.A)

    def _screened(self, B: Floats, strengths: Strengths, least: float) -> tuple[Floats, int]:
        """The solution, and sweeps, on columns of at least so much gradient and those it lacks."""
        rows, f, total = self.penalised, strengths.factors, 0
        enough = max(self.enough, FINEST * rows.square)
        reach = np.linalg.norm(self._gradient(B), axis=0) / f
        chosen = B.any(axis=0) | (reach >= least) & (reach > 0)
        while True:
            columns: Integers = np.flatnonzero(chosen)
            if len(columns):
                B, start = np.zeros_like(B), B[:, columns]
                B[:, columns], sweeps = rows.take(columns).solve(
                    strengths.take(columns), start, enough, self.settings.max_iter
                )
                total += sweeps
            reach = np.linalg.norm(self._gradient(B), axis=0) / f
            late = ~chosen & (reach > strengths.l1 * (1 + ROUNDING))
            if not late.any():
                return B, total
            chosen |= late


def _bounded(settings: PathSettings) -> FitError:
    key, off = ("positive", "false") if settings.positive else ("limits", "null")
    return FitError(
        f"model.{key} is set, but family=multi_gaussian cannot bound coefficients, as a feature is "
        f"in or out for all targets together: choose model.{key}={off}, or family=gaussian with "
        "one target at a time"
    )
