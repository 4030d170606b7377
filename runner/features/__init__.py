"""Features: how columns become the numbers that a model sees."""

from runner.features.feature_set import Features

__all__ = ["Features"]
