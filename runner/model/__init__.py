"""Models: the penalised linear family."""

from runner.model.least_squares import Model

__all__ = ["Model"]
