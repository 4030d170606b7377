"""Persistence: how the fitted Pipeline is saved, and what is said of it beside."""

from runner.persistence.formats import Persistence

__all__ = ["Persistence"]
