"""What models are scored by: a module per kind of target, many models at once."""

from runner.core.metrics.amounts import GammaScores, PoissonScores
from runner.core.metrics.classes import ClassScores
from runner.core.metrics.family_scoring import scoring_of
from runner.core.metrics.metric_table import (
    BOUNDS,
    FAMILY_METRICS,
    FROM_MOMENTS,
    IDEAL,
    LARGER_IS_BETTER,
    METRICS,
    TABLE,
    TRIAL_METRICS,
    FamilyName,
    Metric,
    MetricName,
    loss,
)
from runner.core.metrics.scoring import Scoring
from runner.core.metrics.several_targets import SeveralTargetScores
from runner.core.metrics.squared_error import (
    explained,
    is_zero,
    relative_share,
    score_predictions,
)
from runner.core.metrics.survival_scores import SurvivalScores
from runner.core.metrics.two_classes import TwoClassScores

__all__ = [
    "BOUNDS",
    "FAMILY_METRICS",
    "FROM_MOMENTS",
    "IDEAL",
    "LARGER_IS_BETTER",
    "METRICS",
    "TABLE",
    "TRIAL_METRICS",
    "ClassScores",
    "FamilyName",
    "GammaScores",
    "Metric",
    "MetricName",
    "PoissonScores",
    "Scoring",
    "SeveralTargetScores",
    "SurvivalScores",
    "TwoClassScores",
    "explained",
    "is_zero",
    "loss",
    "relative_share",
    "score_predictions",
    "scoring_of",
]
