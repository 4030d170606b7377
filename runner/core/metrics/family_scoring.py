"""The scoring of each family's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.core.metrics.amounts import GammaScores, PoissonScores
from runner.core.metrics.classes import ClassScores
from runner.core.metrics.several_targets import SeveralTargetScores
from runner.core.metrics.survival_scores import SurvivalScores
from runner.core.metrics.two_classes import TwoClassScores
from runner.records import Observed

if TYPE_CHECKING:
    from runner.core.metrics.metric_table import FamilyName
    from runner.core.metrics.scoring import Scoring


def scoring_of(family: FamilyName, validation: Observed, training: Observed) -> Scoring:
    """What scores validation rows of a family's models that were fitted to training rows.

    Of gaussian a target (n,) is one of several.
    """
    match family:
        case "binomial":
            return TwoClassScores(validation)
        case "multinomial":
            return ClassScores(validation)
        case "poisson":
            return PoissonScores(validation)
        case "gamma":
            return GammaScores(validation)
        case "cox":
            return SurvivalScores(validation, training)
        case "gaussian" | "multi_gaussian":
            columns = validation.y.reshape(len(validation.y), -1)
            return SeveralTargetScores(Observed(columns, validation.weight))
