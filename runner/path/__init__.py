"""Elastic-net paths: a least-squares problem and alphas in, coefficients and dual gaps out."""

from runner.path.alpha_grid import alpha_grid, alpha_max
from runner.path.settings import PathSettings
from runner.path.solve import solve_path, solve_tightly

__all__ = ["PathSettings", "alpha_grid", "alpha_max", "solve_path", "solve_tightly"]
