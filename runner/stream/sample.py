"""The rows of a stream that were kept, as a data frame that the fitted Pipeline takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from runner.dataset import roles as column_roles
from runner.stream.column_entries import CategoryColumn

if TYPE_CHECKING:
    from runner.records import Booleans, Floats
    from runner.stream.passage import Stream


class Sample:
    """Sampled rows.

    The values are made by a way of their own, cell by cell, so that the moments are checked
    together with how their columns were read.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._rows = pa.Table.from_batches([part.rows for part in stream.sample])

    def frame(self) -> pd.DataFrame:
        """The features, (n, columns)."""
        columns = self._stream.columns.values()
        return pd.DataFrame(
            {
                c.name: pd.Series(
                    self._values(c.name, text=isinstance(c, CategoryColumn) and not c.of_numbers),
                    dtype=object if isinstance(c, CategoryColumn) and not c.of_numbers else float,
                )
                for c in columns
            }
        )

    def target(self) -> Floats:
        """The target, (n,)."""
        return np.array(self._values(self._stream.roles.target_name, text=False), dtype=np.float64)

    def weight(self) -> Floats:
        """The weights, (n,); 1 where there are none."""
        name = self._stream.roles.weight
        if name is None:
            return np.ones(len(self._rows))
        return np.array(self._values(name, text=False), dtype=np.float64)

    def training(self) -> Booleans:
        """Whether each row is a training row, (n,)."""
        block = np.concatenate([part.block for part in self._stream.sample])
        training: Booleans = block < self._stream.split.n_fold_blocks
        return training

    def _values(self, name: str, *, text: bool) -> list[Any]:
        cells = self._rows.column(name).to_pylist()
        lost = column_roles.sentinels(self._stream.roles.missing_in(name))
        kept = [np.nan if cell is None or cell in lost else cell for cell in cells]
        return kept if text else _floats(kept, lost)


def _floats(cells: list[Any], lost: list[Any]) -> list[float]:
    """Cells as numbers; a text may be a sentinel once it is read as one."""
    numbers = [float(cell) for cell in cells]
    return [np.nan if number in lost else number for number in numbers]
