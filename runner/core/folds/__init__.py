"""Folds: from a table, a split and a preparation to the fold problems that a search solves."""

from runner.core.folds.block_moments import BlockMoments
from runner.core.folds.cache import Folds
from runner.core.folds.disk import DiskCache
from runner.core.folds.draws import stacking_weight
from runner.core.folds.family_kind import FamilyKind
from runner.core.folds.filled_entries import FilledEntries, gap_counts
from runner.core.folds.fold_problem import FoldProblem
from runner.core.folds.from_moments import FoldMoments
from runner.core.folds.in_turn import FoldsInTurn
from runner.core.folds.inner_folds import InnerFolds, inner_folds
from runner.core.folds.likelihood_fold import LikelihoodFold
from runner.core.folds.model_columns import ModelColumns
from runner.core.folds.preparation import Preparation
from runner.core.folds.sides import (
    Posed,
    as_dense,
    as_matrix,
    kept_rows,
    prepare_rows,
    training_weight,
)
from runner.core.folds.source import BlockFolds, Columns, FoldSource
from runner.core.folds.wide_rows import WideRows, blocks_of, suits
from runner.core.folds.word_counts import WordCounts, fit_to_counts, transform_counts

__all__ = [
    "BlockFolds",
    "BlockMoments",
    "Columns",
    "DiskCache",
    "FamilyKind",
    "FilledEntries",
    "FoldMoments",
    "FoldProblem",
    "FoldSource",
    "Folds",
    "FoldsInTurn",
    "InnerFolds",
    "LikelihoodFold",
    "ModelColumns",
    "Posed",
    "Preparation",
    "WideRows",
    "WordCounts",
    "as_dense",
    "as_matrix",
    "blocks_of",
    "fit_to_counts",
    "gap_counts",
    "inner_folds",
    "kept_rows",
    "prepare_rows",
    "stacking_weight",
    "suits",
    "training_weight",
    "transform_counts",
]
