"""Paths of row problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.path.columns import to_gram
from runner.path.gram import solve_gram

if TYPE_CHECKING:
    from runner.path.settings import PathSettings
    from runner.records import Floats, Path, RowProblem


def solve_rows(
    problem: RowProblem, alphas: Floats, l1_ratio: float, settings: PathSettings
) -> Path:
    """Solve along falling alphas, (a,), all positive, each warm-started from the last."""
    return solve_gram(to_gram(problem), alphas, l1_ratio, settings)
