"""Values by column come in; their quantiles go out, as columns of a table of these columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Floats

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles_of(values: Mapping[str, Floats]) -> dict[str, Floats]:
    """The quantiles (5,) of each column's values (n,), as numpy and R's quantile have them."""
    return {name: np.quantile(own, QUANTILES) for name, own in values.items() if len(own)}


def quantiles_by_column(values: Floats) -> Floats:
    """The quantiles (5, c) of each column of (n, c), NaN left out; NaN of a column of nothing else.

    The same numbers as `quantiles_of` has, all columns at once.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    last = np.maximum(np.count_nonzero(~np.isnan(values), axis=0) - 1, 0)
    place = np.multiply.outer(QUANTILES, last)
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=0)
    high = np.take_along_axis(ordered, np.minimum(below + 1, last), axis=0)
    share = place - below
    # from the nearer of the two, as numpy has it
    nearer: Floats = np.where(
        share < 0.5,  # noqa: PLR2004 - a half
        low + (high - low) * share,
        high - (high - low) * (1 - share),
    )
    return nearer


def quantile_columns(
    prefix: str, quantiles: Mapping[str, Floats], names: Sequence[str]
) -> dict[str, Floats]:
    """PREFIX_q05 to PREFIX_q95 of the columns named, (c,) each; NaN of those without quantiles."""
    none = np.full(len(QUANTILES), np.nan)
    rows = np.array([quantiles.get(name, none) for name in names]).reshape(-1, len(QUANTILES))
    return {f"{prefix}_q{100 * at:02.0f}": own for at, own in zip(QUANTILES, rows.T, strict=True)}
