"""A file with a sparse matrix comes in; what a model of such matrices predicts of it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from runner.dataset.svmlight import Svmlight
from runner.errors import ConfigError, DataError
from runner.saved_model.prediction.predict_file import ROW
from runner.saved_model.prediction.predicted_columns import matrix_columns
from runner.saved_model.prediction.row_source import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.saved_model import SavedModel

COLUMNS = "columns.csv"


def read_matrix(model: SavedModel, path: Path, shown: str) -> tuple[sparse.csr_array, list[str]]:
    """The rows (n, p) of a file as the model takes them, and the columns that it does not know.

    Raises:
        ConfigError: the model's format is one that is not read here.
        DataError: the file cannot be read.
    """
    form = model.manifest.reading.format
    if form != "svmlight":
        raise ConfigError(
            f"rows of dataset={form} are not read here: give them to load_model(RUN).predict in "
            "Python, as a matrix whose columns are in the order of columns.csv"
        )
    known = _column_names(model)
    dataset = Svmlight(
        name="svmlight",
        path=str(path),
        zero_based=known[:1] == ["x0"],
        mask=None,
        transform=None,
        smearing=False,
    )
    try:
        parts = dataset.read()
    except DataError as error:
        said = str(error).removeprefix("dataset.path: ")
        raise DataError(said.replace(str(path), shown)) from error
    place = {name: at for at, name in enumerate(known)}
    kept = [at for at, name in enumerate(parts.names) if name in place]
    entries = parts.X[:, kept].tocoo()
    column = np.array([place[parts.names[at]] for at in kept], dtype=np.int64)[entries.coords[1]]
    shape = (parts.X.shape[0], len(known))
    matrix = sparse.csr_array(sparse.coo_array((entries.data, (entries.coords[0], column)), shape))
    used = set(np.unique(parts.X.indices).tolist())
    extra = [name for at, name in enumerate(parts.names) if name not in place and at in used]
    return matrix, extra


def matrix_tables(
    model: SavedModel, matrix: sparse.csr_array, times: Sequence[float]
) -> Iterator[pa.Table]:
    """A table of predictions per batch of rows, and one without rows if there is none."""
    rows = matrix.shape[0]
    for start in range(0, max(rows, 1), ROWS):
        part = matrix[start : start + ROWS]
        numbers = pa.array(np.arange(start, start + part.shape[0]))
        yield pa.table({ROW: numbers, **matrix_columns(model, part, times)})


def _column_names(model: SavedModel) -> list[str]:
    """Those that the model was fitted to, in order."""
    path = model.folder / COLUMNS
    try:
        names: list[str] = pd.read_csv(path, usecols=["feature"])["feature"].map(str).tolist()
    except (OSError, ValueError) as error:
        raise DataError(
            f"the columns of the model's matrix are in {path}, which cannot be read: {error}"
        ) from error
    if len(names) != model.manifest.matrix_width:
        raise DataError(
            f"{path} has {len(names):,} columns, and the model takes "
            f"{model.manifest.matrix_width:,}"
        )
    return names
