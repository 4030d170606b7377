"""The winner: refitted, predicted out of fold, tested once, and what its score is worth."""

from runner.evaluation.section import Evaluation

__all__ = ["Evaluation"]
