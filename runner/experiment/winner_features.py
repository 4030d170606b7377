"""The features of a winner, to which solutions of other problems are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from runner.core.folds.source import AnyFold
    from runner.records import Booleans, Floats, Integers


@dataclass(frozen=True)
class Features:
    """The features that coefficients.csv has, in its order."""

    names: tuple[str, ...]  # (q,)
    selected: Booleans  # (q,), by the winner, for any response

    @classmethod
    def of(cls, table: pd.DataFrame) -> Features:
        """Those of coefficients.csv without its intercept."""
        selected = table.groupby("feature", sort=False)["selected"].any()
        return cls(tuple(selected.index), selected.to_numpy())

    def place(self, names: Sequence[str], values: Floats) -> Floats:
        """Values (..., w) of columns as values (..., q) of the features, 0 of those not among them.

        A column that no feature is called by, such as a level that is left out, is passed over.
        """
        at = {name: index for index, name in enumerate(names)}
        known = [(to, at[name]) for to, name in enumerate(self.names) if name in at]
        placed = np.zeros((*values.shape[:-1], len(self.names)))
        if known:
            to, source = map(list, zip(*known, strict=True))
            placed[..., to] = values[..., source]
        return placed

    def coefficients(self, problem: AnyFold, solution: Floats) -> Floats:
        """A solution (P,) as coefficients (K, q) in the features' units.

        Where values are imputed several times they are the means over the models.
        """
        parts = problem.by_column(solution[:, None])[:, 0]  # (d, K, w)
        scale = problem.columns.scale.reshape(len(parts), 1, -1)
        return self.place(problem.columns.names, (parts / scale).mean(axis=0))


def frequency(coefficients: Floats) -> Floats:
    """The share of models (m, K, q) that have a coefficient, (K, q)."""
    share: Floats = np.mean(coefficients != 0, axis=0)
    return share


def sign_flips(coefficients: Floats) -> Integers:
    """How many of the models (m, K, q) have the sign that is the rarer one, (K, q)."""
    above, below = (np.count_nonzero(sign, axis=0) for sign in (coefficients > 0, coefficients < 0))
    flips: Integers = np.minimum(above, below)
    return flips
