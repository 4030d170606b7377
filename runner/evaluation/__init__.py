"""The winner: refitted, predicted out of fold, tested once, and what its score is worth."""

from runner.evaluation.specs import Evaluation

__all__ = ["Evaluation"]
