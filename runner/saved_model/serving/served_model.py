"""Rows of a request come in; what the model predicts for each goes out, as JSON has it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.errors import DataError
from runner.saved_model.casting import cast_column, cast_entries
from runner.saved_model.serving.refusals import RefusedError
from runner.store.directory import read_json
from runner.store.own_files import RECORD, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from runner.compiled.linear_model import LinearModel
    from runner.records import Floats
    from runner.saved_model import SavedModel
    from runner.saved_model.manifest_file import Column

    Row = dict[str, Any]

UNPROCESSABLE = 422
LONGEST = 300  # letters of a message
TARGETS = 2  # dimensions of the predictions of several targets


@dataclass(frozen=True)
class ServedModel:
    """A model that was loaded and checked; see `load_model`."""

    model: SavedModel

    @cached_property
    def linear(self) -> LinearModel | None:
        """The compiled form, if it is what answers."""
        return self.model.linear if self.model.content is None else None

    @cached_property
    def labels(self) -> list[str] | None:
        """The classes as keys of JSON."""
        classes = self.model.classes
        return None if classes is None else [as_key(label) for label in classes]

    @cached_property
    def survival(self) -> bool:
        """Whether a prediction is a risk."""
        if self.linear is not None:
            return bool(self.linear.form["link"] == "hazard")
        return hasattr(self.model.pipeline, "predict_survival")

    @cached_property
    def targets(self) -> list[str]:
        """The names of several targets, or their numbers where nothing tells them."""
        count = np.asarray(self.model.manifest.example.predictions).shape[-1]
        form = self.model.manifest.linear
        if form is not None and len(form["responses"]) == count:
            return list(form["responses"])
        said = str((self.record.get("target") or {}).get("name", "")).split(", ")
        return said if len(said) == count else [str(at) for at in range(1, count + 1)]

    @cached_property
    def name(self) -> str:
        """The run's folder; in a registry the model and its version."""
        folder = self.model.folder.resolve()
        registered = (folder.parents[1] / REGISTRY).is_file()
        return f"{folder.parent.name}@{folder.name}" if registered else folder.name

    @cached_property
    def record(self) -> dict[str, Any]:
        """run.json beside the model; empty where there is none."""
        return read_json(self.model.folder / RECORD)

    def predict(self, rows: Sequence[Row]) -> list[Row]:
        """For each row its `prediction`; of classifiers `probabilities`, of survival `risk`.

        Raises:
            RefusedError: for one of the rows the model has no finite prediction.
        """
        if not rows:
            return []
        if self.linear is not None:
            return self._told(*self._linearly(self.linear, rows))
        taken = self.taken(rows)
        with refusing():
            predictions = self.model.predict_cast(taken)
            chances = None if self.labels is None else self.model.probabilities_cast(taken)
        return self._told(predictions, chances)

    def taken(self, rows: Sequence[Row]) -> pd.DataFrame | sparse.csr_array:
        """Rows as the Pipeline takes them; what is absent is missing.

        Raises:
            RefusedError: a value is not what its column holds.
        """
        width = self.model.manifest.matrix_width
        with refusing():
            if width is not None:
                return cast_entries(rows, width)
            # their types are known, and nobody asks how they differ from training: `cast` takes
            # twice as long
            columns = self.model.manifest.columns
            return pd.DataFrame({column.name: _values_of(rows, column) for column in columns})

    def _linearly(
        self, linear: LinearModel, rows: Sequence[Row]
    ) -> tuple[NDArray[Any], Floats | None]:
        """Predictions and probabilities by the compiled form."""
        with np.errstate(over="ignore", invalid="ignore"):
            eta = linear.link_scale_of_rows(rows)
            check_finite(eta)
            return linear.predicted(eta), None if self.labels is None else linear.chances(eta)

    def _told(self, predictions: NDArray[Any], chances: Floats | None) -> list[Row]:
        """Predictions (n,) or (n, t), and probabilities (n, c), an object for each row."""
        check_finite(predictions if chances is None else chances)
        values: list[Any] = predictions.tolist()
        if predictions.ndim == TARGETS:
            values = [dict(zip(self.targets, row, strict=True)) for row in values]
        if chances is not None:
            labels = self.labels or []
            return [
                {"prediction": value, "probabilities": dict(zip(labels, row, strict=True))}
                for value, row in zip(values, chances.tolist(), strict=True)
            ]
        if self.survival:
            return [{"prediction": value, "risk": value} for value in values]
        return [{"prediction": value} for value in values]


@contextmanager
def refusing() -> Iterator[None]:
    """Within it, what a model says of rows that it cannot use is said to who asked."""
    try:
        yield
    except (DataError, ValueError, TypeError, OverflowError) as error:
        first = str(error).strip().partition("\n")[0][:LONGEST]
        said = f"the model cannot use these rows: {first}"
        raise RefusedError(UNPROCESSABLE, said) from error


def _values_of(rows: Sequence[Row], column: Column) -> Any:  # noqa: ANN401 - any array
    """The values of a column (n,) as the model takes them."""
    values = [row.get(column.name) for row in rows]
    if column.kind == "numeric":
        return np.array(values, dtype=np.float64)
    return cast_column(pd.Series(values, dtype=object), column)


def check_finite(values: NDArray[Any]) -> None:
    """Refuse rows (n, ...) for which a number is none, or infinite.

    Raises:
        RefusedError: there is one.
    """
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    raise RefusedError(
        UNPROCESSABLE,
        f"row {int(np.flatnonzero(bad)[0]) + 1} has no finite prediction: it has a gap that the "
        "model does not fill, or a number far out of its range",
    )


def as_key(label: Any) -> str:  # noqa: ANN401 - a label of any kind
    """A label as a key of JSON."""
    return label if isinstance(label, str) else json.dumps(label)
