"""Steps: what is made of columns beside their main effects; one kind is one file."""

from runner.features.steps.base import ColumnStep, FeatureStep, RowStep, Step

__all__ = ["ColumnStep", "FeatureStep", "RowStep", "Step"]
