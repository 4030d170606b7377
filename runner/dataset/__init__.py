"""Datasets: tables with a target, from files, from scikit-learn, or drawn."""

from runner.dataset.base import Dataset

__all__ = ["Dataset"]
