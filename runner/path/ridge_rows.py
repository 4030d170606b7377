"""Ridge and least squares of row problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.path.columns import to_gram
from runner.path.ridge import solve_least_squares, solve_ridge

if TYPE_CHECKING:
    from runner.path.settings import PathSettings
    from runner.records import Floats, Path, RowProblem


def solve_ridge_rows(problem: RowProblem, alphas: Floats, settings: PathSettings) -> Path:
    """Solve for every alpha."""
    return solve_ridge(to_gram(problem), alphas, settings)


def solve_least_squares_rows(problem: RowProblem, settings: PathSettings) -> Path:
    """The path of the single alpha 0."""
    return solve_least_squares(to_gram(problem), settings)
