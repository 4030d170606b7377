"""The moments of a stream come in; a row that stands for its training rows goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from runner.stream.layout import StreamBlocks


def typical_of_blocks(blocks: StreamBlocks) -> pd.DataFrame:
    """The mean of each number and the commonest level of each category, (1, columns)."""
    layout = blocks.sample.layout
    total = np.sum([part.total for part in blocks.folds], axis=0)
    rows = total[0]
    summed = total[layout.features]
    present = np.full(len(blocks.numeric), rows)
    present[layout.gappy] -= total[layout.missing]
    numeric = summed[: len(blocks.numeric)] / np.maximum(present, 1)
    means = layout.shift[: len(blocks.numeric)] + numeric
    ones = summed + layout.shift * rows
    cells: dict[str, Any] = dict(zip(blocks.numeric, means, strict=True))
    named = zip(blocks.categorical, blocks.category_levels, blocks.levels.columns, strict=True)
    for name, levels, columns in named:
        cells[name] = levels[int(np.argmax(ones[columns]))]
    return pd.DataFrame({name: [cell] for name, cell in cells.items()})
