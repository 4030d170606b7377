"""One entry to every solver of a path: a problem and alphas in, solutions and their gaps out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.centred_columns import to_columns
from runner.core.path.gap import within_tolerance
from runner.core.path.gram import solve_gram
from runner.core.path.ridge import solve_least_squares, solve_ridge
from runner.core.path.ridge_rows import solve_least_squares_rows, solve_ridge_rows
from runner.core.path.row_problems import solve_rows
from runner.errors import FitError
from runner.records import GramProblem, Path, PooledProblem

if TYPE_CHECKING:
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, RowProblem

TIGHT = 1e-12  # dual gap of a model that is kept, as a share of yy
MOST_SWEEPS = 1_000  # towards it, from a solution within the tolerance


def solve_path(
    problem: GramProblem | RowProblem | PooledProblem,
    alphas: Floats,
    l1_ratio: float,
    *,
    settings: PathSettings,
) -> Path:
    """Minimise the objective of `GramProblem` for each alpha.

    Alphas are solved in falling order, each warm-started from the one above, and returned in the
    order in which they were given. Ridge (l1_ratio 0) and least squares (alpha 0, of least norm
    where it is not unique) are solved in closed form. No warning is raised: a solution whose gap is
    above the tolerance is marked in `converged`.

    Args:
        problem: The least-squares problem, p columns; of a pooled one, every part is solved.
        alphas: Strengths, (a,), each at least 0, in any order.
        l1_ratio: Share of the L1 penalty, 0 to 1.
        settings: Stopping rule, bounds, penalty factors and warm start.

    Raises:
        FitError: An alpha is negative or not finite, or l1_ratio is not between 0 and 1.
    """
    alphas = np.asarray(alphas, dtype=float)
    if not np.all((alphas >= 0) & np.isfinite(alphas)):
        raise FitError("every alpha must be finite and at least 0; one of them is not")
    if not 0 <= l1_ratio <= 1:
        raise FitError(f"l1_ratio is {l1_ratio}, but must be between 0 and 1")
    if isinstance(problem, PooledProblem):
        return _solve_parts(problem, alphas, l1_ratio, settings)
    if (alphas > 0).all() and (alphas[1:] <= alphas[:-1]).all():
        return _solve_penalised(problem, alphas, l1_ratio, settings)
    order = np.argsort(-alphas, kind="stable")
    falling = alphas[order]
    penalised = falling[falling > 0]
    parts = [_solve_penalised(problem, penalised, l1_ratio, settings)]
    if len(penalised) < len(alphas):
        parts.append(_solve_unpenalised(problem, len(alphas) - len(penalised), settings))
    return Path.joined(parts).take(np.argsort(order))


def solve_tightly(
    problem: GramProblem | RowProblem, alpha: float, l1_ratio: float, *, settings: PathSettings
) -> Path:
    """The path of a single alpha, solved far beyond the tolerance of the settings.

    A model that is kept is worth more sweeps than a candidate among many: within the tolerance of a
    search, features next to the threshold may be in or out. `converged` says whether the solution
    meets the tolerance of the settings.

    Raises:
        FitError: As `solve_path`.
    """
    alphas = np.array([alpha])
    path = solve_path(problem, alphas, l1_ratio, settings=settings)
    yy = problem.yy if isinstance(problem, GramProblem) else to_columns(problem).yy
    if not path.dual_gaps[0] > TIGHT * yy:
        return path
    further = replace(
        settings,
        tol=TIGHT,
        max_iter=min(settings.max_iter, MOST_SWEEPS),
        start=path.coefficients[:, 0],
    )
    tight = solve_path(problem, alphas, l1_ratio, settings=further)
    if not tight.dual_gaps[0] < path.dual_gaps[0]:
        return path
    return replace(
        tight,
        iterations=path.iterations + tight.iterations,
        converged=within_tolerance(tight.dual_gaps, yy, settings),
    )


def _solve_parts(
    problem: PooledProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    """Each part's path, the coefficients one below the other; the worst gap counts."""
    paths = [
        solve_path(part, alphas, l1_ratio, settings=own)
        for part, own in zip(problem.parts, settings.split(len(problem.parts)), strict=True)
    ]
    return Path(
        alphas=paths[0].alphas,
        coefficients=np.concatenate([path.coefficients for path in paths]),
        dual_gaps=np.max([path.dual_gaps for path in paths], axis=0),
        iterations=np.sum([path.iterations for path in paths], axis=0),
        converged=np.all([path.converged for path in paths], axis=0),
    )


def _solve_penalised(
    problem: GramProblem | RowProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    if isinstance(problem, GramProblem):
        if l1_ratio == 0:
            return solve_ridge(problem, alphas, settings)
        return solve_gram(problem, alphas, l1_ratio, settings)
    if l1_ratio == 0:
        return solve_ridge_rows(problem, alphas, settings)
    return solve_rows(problem, alphas, l1_ratio, settings)


def _solve_unpenalised(
    problem: GramProblem | RowProblem, count: int, settings: PathSettings
) -> Path:
    """The least-squares solution, repeated `count` times."""
    if isinstance(problem, GramProblem):
        path = solve_least_squares(problem, settings)
    else:
        path = solve_least_squares_rows(problem, settings)
    return path.take(np.zeros(count, dtype=np.int64))
