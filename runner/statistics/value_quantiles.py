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


def quantile_columns(
    prefix: str, quantiles: Mapping[str, Floats], names: Sequence[str]
) -> dict[str, Floats]:
    """PREFIX_q05 to PREFIX_q95 of the columns named, (c,) each; NaN of those without quantiles."""
    none = np.full(len(QUANTILES), np.nan)
    rows = np.array([quantiles.get(name, none) for name in names]).reshape(-1, len(QUANTILES))
    return {f"{prefix}_q{100 * at:02.0f}": own for at, own in zip(QUANTILES, rows.T, strict=True)}
