"""A process that is inside a long call of the compiled library until an interrupt ends it.

`python interrupted.py KIND` writes `inside` when the library is about to be called, and when the
interrupt has come what there is then, as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.linalg import toeplitz

from runner.core.likelihood import LikelihoodProblem, likelihood_alpha_max, solve_likelihood
from runner.core.path import PathSettings, solve_path
from runner.core.path.native import follow_gram as by_gram
from runner.core.path.native import follow_losses as by_losses
from runner.core.path.native import follow_rows as by_rows
from runner.core.path.native import interrupts
from runner.core.path.native.follow_gram import follow
from runner.core.path.native.path_penalty import PathPenalty
from runner.family.poisson import PoissonLoss
from runner.records import GramProblem, Observed, RowProblem
from runner.search import fold_paths
from runner.search.fold_paths import How, Job, solve_folds

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.records import Floats, Matrix

SETTINGS = PathSettings(1e-13, 100_000)
RNG = np.random.default_rng(0)
INSIDE = threading.Lock()
EVERY = np.geomspace(1.0, 1e-4, 100)


def correlated(p: int) -> tuple[GramProblem, float]:
    """Columns of which neighbours are much alike, and the largest pull."""
    gram = toeplitz(0.98 ** np.arange(p)) + 0.2
    b = RNG.standard_normal(p) * (RNG.random(p) < 0.3)
    xy = gram @ b + 0.02 * RNG.standard_normal(p)
    return GramProblem(gram, xy, float(1.2 * b @ gram @ b)), float(np.abs(xy).max())


def of_rows(X: Matrix) -> tuple[RowProblem, float]:
    """A target of the first 300 columns, and the largest pull."""
    n, p = X.shape
    y = X[:, :300] @ RNG.standard_normal(300) + RNG.standard_normal(n)
    y -= y.mean()
    centre = np.asarray(X.mean(axis=0)).ravel()
    largest = float(np.abs(X.T @ y / n - centre * y.mean()).max())
    return RowProblem(X, y, np.ones(n), centre, np.ones(p)), largest


def path(problem: GramProblem | RowProblem, alphas: Floats) -> object:
    """Solve as a search does."""
    return solve_path(problem, alphas, 0.9, settings=SETTINGS)


def a_path_of_a_gram() -> object:
    """Many strengths."""
    problem, largest = correlated(3_000)
    return path(problem, largest * EVERY)


def one_strength_of_a_gram() -> object:
    """A factor of nearly all columns."""
    problem, largest = correlated(3_000)
    return path(problem, largest * EVERY[-1:])


def a_quadratic_of_a_likelihood() -> object:
    """Exact, from nothing."""
    problem, largest = correlated(3_000)
    l1 = largest * EVERY[-1:]
    return follow(problem, PathPenalty(l1, l1), tol=1e-11, most=200, exact=True)


def wide_rows() -> object:
    """Long columns, most of which no rule lets through."""
    X = RNG.random((500, 50_000)) + RNG.random((500, 1))
    problem, largest = of_rows(np.asfortranarray(X))
    return path(problem, largest * EVERY)


def sparse_rows() -> object:
    """Short columns, many of which take part."""
    X = sparse.csc_array(sparse.random_array((20_000, 50_000), density=0.004, rng=RNG))
    problem, largest = of_rows(X)
    return path(problem, largest * EVERY)


def a_likelihood_of_sparse_rows() -> object:
    """Poisson counts of which many columns say something."""
    X = sparse.csc_array(sparse.random_array((20_000, 50_000), density=0.004, rng=RNG))
    y = RNG.poisson(1.0 + np.asarray(X[:, :300].sum(axis=1))).astype(float)
    likelihood = PoissonLoss(Observed(y, np.ones(20_000)))
    problem = LikelihoodProblem(X, likelihood, fit_intercept=True)
    top = likelihood_alpha_max(problem, 0.9)
    return solve_likelihood(problem, top * EVERY[:, None], np.array([0.9]), SETTINGS)


def threads_of_a_search() -> object:
    """Two folds side by side."""
    problem, largest = correlated(3_000)
    fold: Any = SimpleNamespace(train=problem, parts=(problem,))  # it is never scored
    job = Job(largest * EVERY[::-1], 0.9)
    return solve_folds([fold, fold], [job], How([SETTINGS] * 2, ("mse",)))


KINDS: dict[str, Callable[[], object]] = {
    kind.__name__: kind
    for kind in (
        a_path_of_a_gram,
        one_strength_of_a_gram,
        a_quadratic_of_a_likelihood,
        wide_rows,
        sparse_rows,
        a_likelihood_of_sparse_rows,
        threads_of_a_search,
    )
}


def say(line: str) -> None:
    """For the process that waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def announced(solve: Callable[[], int], *, long: bool) -> None:
    """Call the library, after saying so the first time."""
    if INSIDE.acquire(blocking=False):
        say("inside")
    interrupts.call(solve, long=long)


def main() -> None:
    """Call, be interrupted, and call again."""
    for module in (by_gram, by_losses, by_rows):
        setattr(module, interrupts.call.__name__, announced)
    vars(fold_paths)["usable_threads"] = lambda: 2
    seen: dict[str, object] = {"interrupted": False}
    try:
        KINDS[sys.argv[1]]()
    except KeyboardInterrupt:
        seen = {"interrupted": True, "at": time.monotonic(), "stop": interrupts.STOP.value}
    problem, largest = correlated(20)
    again = solve_path(problem, largest * EVERY[:50], 0.9, settings=PathSettings(1e-9, 1_000))
    say(json.dumps({**seen, "works": bool(again.converged.all())}))


if __name__ == "__main__":
    main()
