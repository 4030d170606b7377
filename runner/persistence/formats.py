"""Persistence: how the fitted Pipeline is saved."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from zipfile import ZIP_DEFLATED

from pydantic import Field

from runner.errors import ConfigError
from runner.spec import Spec
from runner.store.encryption import Encryption

if TYPE_CHECKING:
    from typing import BinaryIO

    from sklearn.pipeline import Pipeline

    from runner.imputer import Imputer

PROTOCOL = 5


class Persistence(Spec):
    """A format for model files, and how a run's files are kept from other eyes and hands.

    `sign_with` is the file of the key that signs the record. `encrypt_to` names for whom the model
    and its manifest are encrypted, with `encrypt_tables` the tables too. With `private` neither the
    model nor its manifest has a training row. With `folds` the models of the folds are saved too.
    """

    suffix: ClassVar[str | None] = None
    name: str
    sign_with: str | None
    encrypt_to: list[str]
    encrypt_tables: bool
    private: bool
    folds: bool

    @property
    def encryption(self) -> Encryption | None:
        """For whom, and what; None of a run that stays readable."""
        if not self.encrypt_to:
            return None
        return Encryption(tuple(self.encrypt_to), tables=self.encrypt_tables)

    @property
    def packages(self) -> tuple[str, ...]:
        """That of age, if anything is encrypted."""
        return ("pyrage",) if self.encrypt_to else ()

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Write a pipeline, or several, to an open file."""
        raise NotImplementedError

    def check_holds(self, imputer: Imputer) -> None:
        """Say before the search what of a model the format cannot hold.

        Raises:
            ConfigError: the imputer is of such a kind, or a package is not installed.
        """
        del imputer


class Pickle(Persistence):
    """Python's pickle; loads with `pickle.load` where scikit-learn is installed."""

    suffix = ".pkl"
    name: Literal["pickle"]

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Protocol 5."""
        pickle.dump(pipeline, file, protocol=PROTOCOL)


class Joblib(Persistence):
    """joblib's pickle, compressed; loads with `joblib.load`."""

    suffix = ".joblib"
    name: Literal["joblib"]
    compress: Annotated[int, Field(ge=0, le=9)]

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Protocol 5, zlib."""
        import joblib

        joblib.dump(pipeline, file, compress=self.compress, protocol=PROTOCOL)


class Skops(Persistence):
    """skops' archive, which names every type in it; loads with `runner.load_model`."""

    suffix = ".skops"
    name: Literal["skops"]

    @property
    def packages(self) -> tuple[str, ...]:
        """Its own too."""
        return (*super().packages, "skops")

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Deflated; functions of this package stand for the methods of pandas."""
        from skops import io

        from runner.persistence.plain_functions import with_plain_functions

        file.write(io.dumps(with_plain_functions(pipeline), compression=ZIP_DEFLATED))

    def check_holds(self, imputer: Imputer) -> None:
        """The curves of interpolation are compiled code, of which it knows no parts."""
        if find_spec("skops") is None:
            raise ConfigError(
                "persistence=skops needs a package that is not installed: pip install "
                '"enet-runner[skops]", or choose persistence=pickle'
            )
        if imputer.name == "interpolate":
            raise ConfigError(
                "persistence=skops cannot hold what imputer=interpolate learns: choose "
                "persistence=pickle"
            )


class Nothing(Persistence):
    """The model is not saved."""

    name: Literal["none"]
