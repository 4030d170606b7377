"""Every error that this package raises on purpose, as one tree."""


class RunnerError(Exception):
    """Base of all errors whose message is meant for the person at the keyboard."""


class ConfigError(RunnerError):
    """A config key is unknown, missing, of the wrong type or out of range."""


class DataError(RunnerError):
    """A data file, or what it holds, cannot be used as the config asks."""


class RunDirectoryError(RunnerError):
    """A run cannot be written where the config puts it."""


class InUseError(RunDirectoryError):
    """Another process is at work in a run's directory."""


class FitError(RunnerError):
    """A model could not be fitted to otherwise usable data."""
