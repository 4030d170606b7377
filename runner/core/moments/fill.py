"""Moments of rows with gaps come in; moments of complete rows go out, without the rows.

Imputing column j with a value is a linear map of a row `a`: with c the column's shift,

    x_j - c_j = z_j + m_j (value_j - c_j)

so the cross products of the filled rows are L A L', with L this map, whatever rows the values
were learnt from. Indicators are entries of `a` already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.core.moments.accumulate import Layout, Moments
    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True, eq=False)
class Filled:
    """Moments of complete rows f = [1, x - centre, y - y_centre], with x the q filled columns."""

    cross: Floats  # (q + 2, q + 2), sum of w f f'
    centre: Floats  # (q,), the columns' origin, in their units
    y_centre: float
    n_rows: int
    constant: Booleans  # (q,), known to have a single value
    y_constant: bool

    @property
    def weight(self) -> float:
        """The sum of the rows' weights."""
        return float(self.cross[0, 0])

    @property
    def n_columns(self) -> int:
        """The number q of columns."""
        return len(self.centre)


def observed_count(moments: Moments) -> Integers:
    """Count the rows in which each feature is observed: (p,), unweighted."""
    layout = moments.layout
    count = np.full(layout.n_features, moments.total[0])
    count[layout.gappy] -= moments.total[layout.missing]
    return count.astype(np.int64)


def observed_mean(moments: Moments) -> Floats:
    """Average the observed values of each feature: (p,), unweighted, in the features' units.

    Unweighted, as scikit-learn's SimpleImputer takes it; 0 for a feature without any observed
    value, as it does with keep_empty_features=True.
    """
    layout = moments.layout
    count = observed_count(moments)
    mean = layout.shift + moments.total[layout.features] / np.maximum(count, 1)
    low, high = moments.low[:-1], moments.high[:-1]
    # a single value is its own mean, without rounding
    mean = np.where(low == high, low, mean)
    return np.where(count > 0, mean, 0.0)


def fill(moments: Moments, values: Floats, indicators: Sequence[int] | Integers = ()) -> Filled:
    """Impute every missing value of a feature with that feature's one value.

    Args:
        moments: Of the rows to impute, of either side of a fold.
        values: (p,), in the features' units, learnt from the training side.
        indicators: The columns that get a further column, 1 where they were missing, in this
            order and after all features. One that is not gappy is 0 throughout.
    """
    layout = moments.layout
    step = (values - layout.shift)[layout.gappy]
    absent, present, zeros = _indicator_entries(layout, np.asarray(indicators, dtype=np.int64))
    entries = np.concatenate([np.arange(1 + layout.n_features), absent, [layout.size - 1]])
    gaps = 1 + layout.gappy
    # L A, then (L A) L'
    half = moments.cross[entries]
    half[gaps] += step[:, None] * moments.cross[layout.missing]
    cross = half[:, entries]
    cross[:, gaps] += half[:, layout.missing] * step
    cross[zeros], cross[:, zeros] = 0.0, 0.0
    missing = np.where(present, moments.total[absent], 0.0)
    return Filled(
        cross=(cross + cross.T) / 2,
        centre=np.concatenate([layout.shift, np.zeros(len(absent))]),
        y_centre=layout.y_shift,
        n_rows=int(moments.total[0]),
        constant=np.concatenate(
            [_constant_features(moments, values), (missing == 0) | (missing == moments.total[0])]
        ),
        y_constant=bool(moments.low[-1] == moments.high[-1]),
    )


def transform(filled: Filled, weights: Floats | sparse.csr_array) -> Filled:
    """Replace the q columns by r linear combinations of them, x weights.

    Args:
        filled: Moments of the q columns.
        weights: (q, r), dense or sparse, such as a 1 per level and merged level.
    """
    # sparse, so that picking and merging columns costs what it touches
    chosen = sparse.csr_array(weights)
    full = sparse.block_diag([[[1.0]], chosen, [[1.0]]], format="csr")
    half = full.T @ filled.cross
    cross = np.asarray(full.T @ half.T)
    varying = abs(chosen).T @ (~filled.constant).astype(float)
    return Filled(
        cross=(cross + cross.T) / 2,
        centre=np.asarray(chosen.T @ filled.centre),
        y_centre=filled.y_centre,
        n_rows=filled.n_rows,
        constant=np.asarray(varying) == 0,
        y_constant=filled.y_constant,
    )


def _constant_features(moments: Moments, values: Floats) -> Booleans:
    """Tell which filled features have a single value: (p,)."""
    seen = observed_count(moments)
    low, high = moments.low[:-1], moments.high[:-1]
    alike = (low == high) & ((seen == moments.total[0]) | (values == low))
    constant: Booleans = alike | (seen == 0)
    return constant


def _indicator_entries(layout: Layout, columns: Integers) -> tuple[Integers, Booleans, Integers]:
    """Find the columns' m in `a`, whether there is one, and where to write 0 if there is none."""
    position = np.searchsorted(layout.gappy, columns)
    present = np.isin(columns, layout.gappy)
    entries = np.where(present, 1 + layout.n_features + position, 0)
    return entries, present, 1 + layout.n_features + np.flatnonzero(~present)
