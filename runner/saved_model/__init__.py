"""Saved models: a run's directory or a model file comes in, a model that was checked goes out."""

from runner.saved_model.loading import load_model
from runner.saved_model.saved_model import SavedModel

__all__ = ["SavedModel", "load_model"]
