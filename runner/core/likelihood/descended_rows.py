"""One model of many sparse columns, as far along its alphas as compiled descent is fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.likelihood.dual import dual_gap
from runner.core.likelihood.row_wise import outcome_of
from runner.core.path.native.follow_losses import Gaps, Start, follow_losses
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.strong_rules import fill_in

if TYPE_CHECKING:
    from runner.core.likelihood.problem import LikelihoodProblem
    from runner.core.likelihood.state import State
    from runner.core.path.native.follow_losses import FollowedLosses
    from runner.records import Floats

STEPS = 100  # of Newton's method for one alpha, and sweeps, after which another way is faster
PATIENCE = 2000
ROUNDING = 1e-14  # share of the null deviance
ROUGH = 1e-4  # share of the null deviance that a gap may have on the way to the first alpha


@dataclass(frozen=True)
class Alphas:
    """Those of one model, (a,) each."""

    alpha: Floats
    l1_ratio: Floats

    @property
    def l1(self) -> Floats:
        """The strength of the L1 penalty."""
        return self.alpha * self.l1_ratio

    @property
    def l2(self) -> Floats:
        """That of the other."""
        return self.alpha - self.l1


def descend(
    problem: LikelihoodProblem, state: State, wanted: Alphas, *, aimed: float, enough: float
) -> FollowedLosses | None:
    """Solve from where a state of one model is, which moves to the last solution.

    Args:
        problem: sparse rows, q columns.
        state: at a solution, or at the best constant.
        wanted: what to solve, of an L1 strength each.
        aimed: the gap to come to, in the units of the objective.
        enough: the gap that will do, at least as much.

    Returns:
        The first of the solutions; None, the state back where it was, where there are none, or the
            last has not the gap that it is said to have.
    """
    likelihood, X = problem.likelihood, problem.X
    outcome = outcome_of(likelihood)
    if outcome is None or not isinstance(X, sparse.csc_array) or not wanted.l1.all():
        return None
    b = state.coefficients[0, 0]
    strongest, l1 = float(wanted.l1[0]), wanted.l1
    if not b.any():
        strongest = float(state.reach.max())
        l1, places = fill_in(wanted.l1, strongest)
    else:
        places = np.arange(len(l1))
    kept = np.full(len(l1), -1)
    kept[places] = np.arange(len(places))
    following = np.searchsorted(places, np.arange(len(l1)))  # of a stepping stone, what it leads to
    scale = likelihood.null_deviance
    found = follow_losses(
        X,
        outcome,
        PathPenalty(l1, l1 * (wanted.l2 / wanted.l1)[following]),
        balance=state.balance if state.with_intercept else None,
        gaps=Gaps(aimed, ROUGH * scale, scale),
        most=STEPS,
        patience=PATIENCE,
        kept=kept,
        start=Start(b if b.any() else None, float(state.intercepts[0, 0]), strongest),
    )
    if found is None or not len(found.gaps):
        return None
    before = state.parameters.copy()
    if _gap_at_last(state, found, wanted, enough) <= enough + ROUNDING * scale:
        return found
    _move(state, before)
    return None


def _gap_at_last(state: State, found: FollowedLosses, wanted: Alphas, enough: float) -> float:
    """Of the last solution, to which the state moves."""
    last = len(found.gaps) - 1
    parameters = found.coefficients[last][None, None]
    if state.with_intercept:
        parameters = np.append(parameters, found.intercepts[last][None, None, None], axis=2)
    _move(state, parameters)
    l1, l2 = (np.full(state.q, strength[last]) for strength in (wanted.l1, wanted.l2))
    return dual_gap(state.likelihood, state.point(0), l1, l2, enough=enough)


def _move(state: State, parameters: Floats) -> None:
    """Put the state at parameters (1, 1, w)."""
    one = np.arange(1)
    state.look_at(np.flatnonzero(parameters[0, 0, : state.q]))
    state.place(one, parameters)
    state.differentiate(one, everywhere=True)
