"""A model that was saved: rows of any origin come in, predictions go out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from runner.compiled.linear_model import LinearModel
from runner.errors import DataError, KnownAnswerError, ModelError
from runner.evaluation.predicting import predict_probabilities
from runner.evaluation.winner import predict_frame
from runner.saved_model.casting import cast_entries, cast_rows
from runner.saved_model.restricted import load_bytes

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from runner.records import Floats, Matrix
    from runner.saved_model.casting import Cast, Rows
    from runner.saved_model.manifest_file import Manifest

AGREES = 1e-9  # relative, of a prediction with the one that is stated: machines round differently


@dataclass(frozen=True)
class SavedModel:
    """A model and its manifest; see `load_model`, which checks both.

    Without the content of the model file it is the numbers in the manifest, `linear`.
    """

    folder: Path
    manifest: Manifest
    content: bytes | None = field(default=None, repr=False)
    trusted: tuple[str, ...] = ()
    identity: Path | str | None = None  # by which other files of the run are read, if encrypted

    @cached_property
    def pipeline(self) -> Any:  # noqa: ANN401 - a Pipeline or an average of them
        """The fitted scikit-learn Pipeline, or the average of several.

        Raises:
            UntrustedTypeError: the file names a type that models of this package do not have.
        """
        if self.content is None:
            raise ModelError(
                "only the numbers of this model were loaded",
                expected="the content of the model file",
                found="none",
                remedy="load it with linear=False",
            )
        return load_bytes(self.manifest.format, self.content, self.trusted)

    @cached_property
    def linear(self) -> LinearModel | None:
        """The model as plain numbers, where it has such a form."""
        form = self.manifest.linear
        return None if form is None else LinearModel(form)

    @property
    def classes(self) -> list[Any] | None:
        """The labels, in the order of `probabilities`; None of a model that predicts numbers."""
        return self.manifest.example.classes

    def cast(self, rows: Rows, *, absent: bool = False) -> Cast:
        """The rows as the model takes them, and what is unlike training; see `cast_rows`."""
        return cast_rows(rows, self.manifest, absent=absent)

    def predict(self, rows: Rows | Matrix) -> NDArray[Any]:
        """Predictions for rows: (n,) numbers or labels, (n, t) of several targets.

        Args:
            rows: a data frame, or mappings from column to value, with the columns of the manifest;
                None, NaN and pd.NA are gaps. Columns beyond those are left alone. Of a model that
                was fitted to a sparse matrix such a matrix, or mappings from position to value.

        Raises:
            DataError: a column is not there, or a value is not what its column holds.
        """
        return self.predict_cast(self._taken(rows))

    def probabilities(self, rows: Rows | Matrix) -> Floats:
        """The probabilities (n, classes) of a classifier for rows; see `predict`.

        Raises:
            ModelError: the model is no classifier.
        """
        return self.probabilities_cast(self._taken(rows))

    def predict_cast(self, frame: pd.DataFrame | sparse.csr_array) -> NDArray[Any]:
        """As `predict`, of rows that are cast already."""
        if self.content is None and self.linear is not None and isinstance(frame, pd.DataFrame):
            return self.linear.predict(_arrays(frame))
        return predict_frame(self.pipeline, frame)

    def probabilities_cast(self, frame: pd.DataFrame | sparse.csr_array) -> Floats:
        """As `probabilities`, of rows that are cast already."""
        if self.classes is None:
            raise ModelError(
                "the model predicts numbers, and has no probabilities",
                expected="a classifier",
                found="a model without classes",
                remedy="use predict",
            )
        if self.content is None and self.linear is not None and isinstance(frame, pd.DataFrame):
            return self.linear.probabilities(_arrays(frame))
        return predict_probabilities(self.pipeline, frame, self.classes)

    def checked(self) -> Self:
        """The same, if it predicts for its example what its manifest states.

        Raises:
            KnownAnswerError: it does not.
        """
        example = self.manifest.example
        try:
            found = self.predict(example.rows)
            chances = None if self.classes is None else self.probabilities(example.rows)
        except ModelError:
            raise
        except Exception as error:  # whatever a model leads to that is not the one that was saved
            raise self._unlike(f"{type(error).__name__}: {error}", example.predictions) from error
        self._compare(found, example.predictions)
        if chances is not None and example.probabilities is not None:
            self._compare(chances, example.probabilities)
        return self

    def _compare(self, found: NDArray[Any], stated: list[Any]) -> None:
        if not _agree(found, np.asarray(stated)):
            raise self._unlike(str(found.tolist()), stated)

    def _unlike(self, found: str, stated: list[Any]) -> KnownAnswerError:
        return KnownAnswerError(
            f"the model in {self.folder} gives {found} for its own example, and model.json states "
            f"{stated}",
            expected=str(stated),
            found=found,
            remedy="the model or its manifest was changed, or this machine computes otherwise: do "
            "not use it before you know which",
        )

    def _taken(self, rows: Rows | Matrix) -> pd.DataFrame | sparse.csr_array:
        width = self.manifest.matrix_width
        if width is not None:
            return cast_entries(rows, width)
        if sparse.issparse(rows) or isinstance(rows, np.ndarray):
            raise DataError("the model takes named columns: give a data frame, or mappings")
        return self.cast(rows).frame


def _arrays(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {str(name): frame[name].to_numpy() for name in frame}


def _agree(found: NDArray[Any], stated: NDArray[Any]) -> bool:
    """Whether labels are the same, and numbers so but for rounding."""
    if found.shape != stated.shape:
        return False
    if found.dtype.kind in "fiu" and stated.dtype.kind in "fiu":
        return bool(np.allclose(found, stated, rtol=AGREES, atol=AGREES, equal_nan=True))
    return bool(np.all(found.astype(object) == stated.astype(object)))
