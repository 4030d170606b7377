"""A saved model and a file of rows come in; tables of predictions, batch by batch, go out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from runner.errors import DataError
from runner.prediction.cast_batch import cast_batch
from runner.prediction.predicted_columns import predicted_columns
from runner.prediction.row_differences import Differences, refuse_absent, refuse_unlike
from runner.prediction.row_source import ROWS
from runner.saved_model.casting import CastError
from runner.stream.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runner.prediction.cast_batch import CastBatch
    from runner.prediction.row_source import RowSource
    from runner.saved_model import SavedModel

    # further columns of a batch, (n,) each, of the rows and of what was predicted
    Further = Callable[[CastBatch, dict[str, pa.Array]], dict[str, pa.Array]]

DEPTH = 2  # batches that are read before they are asked for
ROW = "row"


@dataclass
class FilePrediction:
    """The rows of a file, and what a model predicts of them.

    `differences` is complete once `tables` has given its last.

    Args:
        model: which predicts.
        source: the rows.
        shown: what the file is called.
        ids: columns that come first in the output; none: `row`, counted from 0.
        times: at which survival is wanted.
        strict: whether absent columns, unknown levels and numbers out of range are refused.
        further: makes more columns.
    """

    model: SavedModel
    source: RowSource
    shown: str
    ids: Sequence[str] = ()
    times: Sequence[float] = ()
    strict: bool = False
    further: Further | None = None
    differences: Differences = field(init=False)

    def __post_init__(self) -> None:
        self.differences = Differences.of(self.source.names, self.model.manifest, self.ids)
        if self.strict:
            refuse_absent(self.differences, self.shown)

    def tables(self) -> Iterator[pa.Table]:
        """A table per batch, and one without rows if there is none.

        Raises:
            DataError: a value is not what its column holds, or the rows are refused.
        """
        manifest, names = self.model.manifest, self.source.names
        known = [column.name for column in manifest.columns if column.name in names]
        columns = list(dict.fromkeys([*known, *self.ids])) or names[:1]
        batches: Iterator[pa.RecordBatch] = ahead(self.source.batches(columns, ROWS), DEPTH)
        if any(column.past for column in manifest.columns):
            batches = _whole(batches)
        empty = True
        for batch in batches:
            empty = False
            yield self._predict(batch)
        if empty:
            yield self._predict(_no_rows(columns))

    def _predict(self, batch: pa.RecordBatch) -> pa.Table:
        seen = self.differences
        try:
            cast = cast_batch(batch, self.model.manifest)
        except CastError as error:
            raise self._placed(error) from error
        if self.strict:
            refuse_unlike(cast, self.source, seen.rows)
        found = predicted_columns(self.model, cast, self.times)
        found |= {} if self.further is None else self.further(cast, found)
        first = self._identity(batch, seen.rows)
        twice = [name for name in first if name in found]
        if twice:
            raise DataError(f"--id {twice[0]} has the name of a column of predictions: rename it")
        if self.model.manifest.rows is not None:
            seen.skipped += next(iter(found.values())).null_count
        seen.add(cast, len(batch))
        return pa.table(first | found)

    def _identity(self, batch: pa.RecordBatch, before: int) -> dict[str, pa.Array]:
        if not self.ids:
            return {ROW: pa.array(np.arange(before, before + len(batch)))}
        return {name: _decoded(batch.column(name)) for name in self.ids}

    def _placed(self, error: CastError) -> DataError:
        place = self.source.place(self.differences.rows + error.row)
        return DataError(
            f"{place}, column {error.column!r}: {error.value!r} is not {error.wanted}{error.more}"
        )


def _whole(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """All rows as one batch: those of one that is predicted from the past of others."""
    found = list(batches)
    if found:
        table = pa.Table.from_batches(found).unify_dictionaries().combine_chunks()
        yield from table.to_batches()


def _no_rows(columns: Sequence[str]) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array([], pa.string()) for name in columns})


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
