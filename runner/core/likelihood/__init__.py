"""Penalised likelihoods: what a family must say of its rows, and the solver of their paths."""

from runner.core.likelihood.base import Curvature, Likelihood
from runner.core.likelihood.problem import LikelihoodPaths, LikelihoodProblem
from runner.core.likelihood.row_wise import RowCurvature, RowWise, log_mean, xlogx
from runner.core.likelihood.separation import Cone, separating
from runner.core.likelihood.solve_likelihood import likelihood_alpha_max, solve_likelihood
from runner.core.likelihood.unpenalised import maximum

__all__ = [
    "Cone",
    "Curvature",
    "Likelihood",
    "LikelihoodPaths",
    "LikelihoodProblem",
    "RowCurvature",
    "RowWise",
    "likelihood_alpha_max",
    "log_mean",
    "maximum",
    "separating",
    "solve_likelihood",
    "xlogx",
]
