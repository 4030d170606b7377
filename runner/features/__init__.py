"""Features: how columns become the numbers that a model sees."""

from runner.features.main_effects import MainEffects

__all__ = ["MainEffects"]
