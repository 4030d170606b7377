"""The manifest of a saved model: what it expects, what it was made with, and one known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.evaluation.winner import Refit, predict_frame
from runner.store.directory import sha256
from runner.store.environment import versions
from runner.store.run_record import SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def describe_model(
    form: str, path: Path, final: Refit, columns: list[dict[str, Any]], example: pd.DataFrame
) -> dict[str, Any]:
    """The content of model.json.

    Args:
        form: the format's name.
        path: the model file.
        final: the fitted model.
        columns: what it expects, a description per feature.
        example: features of the rows whose prediction is stated.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "format": form,
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "features": columns,
        "intercept": final.intercept,
        "versions": versions(),
        "example": {
            "rows": example.astype(object).to_dict(orient="records"),
            "predictions": predict_frame(final.pipeline, example),
        },
    }
