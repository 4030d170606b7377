"""Elastic-net paths of row problems, for which a Gram matrix of all columns is too large.

Screening picks the columns that the next few alphas may need, an inner solver works on those, and
the dual gap over all columns decides whether the answer stands. Columns that violate the optimality
condition enter, and the solver runs again. The ever-active strategy of Tibshirani et al. (2012,
section 7): what has entered stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.bounded import solve_one
from runner.core.path.gap import dual_gaps, within_tolerance
from runner.core.path.gram import solve_gram
from runner.core.path.squares import pseudo_inverse
from runner.core.path.strong_rules import (
    BATCH,
    fill_in,
    find_violators,
    next_batch,
    pick_columns,
    reach,
)
from runner.core.path.uncentred import solve_uncentred, suits_rows
from runner.core.path.working_set import WorkingSet
from runner.records import Path

if TYPE_CHECKING:
    from runner.core.path.centred_columns import Columns
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, Integers

# The inner solver stops a little below the tolerance: a column at the edge must not undo it.
INNER_SHARE = 0.8
# Fewer columns than this are not worth choosing among.
FEWEST_PICKED = 30
# Above this order a Gram takes too much memory to be a way out; this one takes 800 MB.
LARGEST_GRAM = 10_000
# Rounds of letting violators in, or of tightening where there are none.
MOST_ROUNDS = 30


class ScreenedPath:
    """A path under way: the working set, and the last solution on it."""

    def __init__(self, columns: Columns, l1_ratio: float, settings: PathSettings) -> None:
        self.columns = columns
        self.l1_ratio = l1_ratio
        self.settings = settings
        self.factors = settings.factors(columns.count)
        self.limits = settings.bounds(columns.count)
        self.working = WorkingSet(columns)
        self.last = self._set_out()  # coefficients of the first members

    def solve(self, alphas: Floats) -> Path:
        """Solve along falling alphas, (a,)."""
        residual = self.working.residual(self.last[:, None])
        size = reach(self.columns.gradient(residual), self.limits)[:, 0]
        penalised = self.factors > 0
        now = float(np.max(size[penalised] / self.factors[penalised], initial=0.0))
        filled, places = fill_in(alphas, now / self.l1_ratio)
        parts: list[Path] = []
        done = 0
        while done < len(filled):
            # Where a solution costs far more than a check, none is made before its check.
            alone = suits_rows(self.working, self.settings)
            batch = next_batch(filled[done:], 1 if alone else BATCH)
            l1 = batch * self.l1_ratio
            self._admit_next(size, now, float(l1[-1]))
            part, size = self._solve_batch(batch)
            parts.append(part)
            now, done = float(l1[len(part.alphas) - 1]), done + len(part.alphas)
        return _join(parts, places, self.columns.count)

    def _admit_next(self, size: Floats, now: float, then: float) -> None:
        """Admit columns that may soon have coefficients, of which a lasso has n at most."""
        support = int(np.count_nonzero(self.last))
        room = len(self.columns.target) - support
        most = max(FEWEST_PICKED, min(support, room))
        outside = self.working.outside
        picked = pick_columns(size, self.factors, now, then, outside=outside, most=most)
        self.working.admit(picked)

    def _set_out(self) -> Floats:
        """Admit the columns that are in from the start; return their coefficients."""
        free = self.factors == 0
        start = self.settings.start
        self.working.admit(np.flatnonzero(free if start is None else free | (start != 0)))
        if start is not None:
            return start[self.working.members]
        if not free.any():
            return np.zeros(0)
        problem, members = self.working.problem, self.working.members
        if self.limits is not None:
            zeros, limits = np.zeros(len(members)), self.limits.take(members)
            sweeps = self.settings.max_iter
            return solve_one(problem, zeros, zeros, zeros, limits, sweeps=sweeps)[0]
        return np.asarray(pseudo_inverse(problem.gram) @ problem.xy)

    def _solve_batch(self, alphas: Floats) -> tuple[Path, Floats]:
        """Solve for a few alphas, of which at least the first is in the answer.

        Returns:
            The solutions up to the last that stands, and the size of the gradient, (p,), there.
        """
        share, sweeps = INNER_SHARE, 0
        for _ in range(MOST_ROUNDS):
            inner = self._solve_inner(alphas, share)
            part, size = self._judge(inner)
            sweeps += int(inner.iterations[0])
            if part.converged[0]:
                break
            self.last = inner.coefficients[:, 0]
            l1 = float(alphas[0]) * self.l1_ratio
            if not self.working.admit(find_violators(size[:, 0], self.factors, l1)):
                if not inner.converged[0]:
                    break
                share /= 4
        stands = len(alphas) if part.converged.all() else max(int(np.argmin(part.converged)), 1)
        self.last = inner.coefficients[:, stands - 1]
        part.iterations[0] = sweeps
        return part.take(slice(stands)), size[:, stands - 1]

    def _solve_inner(self, alphas: Floats, share: float) -> Path:
        """Solve in the members alone, to a share of the tolerance."""
        members = self.working.members
        start = np.zeros(len(members))
        start[: len(self.last)] = self.last
        own = replace(self.settings, start=None).take(members)
        settings = replace(own, tol=own.tol * share, start=start)
        if suits_rows(self.working, settings):
            path = solve_uncentred(self.working, alphas, self.l1_ratio, settings)
            if path.converged.all() or len(members) > LARGEST_GRAM:
                return path
            # The offset is all but in the span of the columns; their Gram has it taken out.
            settings = replace(settings, start=path.coefficients[:, 0])
        problem = self.working.problem  # whose Gram may have grown, and its memory with it
        return solve_gram(problem, alphas, self.l1_ratio, settings, self.working.memory)

    def _judge(self, inner: Path) -> tuple[Path, Floats]:
        """Gaps over all columns, and the size of their gradient, (p, a)."""
        residual = self.working.residual(inner.coefficients)
        gradient = self.columns.gradient(residual)
        coefficients = np.zeros_like(gradient)
        coefficients[self.working.members] = inner.coefficients
        gaps = dual_gaps(
            coefficients,
            gradient,
            np.sum(residual**2, axis=0),
            l1=inner.alphas * self.l1_ratio,
            l2=inner.alphas * (1 - self.l1_ratio),
            factors=self.factors,
            limits=self.limits,
        )
        part = Path(
            alphas=inner.alphas,
            coefficients=coefficients,
            dual_gaps=gaps,
            iterations=inner.iterations.copy(),
            converged=within_tolerance(gaps, self.columns.yy, self.settings),
        )
        return part, reach(gradient, self.limits)


def _join(parts: list[Path], places: Integers, count: int) -> Path:
    """The parts' solutions at the given places, (a,); the others were stepping stones."""
    if not parts:
        empty = np.zeros(0)
        return Path(empty, np.zeros((count, 0)), empty, empty.astype(np.int64), empty.astype(bool))
    return Path.joined(parts).take(places)
