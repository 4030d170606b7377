"""Elastic-net paths of row problems, for which cross products of all columns are too many.

The compiled solver goes down the rows themselves as far as coordinate descent is fast. What is left
is solved by the cross products of those columns that take part (see `screened_rows`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from runner.core.path.centred_columns import to_columns, to_gram
from runner.core.path.gap import dual_gaps, within_tolerance
from runner.core.path.gram import solve_gram
from runner.core.path.native.follow_rows import Rows, follow_rows
from runner.core.path.native.library import library
from runner.core.path.native.path_penalty import PathPenalty
from runner.core.path.screened_rows import ScreenedPath
from runner.core.path.strong_rules import fill_in, reach
from runner.records import Path

if TYPE_CHECKING:
    from runner.core.path.centred_columns import Columns
    from runner.core.path.settings import PathSettings
    from runner.records import Floats, RowProblem

# Up to here a Gram of all columns is cheap, and needs no screening.
FEW_COLUMNS = 500
# Sweeps for one alpha beyond which cross products are faster; those of sparse columns cost more.
PATIENCE, PATIENCE_SPARSE = 8, 2_000
# of yy, by which the solver's word of a gap and the gap itself may differ by rounding
AGREE = 1e-9


def solve_rows(
    problem: RowProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    """Solve along falling alphas, (a,), all positive, each warm-started from the last.

    `l1_ratio` is above 0 and at most 1.
    """
    n, p = problem.X.shape
    if p <= min(n, FEW_COLUMNS):
        return solve_gram(to_gram(problem), alphas, l1_ratio, settings)
    columns = to_columns(problem)
    head = _follow(columns, alphas, l1_ratio, settings)
    if head is None:
        return ScreenedPath(columns, l1_ratio, settings).solve(alphas)
    done = len(head.alphas)
    if done == len(alphas):
        return head
    further = settings if not done else replace(settings, start=head.coefficients[:, -1])
    rest = ScreenedPath(columns, l1_ratio, further).solve(alphas[done:])
    return Path.joined([head, rest])


def _follow(
    columns: Columns, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path | None:
    """As far as the compiled solver is fast; None where it does not serve."""
    p, start = columns.count, settings.start
    factors, limits = settings.factors(p), settings.bounds(p)
    if library() is None or not factors.all() or not len(alphas):
        return None
    rows = Rows.of(columns.problem)
    if rows is None:
        return None
    before, filled, kept = alphas[0], alphas, np.arange(len(alphas))
    if start is None:  # stepping stones, which are not in the answer
        size = reach(columns.gradient(columns.target)[:, None], limits)[:, 0]
        before = float(np.max(size / factors)) / l1_ratio
        filled, places = fill_in(alphas, before)
        kept = np.full(len(filled), -1)
        kept[places] = np.arange(len(alphas))
    found = follow_rows(
        rows,
        PathPenalty(
            l1=filled * l1_ratio,
            l2=filled * (1 - l1_ratio),
            pull=settings.penalty_factors,
            lower=None if limits is None else limits.lower,
            upper=None if limits is None else limits.upper,
        ),
        tol=settings.tol,
        most=settings.max_iter,
        patience=PATIENCE_SPARSE if sparse.issparse(columns.problem.X) else PATIENCE,
        before=before * l1_ratio,
        kept=kept,
        start=start,
    )
    if found is None:
        return None
    path = Path(
        alphas=alphas[: len(found.gaps)],
        coefficients=found.coefficients,
        dual_gaps=found.gaps,
        iterations=found.sweeps,
        converged=within_tolerance(found.gaps, columns.yy, settings),
    )
    return path if _keeps_its_word(columns, path, l1_ratio, settings) else None


def _keeps_its_word(columns: Columns, path: Path, l1_ratio: float, settings: PathSettings) -> bool:
    """Whether the last gap is what the solver says it is.

    The solver takes each from the coefficients anew, so that rounding does not add up.
    """
    if not len(path.alphas):
        return True
    b, p = path.coefficients[:, -1:], columns.count
    taking_part = np.flatnonzero(b[:, 0])
    residual = columns.target[:, None] - columns.fitted(b[taking_part], taking_part)
    gap = dual_gaps(
        b,
        columns.gradient(residual),
        np.sum(residual**2, axis=0),
        l1=path.alphas[-1:] * l1_ratio,
        l2=path.alphas[-1:] * (1 - l1_ratio),
        factors=settings.factors(p),
        limits=settings.bounds(p),
    )
    return bool(abs(gap[0] - path.dual_gaps[-1]) <= AGREE * columns.yy)
