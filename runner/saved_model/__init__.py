"""Saved models: a run's directory or a model file comes in, a model that was checked goes out."""

from runner.saved_model.load_checked import load_model
from runner.saved_model.loaded_model import SavedModel

__all__ = ["SavedModel", "load_model"]
