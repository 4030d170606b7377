"""Folds: from a table, a split and a preparation to the fold problems that a search solves."""

from runner.folds.cache import Folds
from runner.folds.disk import DiskCache
from runner.folds.draws import stacking_weight
from runner.folds.preparation import Preparation
from runner.folds.problem import FoldProblem
from runner.folds.sides import Posed, kept_rows, prepare_rows, training_weight
from runner.folds.source import Columns, FoldSource

__all__ = [
    "Columns",
    "DiskCache",
    "FoldProblem",
    "FoldSource",
    "Folds",
    "Posed",
    "Preparation",
    "kept_rows",
    "prepare_rows",
    "stacking_weight",
    "training_weight",
]
