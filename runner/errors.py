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


class StudyError(RunnerError):
    """A shared study cannot be reached, is of another search, or was left unfinished."""


class FitError(RunnerError):
    """A model could not be fitted to otherwise usable data."""


class ModelError(RunnerError):
    """A saved model cannot be trusted, or not be used here.

    Args:
        message: what is wrong, for a person.
        expected: what there should be.
        found: what there is.
        remedy: what can be done.
    """

    def __init__(self, message: str, *, expected: str, found: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.expected = expected
        self.found = found
        self.remedy = remedy


class UnknownModelError(ModelError):
    """A registry has no such model, or no such version of it."""


class ManifestError(ModelError):
    """The manifest of a model is missing, is none, or is of a later version."""


class ChangedFileError(ModelError):
    """A file is not the one that was written: it is missing, or its hash is another."""


class SignatureError(ModelError):
    """A signature is missing, is not one of the signer asked for, or is of other content."""


class VersionMismatchError(ModelError):
    """A model was saved with other versions of the packages that load it."""


class UntrustedTypeError(ModelError):
    """A model file asks for a type that no model of this package has."""


class KnownAnswerError(ModelError):
    """A model does not predict for its example what its manifest states."""


class DecryptionError(ModelError):
    """An encrypted file cannot be read: the key is another one, or the file was changed."""


class ClusterLostError(RunnerError):
    """The scheduler that has runs made cannot be reached any more."""
