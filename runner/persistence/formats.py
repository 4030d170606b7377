"""Persistence: how the fitted Pipeline is saved."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from runner.spec import Spec
from runner.store.encryption import Encryption

if TYPE_CHECKING:
    from typing import BinaryIO

    from sklearn.pipeline import Pipeline

PROTOCOL = 5


class Persistence(Spec):
    """A format for model files, and how a run's files are kept from other eyes and hands.

    `sign_with` is the file of the key that signs the record. `encrypt_to` names for whom the model
    and its manifest are encrypted, with `encrypt_tables` the tables too. With `private` neither the
    model nor its manifest has a training row.
    """

    suffix: ClassVar[str | None] = None
    name: str
    sign_with: str | None
    encrypt_to: list[str]
    encrypt_tables: bool
    private: bool

    @property
    def encryption(self) -> Encryption | None:
        """For whom, and what; None of a run that stays readable."""
        if not self.encrypt_to:
            return None
        return Encryption(tuple(self.encrypt_to), tables=self.encrypt_tables)

    def dump(self, pipeline: Pipeline, file: BinaryIO) -> None:
        """Write the pipeline to an open file."""
        raise NotImplementedError


class Pickle(Persistence):
    """Python's pickle; loads with `pickle.load` where scikit-learn is installed."""

    suffix = ".pkl"
    name: Literal["pickle"]

    def dump(self, pipeline: Pipeline, file: BinaryIO) -> None:
        """Protocol 5."""
        pickle.dump(pipeline, file, protocol=PROTOCOL)


class Joblib(Persistence):
    """joblib's pickle, compressed; loads with `joblib.load`."""

    suffix = ".joblib"
    name: Literal["joblib"]
    compress: Annotated[int, Field(ge=0, le=9)]

    def dump(self, pipeline: Pipeline, file: BinaryIO) -> None:
        """Protocol 5, zlib."""
        import joblib

        joblib.dump(pipeline, file, compress=self.compress, protocol=PROTOCOL)


class Nothing(Persistence):
    """The model is not saved."""

    name: Literal["none"]
