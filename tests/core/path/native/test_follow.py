"""What the compiled solver of Gram problems has got wrong once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from runner.core.path.native.follow_gram import Memory, Solutions, follow
from runner.core.path.native.interrupts import STOP
from runner.core.path.native.path_penalty import PathPenalty
from runner.records import GramProblem

if TYPE_CHECKING:
    from runner.records import Floats

TOL, MOST = 1e-11, 200


def problem_of(seed: int, *, p: int = 12, repeated: int = 0) -> GramProblem:
    """Cross products of 60 rows; the last columns repeat the first ones."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, p)) + rng.standard_normal((60, 1))
    X[:, p - repeated :] = X[:, :repeated]
    y = X[:, :3].sum(axis=1) + rng.standard_normal(60)
    return GramProblem(X.T @ X / 60, X.T @ y / 60, float(y @ y / 60))


def exactly(problem: GramProblem, penalty: PathPenalty, memory: Memory | None = None) -> Solutions:
    """Solve exactly, with what earlier calls have left."""
    found = follow(problem, penalty, tol=TOL, most=MOST, exact=True, memory=memory)
    assert found is not None
    return found


def violation(problem: GramProblem, b: Floats, l1: Floats | float) -> float:
    """By how much a gradient, computed anew, is not what a lasso allows."""
    g = problem.xy - problem.gram @ b
    return float(np.where(b == 0, np.maximum(np.abs(g) - l1, 0), np.abs(g - l1 * np.sign(b))).max())


@pytest.mark.parametrize("seed", range(5))
def test_strengths_a_rounding_apart(seed: int) -> None:
    """The line through two solutions of one strength is rounding, and not gone along."""
    problem = problem_of(seed)
    top = np.abs(problem.xy).max()
    l1 = top * np.array([0.5, 0.5 * (1 - 1e-15), 0.2, 0.05])
    found = exactly(problem, PathPenalty(l1, np.zeros(4)))
    for at in range(4):
        assert violation(problem, found.coefficients[:, at], l1[at]) < 1e-10 * top


def test_a_factor_of_a_larger_ridge_is_left() -> None:
    """Columns that only an earlier ridge held apart are not gone along without end."""
    for seed in range(40):
        problem, memory, rng = (
            problem_of(seed, repeated=4),
            Memory.of(12),
            np.random.default_rng(seed),
        )
        pull, ridge = (rng.random(12) < 0.5).astype(float), rng.uniform(0, 3, 12)
        exactly(problem, PathPenalty(np.ones(1), np.ones(1), pull, ridge), memory)
        less = ridge * (rng.random(12) < 0.5)
        found = exactly(problem, PathPenalty(np.full(1, 0.5), np.ones(1), pull, less), memory)
        bent = replace(problem, gram=problem.gram + np.diag(less))
        assert found.sweeps[0] < MOST
        assert violation(bent, found.coefficients[:, 0], 0.5 * pull) < 1e-8


def test_a_claim_is_made_of_the_coefficients_themselves() -> None:
    """A step along nearly dependent columns is so long that what remains of it is rounding."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((7, 1)) + 1e-4 * rng.standard_normal((7, 40))
        y = X[:, 0] + rng.standard_normal(7)
        problem = GramProblem(X.T @ X / 7, X.T @ y / 7, float(y @ y / 7))
        l1 = np.abs(problem.xy).max() * np.geomspace(0.9, 0.3, 4)
        found = exactly(problem, PathPenalty(l1, np.zeros(4)))
        said = [violation(problem, found.coefficients[:, at], l1[at]) for at in range(4)]
        assert (np.array(said)[found.sweeps < MOST] < 1e-10 * np.abs(problem.xy).max()).all()


def test_what_was_stopped_leaves_no_memory() -> None:
    """A factor that is half changed is not gone on with."""
    problem, memory = problem_of(0), Memory.of(12)
    problem = replace(problem, gram=problem.gram.copy())
    penalty = PathPenalty(np.full(1, 0.01), np.zeros(1))
    exactly(problem, penalty, memory)
    assert memory.held[0] > 0
    STOP.value = 1
    try:
        with pytest.raises(KeyboardInterrupt):
            exactly(problem, PathPenalty(np.full(1, 0.3), np.zeros(1)), memory)
    finally:
        STOP.value = 0
    assert memory.held[0] == 0
    again = exactly(problem, penalty, memory)
    assert violation(problem, again.coefficients[:, 0], 0.01) < 1e-10
