"""Penalised likelihoods: what a family must say of its rows, and the solver of their paths."""

from runner.core.likelihood.base import Curvature, Likelihood

__all__ = ["Curvature", "Likelihood"]
