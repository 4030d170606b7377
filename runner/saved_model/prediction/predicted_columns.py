"""Rows that were cast come in; the columns of an output that a model's predictions make go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from runner.errors import ConfigError, DataError
from runner.evaluation.predicting import predict_survival
from runner.family.shown import time_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from runner.records import Booleans
    from runner.saved_model import SavedModel
    from runner.saved_model.prediction.cast_batch import CastBatch


def survives(model: SavedModel) -> bool:
    """Whether a model is one of survival."""
    form = model.manifest.linear
    return model.manifest.family == "cox" or (form is not None and form["link"] == "hazard")


def check_times(model: SavedModel, times: Sequence[float]) -> None:
    """Raise ConfigError if survival is asked of a model that knows none, or at no time."""
    if times and not survives(model):
        raise ConfigError("--times is for models of family=cox, which predict survival")
    if any(not time > 0 for time in times):
        raise ConfigError(f"--times must be positive numbers such as 1,5, not {times}")


def predicted_columns(
    model: SavedModel, cast: CastBatch, times: Sequence[float]
) -> dict[str, pa.Array]:
    """`prediction` and what belongs to it, (n,) each; null where the imputer's rule skips a row.

    Raises:
        DataError: the rule refuses a row.
    """
    linear = model.linear if model.content is None else None
    if linear is not None:
        eta = linear.link_scale(cast.columns)
        chances = None if model.classes is None else linear.chances(eta)
        columns = _named(model, linear.predicted(eta), chances)
        frame = cast.frame() if model.manifest.rows is not None else None
    else:
        frame = cast.frame()
        columns = _of_pipeline(model, frame, times)
    kept = None if frame is None else _kept(model, frame)
    return {name: _arrow(values, kept) for name, values in columns.items()}


def matrix_columns(
    model: SavedModel, matrix: sparse.csr_array, times: Sequence[float]
) -> dict[str, pa.Array]:
    """As `predicted_columns`, of rows of a sparse matrix, for which the imputer has no rule."""
    columns = _of_pipeline(model, matrix, times)
    return {name: _arrow(values, None) for name, values in columns.items()}


def _of_pipeline(
    model: SavedModel, frame: pd.DataFrame | sparse.csr_array, times: Sequence[float]
) -> dict[str, NDArray[Any]]:
    if times and survives(model):
        found = predict_survival(model.pipeline, frame, times)
        names = ["prediction", *(f"survival_{time_name(time)}" for time in times)]
        return dict(zip(names, found.T, strict=True))
    chances = None if model.classes is None else model.probabilities_cast(frame)
    return _named(model, model.predict_cast(frame), chances)


def _named(
    model: SavedModel, predictions: NDArray[Any], chances: NDArray[Any] | None
) -> dict[str, NDArray[Any]]:
    if predictions.ndim > 1:
        targets = model.manifest.targets or range(1, predictions.shape[1] + 1)
        return {f"prediction_{t}": p for t, p in zip(targets, predictions.T, strict=True)}
    columns = {"prediction": predictions}
    if chances is not None:
        named = zip(model.classes or (), chances.T, strict=True)
        columns |= {f"probability_{label}": chance for label, chance in named}
    return columns


def _arrow(values: NDArray[Any], kept: Booleans | None) -> pa.Array:
    """Nulls where there is no number, or no label."""
    mask = None if kept is None else ~kept
    if values.dtype.kind == "f":
        gaps = np.isnan(values)
        mask = gaps if mask is None else mask | gaps
        return pa.array(np.ascontiguousarray(values), mask=mask if mask.any() else None)
    return pa.array(values, mask=mask)


def _kept(model: SavedModel, frame: pd.DataFrame) -> Booleans | None:
    """Which rows (n,) get a prediction, by the imputer's rule; None: all do.

    Raises:
        DataError: one of them is to be refused.
    """
    rule, roles = model.manifest.rows, {"time", "group"}
    if rule is None or rule.drop is None or rule.predict == "impute":
        return None
    others = [c.name for c in model.manifest.columns if c.kind in roles]
    if model.content is not None:
        pipeline = getattr(model.pipeline, "estimators_", [model.pipeline])[0]
        made = getattr(pipeline, "named_steps", {}).get("made")
        if made is not None:  # of which the rule was applied to what it makes
            frame = made.transform(frame)
    share = frame.drop(columns=others, errors="ignore").isna().to_numpy().mean(axis=1)
    kept: Booleans = share <= rule.drop
    if rule.predict == "refuse" and not kept.all():
        raise DataError(
            f"{int((~kept).sum()):,} rows miss more than {rule.drop:.0%} of their features, and "
            "the model was made with imputer.rows.predict=refuse: take them out, or make it with "
            "impute or skip"
        )
    return kept
