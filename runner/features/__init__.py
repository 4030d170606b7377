"""Features: how columns become the numbers that a model sees."""

from runner.features.section import Features

__all__ = ["Features"]
