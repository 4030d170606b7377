"""Features: how columns become the numbers that a model sees."""

from runner.features.main_effects import KINDS, MainEffects

__all__ = ["KINDS", "MainEffects"]
