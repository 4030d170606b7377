"""Very many columns of numbers come in; both sides of a fold go out, filled and scaled in place.

scikit-learn's own steps take several copies of all rows, which here are most of what there is. They
are fitted to some columns at a time instead, and so learn the same numbers. A fill that looks at
all columns at once is given all.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from runner.core.folds.preparation import Preparation
    from runner.records import Floats, Integers, Table

WIDE = 2000  # columns, above which rows are prepared so
BLOCK = 2000  # columns at a time
LEARNT = {"statistics_", "mean_", "var_", "scale_"}  # a number for each column


@dataclass
class WideRows:
    """The two sides of a fold, and what has filled and scaled them, a step per block of columns."""

    X: Floats  # (n, p), its columns contiguous
    X_validation: Floats  # (m, p)
    fillers: list[Any] = field(default_factory=list)
    scalers: list[Any] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        table: Table,
        training: Integers,
        validation: Integers,
        preparation: Preparation,
        *,
        scaled: bool,
    ) -> WideRows:
        """Fit to the training rows, and apply to both sides."""
        rows = cls(rows_of(table, training), rows_of(table, validation))
        if preparation.imputer.by_column:
            for block in rows.blocks():
                rows.fit(rows.fillers, preparation.imputer.filler(preparation.seed), block)
        else:
            rows.fill_whole(preparation.imputer.filler(preparation.seed))
        weight = None if table.weight is None else table.weight[training]
        for block in rows.blocks():
            for _, scaler in preparation.scaler_steps() if scaled else []:
                rows.fit(rows.scalers, scaler, block, sample_weight=weight)
        return rows

    @property
    def scale(self) -> Floats | None:
        """What the columns were divided by, (p,), if they were scaled."""
        if not self.scalers:
            return None
        return np.concatenate([scaler.scale_ for scaler in self.scalers])

    def pipeline(self, preparation: Preparation, frame: pd.DataFrame) -> Pipeline:
        """The fitted steps as those of a Pipeline that takes columns by name, as `frame` has."""
        columns, *scaling = preparation.transformer().steps
        filler = joined(self.fillers, preparation.numeric)
        columns = (columns[0], _named(columns[1], filler, frame))
        scaler = [(name, joined(self.scalers, None)) for name, _ in scaling]
        return Pipeline([columns, *scaler])

    def blocks(self) -> Iterator[slice]:
        """Some columns after the other."""
        return blocks_of(self.X.shape[1])

    def fit(self, into: list[Any], step: Any, block: slice, **parameters: Any) -> None:  # noqa: ANN401
        """Fit a step to some columns of the training side, and put what it makes in their place."""
        self.X[:, block] = step.fit_transform(self.X[:, block], **parameters)
        if len(self.X_validation):
            self.X_validation[:, block] = step.transform(self.X_validation[:, block])
        into.append(step)

    def fill_whole(self, filler: Any) -> None:  # noqa: ANN401 - of scikit-learn or of an imputer
        """The same for all columns at once."""
        self.X = filler.fit_transform(self.X)
        if len(self.X_validation):
            self.X_validation = filler.transform(self.X_validation)
        self.fillers.append(filler)


def suits(table: Table, preparation: Preparation) -> bool:
    """Whether there are very many columns, and all that happens is that numbers are filled."""
    imputer, features = preparation.imputer, table.features
    plain = not (table.categorical or table.text or preparation.features.learns)
    filled = imputer.indicator is False and imputer.columns.drop is None and imputer.draws == 1
    return (
        features.shape[1] > WIDE
        and plain
        and filled
        and imputer.fills_blocks
        and bool((features.dtypes == np.float64).all())
    )


def rows_of(table: Table, rows: Integers) -> Floats:
    """A copy of some rows' numbers, (n, p), columns contiguous, NaN where missing."""
    taken: Floats = table.features.to_numpy().T.take(rows, axis=1).T
    return taken


def blocks_of(count: int) -> Iterator[slice]:
    """Some of so many columns after the other."""
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def joined(steps: Sequence[Any], names: tuple[str, ...] | None) -> Any:  # noqa: ANN401
    """Fitted steps of blocks of columns as one of all, which knows the columns by name if given."""
    whole = copy(steps[0])
    for name in LEARNT & vars(whole).keys():
        setattr(whole, name, np.concatenate([getattr(step, name) for step in steps]))
    whole.n_features_in_ = sum(step.n_features_in_ for step in steps)
    if names is not None:
        whole.feature_names_in_ = np.array(names, dtype=object)
    return whole


def _named(columns: Any, filler: Any, frame: pd.DataFrame) -> Any:  # noqa: ANN401
    """A ColumnTransformer of one part, as if it had been fitted to a frame with that filler."""
    ((part, _, names),) = columns.transformers
    columns.transformers = [(part, FunctionTransformer(), names)]
    columns.fit(frame.iloc[:1])
    columns.transformers = [(part, clone(filler), names)]
    columns.transformers_ = [(part, filler, names), *columns.transformers_[1:]]
    return columns
