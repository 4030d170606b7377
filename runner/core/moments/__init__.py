"""A fold's data as sums: read once, imputed, scaled, solved and scored without the rows."""

from runner.core.moments.accumulate import (
    Layout,
    Moments,
    choose_layout,
    merge,
    merge_drawn,
    merge_others,
    moments_by_block,
)
from runner.core.moments.fill import Filled, fill, observed_count, observed_mean, transform
from runner.core.moments.gram_problem import (
    Scores,
    Standardisation,
    ValidationMoments,
    column_variance,
    gram_problem,
    validation_side,
)
from runner.core.moments.precision import cancellation, condition, doubt

__all__ = [
    "Filled",
    "Layout",
    "Moments",
    "Scores",
    "Standardisation",
    "ValidationMoments",
    "cancellation",
    "choose_layout",
    "column_variance",
    "condition",
    "doubt",
    "fill",
    "gram_problem",
    "merge",
    "merge_drawn",
    "merge_others",
    "moments_by_block",
    "observed_count",
    "observed_mean",
    "transform",
    "validation_side",
]
