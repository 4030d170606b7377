"""What goes wrong when a model is to be plain numbers."""

from runner.errors import RunnerError


class NotLinearError(RunnerError):
    """A part of a model is no linear map of columns whose gaps are filled with constants."""


class ExportError(RunnerError):
    """A compiled model cannot be written in the language that was asked for."""
