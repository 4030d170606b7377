"""The manifest of a saved model: what it expects, what it was made with, and one known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.environment import versions
from runner.evaluate import Refit, predict
from runner.store import sha256

if TYPE_CHECKING:
    from pathlib import Path

    from runner.records import Integers, Table


def describe_model(
    form: str, path: Path, final: Refit, table: Table, example: Integers
) -> dict[str, Any]:
    """The content of model.json.

    Args:
        form: the format's name.
        path: the model file.
        final: the fitted model.
        table: the rows that it was fitted to.
        example: positions of the rows whose prediction is stated.
    """
    rows = table.features.iloc[example].astype(object)
    return {
        "format": form,
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "features": [_describe_column(table, str(name)) for name in table.features],
        "intercept": final.intercept,
        "versions": versions(),
        "example": {
            "rows": rows.to_dict(orient="records"),
            "predictions": predict(final.pipeline, table, example),
        },
    }


def _describe_column(table: Table, name: str) -> dict[str, Any]:
    column = table.features[name]
    described: dict[str, Any] = {"name": name, "missing_share": float(column.isna().mean())}
    if name in table.categorical:
        return {**described, "kind": "categorical", "levels": sorted(column.dropna().unique())}
    return {**described, "kind": "numeric", "min": column.min(), "max": column.max()}
