"""Solutions of a path come in; their mixtures with least squares on the same columns go out.

The relaxed lasso (Meinshausen 2007), in the form of Hastie, Tibshirani & Tibshirani (2020) that
glmnet has: with b a penalised solution, A the columns where it is not 0, and u the least-squares
solution on A alone, of least norm where it is not unique,

    b_relaxed = share * b + (1 - share) * u,        0 <= share <= 1.

glmnet calls the share gamma, and drops the alphas at which A has nearly as many columns as rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runner.core.path.active_set import stationary
from runner.core.path.centred_columns import to_columns
from runner.core.path.squares import pseudo_inverse
from runner.records import GramProblem, PooledProblem

if TYPE_CHECKING:
    from runner.records import Floats, Integers, Path, RowProblem


def relax(
    problem: GramProblem | RowProblem | PooledProblem,
    path: Path,
    shares: Floats,
    places: Integers | None = None,
) -> Path:
    """Relax solutions of a path.

    Gaps and convergence are those of the penalised solutions: they say how far the columns that are
    kept can be relied on; least squares on these are exact.

    Args:
        problem: what the path solves, p columns; of a pooled one, each part has its own columns A.
        path: its solutions.
        shares: of the penalised solution, (c,), from 0 to 1.
        places: which alpha of the path each share is for, (c,); None for one after the other.
    """
    places = np.arange(len(shares)) if places is None else places
    penalised = path.coefficients[:, places]
    coefficients = penalised
    if (shares < 1).any():
        wanted = np.unique(places[shares < 1])
        free = np.zeros_like(path.coefficients)
        free[:, wanted] = _unpenalised(problem, path.coefficients[:, wanted])
        coefficients = shares * penalised + (1 - shares) * free[:, places]
    return replace(
        path,
        alphas=path.alphas[places],
        coefficients=coefficients,
        dual_gaps=path.dual_gaps[places],
        iterations=path.iterations[places],
        converged=path.converged[places],
    )


def _unpenalised(problem: GramProblem | RowProblem | PooledProblem, coefficients: Floats) -> Floats:
    """Least squares on the columns of each solution, (p, c)."""
    if isinstance(problem, PooledProblem):
        own = np.split(coefficients, len(problem.parts))
        return np.vstack([_unpenalised(*pair) for pair in zip(problem.parts, own, strict=True)])
    found = np.zeros_like(coefficients)
    known: dict[bytes, Floats] = {}  # neighbours on a path often have the same columns
    for at, used in enumerate((coefficients != 0).T):
        support = np.flatnonzero(used)
        key = support.tobytes()
        if key not in known:
            known[key] = _least_squares(problem, support)
        found[support, at] = known[key]
    return found


def _least_squares(problem: GramProblem | RowProblem, support: Integers) -> Floats:
    """Coefficients, (k,), of some columns."""
    if isinstance(problem, GramProblem):
        none = np.zeros(len(support))
        solved = stationary(problem, support, none, none)
        if solved is not None:
            return solved
        return pseudo_inverse(problem.gram[np.ix_(support, support)]) @ problem.xy[support]
    columns = to_columns(problem)
    if len(support) >= len(columns.target):  # all rows are met, by the least of many solutions
        share = np.zeros(columns.count)
        share[support] = 1.0
        dual = pseudo_inverse(columns.kernel(share)) @ columns.target
        return columns.gradient(dual)[support]
    gram = GramProblem(
        columns.cross(support, support), columns.gradient(columns.target)[support], columns.yy
    )
    return _least_squares(gram, np.arange(len(support)))
