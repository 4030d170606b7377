"""Elastic-net paths: a least-squares problem and alphas in, coefficients and dual gaps out."""

from runner.core.path.alpha_grid import alpha_grid, alpha_max
from runner.core.path.centred_columns import to_gram
from runner.core.path.entering import first_to_enter
from runner.core.path.relaxed import relax
from runner.core.path.settings import Limits, PathSettings
from runner.core.path.solve_path import TIGHT, solve_path, solve_tightly

__all__ = [
    "TIGHT",
    "Limits",
    "PathSettings",
    "alpha_grid",
    "alpha_max",
    "first_to_enter",
    "relax",
    "solve_path",
    "solve_tightly",
    "to_gram",
]
