"""Persistence: how the fitted Pipeline is saved."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from runner.spec import Spec

if TYPE_CHECKING:
    from typing import BinaryIO

    from sklearn.pipeline import Pipeline

PROTOCOL = 5


class Persistence(Spec):
    """A format for model files."""

    suffix: ClassVar[str | None] = None
    name: str

    @property
    def keeps_folds(self) -> bool:
        """Whether the models of the folds are saved too."""
        return bool(getattr(self, "folds", False))

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Write a pipeline, or several, to an open file."""
        raise NotImplementedError


class Pickle(Persistence):
    """Python's pickle; loads with `pickle.load` where scikit-learn is installed."""

    suffix = ".pkl"
    name: Literal["pickle"]
    folds: bool

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Protocol 5."""
        pickle.dump(pipeline, file, protocol=PROTOCOL)


class Joblib(Persistence):
    """joblib's pickle, compressed; loads with `joblib.load`."""

    suffix = ".joblib"
    name: Literal["joblib"]
    folds: bool
    compress: Annotated[int, Field(ge=0, le=9)]

    def dump(self, pipeline: Pipeline | list[Pipeline], file: BinaryIO) -> None:
        """Protocol 5, zlib."""
        import joblib

        joblib.dump(pipeline, file, compress=self.compress, protocol=PROTOCOL)


class Nothing(Persistence):
    """The model is not saved."""

    name: Literal["none"]
