"""A dataset in files comes in and is read once; sums over the rows of every block go out."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from runner.dataset import roles as column_roles
from runner.errors import DataError
from runner.stream.ahead import ahead
from runner.stream.block_sums import ONE, TARGET, BlockSums
from runner.stream.column_kind import Kinds
from runner.stream.row_reader import RowReader, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from runner.dataset.files import File
    from runner.records import Floats, Provenance
    from runner.split.hashed import HashedSplit
    from runner.stream.column_entries import Column, NumericColumn
    from runner.stream.file_batches import Source

BATCH_ROWS = 65_536
AHEAD = 2  # batches decoded before they are needed
SAMPLE_ROWS = 2048  # rows kept of each sampled batch


@dataclass(frozen=True, eq=False)
class Sampled:
    """Some rows of one batch, kept as they were read."""

    rows: pa.RecordBatch
    block: NDArray[np.uint16]  # (n,)


@dataclass(frozen=True, eq=False)
class Stream:
    """All that is kept of the rows."""

    roles: File
    split: HashedSplit
    columns: dict[str, Column]  # the features in their order
    target: NumericColumn
    sums: BlockSums  # the last block is the sampled rows'
    sample: list[Sampled]
    dropped: dict[str, int]
    rows_with_missing: int
    data_hash: str
    provenance: Provenance


def _nothing(_: int) -> None:
    """Progress that nobody looks at."""


class Passage:
    """Reads a dataset once.

    Args:
        dataset: the files and the columns' roles.
        source: the files' rows.
        split: which block a row is in.
        seed: of the run.
        batch_rows: rows read at a time.
    """

    def __init__(
        self,
        dataset: File,
        source: Source,
        split: HashedSplit,
        *,
        seed: int,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        names = source.names()
        column_roles.check_roles(names, dataset)
        self._source, self._batch_rows = source, batch_rows
        self._features = column_roles.feature_names(names, dataset)
        self._reader = RowReader(dataset, split, seed)
        self._sums = BlockSums(split.n_blocks + 1, weighted=dataset.weight is not None)
        self._kinds = Kinds(dataset, source.gappy(), split.n_blocks, self._sums.new_entry)
        self._columns: dict[str, Column] = {}
        self._target = self._kinds.numeric(dataset.target_name, TARGET, None)
        self._sample: list[Sampled] = []
        self._batches = self._rows_with_missing = 0

    def run(self, progress: Callable[[int], None] = _nothing) -> Stream:
        """Read all rows.

        Args:
            progress: called with the number of rows just read.

        Raises:
            DataError: the data cannot be used as the config asks.
        """
        reader = self._reader
        columns = list(dict.fromkeys([*self._features, *reader.columns]))
        batches = self._source.batches(columns, self._batch_rows)
        with (
            # the decoder has one core, this the other: BLAS threads would wait for both
            threadpool_limits(1, user_api="blas"),
            np.errstate(over="ignore", invalid="ignore"),  # what is too large is told at the end
            closing(ahead(batches, AHEAD)) as decoded,
        ):
            for batch in decoded:
                self._add(batch)
                progress(batch.num_rows)
        if not reader.read:
            raise DataError(f"{reader.roles.path} has column names, but no rows")
        if not reader.counted:
            raise column_roles.target_missing(reader.roles.target_name)
        return Stream(
            roles=reader.roles,
            split=reader.split,
            columns=self._columns,
            target=self._target,
            sums=self._sums,
            sample=self._sample,
            dropped={reason: count for reason, count in reader.dropped.items() if count},
            rows_with_missing=self._rows_with_missing,
            data_hash=self._hash(),
            provenance=self._source.provenance(),
        )

    def _add(self, batch: pa.RecordBatch) -> None:
        arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
        rows = self._reader.rows(arrays)
        if not len(rows.order):
            return
        new_entry = self._sums.new_entry
        self._target.take(self._reader.target(arrays), rows, new_entry)
        for name in self._features:
            column = self._kinds.column(name, arrays[name], self._columns.get(name))
            column.take(arrays[name], rows, new_entry)
            self._columns[name] = column
        A = self._sums.rows(len(rows.order))
        A[ONE] = 1.0
        for column in (self._target, *self._columns.values()):
            column.write(A, rows)
        self._count_missing(rows)
        self._keep_sample(A, rows, batch)
        for block in rows.occupied.tolist():
            part, weight = rows.part(block)
            self._sums.add(block, A[:, part], weight)

    def _count_missing(self, rows: Rows) -> None:
        complete = np.ones(len(rows.block), dtype=np.uint8)
        for valid in (column.valid for column in self._columns.values()):
            if valid is not None:
                complete &= valid
        self._rows_with_missing += int(np.count_nonzero(complete[rows.order] == 0))

    def _keep_sample(self, A: Floats, rows: Rows, batch: pa.RecordBatch) -> None:
        """Keep the first rows of batches 0, 1, 2, 4, 8 ..., and their sums."""
        number, self._batches = self._batches, self._batches + 1
        if number & (number - 1):
            return
        picked = np.flatnonzero(rows.order < SAMPLE_ROWS)
        at = rows.order[picked]
        # take copies: a slice would hold on to the whole batch
        self._sample.append(Sampled(batch.take(pa.array(at)), rows.block[at]))
        weight = None if rows.weight is None else rows.weight[picked]
        self._sums.add(self._sums.n_blocks - 1, A[:, picked], weight)

    def _hash(self) -> str:
        """Of what the files say of themselves, and of exact sums over each column's values."""
        reader, totals = self._reader, self._sums.totals()
        said: list[Any] = [*self._source.describe(), reader.read, reader.dropped, reader.checksum]
        said += totals[:, ONE].tolist()
        for name, column in {"": self._target, **self._columns}.items():
            said += [name, *column.told(totals)]
        return hashlib.sha256(repr(said).encode()).hexdigest()
