"""Persistence: how the fitted Pipeline is saved, and what is said of it beside."""

from runner.persistence.formats import KINDS, Persistence

__all__ = ["KINDS", "Persistence"]
