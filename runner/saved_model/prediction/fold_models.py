"""The models of a run's folds, as it has kept them, come in; their predictions go out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.linear_model import LinearModel
from runner.errors import ManifestError
from runner.evaluation.winner import predict_frame
from runner.saved_model.load_checked import read_content
from runner.saved_model.restricted import load_bytes

if TYPE_CHECKING:
    from runner.records import Floats
    from runner.saved_model import SavedModel
    from runner.saved_model.prediction.cast_batch import CastBatch


@dataclass(frozen=True)
class FoldModels:
    """A model for each fold, fitted without its rows."""

    numbers: list[int]
    models: list[Any]  # LinearModels, or Pipelines

    def predict(self, cast: CastBatch) -> Floats:
        """Predictions (n, K) by the model of each fold."""
        if isinstance(self.models[0], LinearModel):
            return np.column_stack([model.predict(cast.columns) for model in self.models])
        frame = cast.frame()
        return np.column_stack([predict_frame(model, frame) for model in self.models])


def load_folds(model: SavedModel) -> FoldModels:
    """The models of a run's folds, of the file whose hash its manifest states.

    Raises:
        ChangedFileError: the file is missing, or another than was saved.
        UntrustedTypeError: it names a type that models of this package do not have.
    """
    kept = model.manifest.folds
    assert kept is not None  # noqa: S101 - its callers ask
    content = read_content(model.folder / kept.file, kept, model.identity)
    if kept.format == "linear":
        found = [LinearModel(form) for form in json.loads(content)["folds"]]
    else:
        found = load_bytes(kept.format, content, model.trusted)
    if len(found) != len(kept.numbers):
        raise ManifestError(
            f"{kept.file} has {len(found)} models, and model.json says {len(kept.numbers)}",
            expected=str(len(kept.numbers)),
            found=str(len(found)),
            remedy="take both files from the run again",
        )
    return FoldModels(kept.numbers, list(found))
