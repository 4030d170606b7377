"""How the winner's features are correlated over all training rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.core.folds import FoldProblem, as_dense
from runner.records import GramProblem
from runner.statistics.collinearity import (
    LINKAGE,
    THRESHOLD,
    condition,
    correlation_of,
    generalised_inflation,
    group_alike,
    inflation,
)

if TYPE_CHECKING:
    from runner.core.folds import BlockFolds, ModelColumns
    from runner.core.folds.source import AnyFold
    from runner.experiment.judging import Winner
    from runner.records import Floats, Integers

MOST = 2_000  # features whose correlations are decomposed, which takes seconds
PAIR = 2
NOTHING = 1e-24  # of the largest variance, below which one is rounding


@dataclass(frozen=True)
class Collinearity:
    """The winner's features that vary over all training rows, and how they are correlated."""

    columns: ModelColumns  # (q,)
    at: Integers  # (v,) positions of those that vary, among those of the model
    correlation: Floats  # (v, v)
    spread: Floats  # (q,) standard deviations, in the problems' units

    @property
    def names(self) -> list[str]:
        """Of the features that vary."""
        return [self.columns.names[at] for at in self.at]

    @cached_property
    def groups(self) -> Integers:
        """The group, (v,), from 1; 0 for a feature that nothing stands in for."""
        return group_alike(self.correlation, THRESHOLD)

    def table(self) -> pd.DataFrame:
        """collinearity.csv: a row per feature that varies."""
        factors, every = inflation(self.correlation), np.arange(len(self.at))
        sources = self.columns.take(self.at).of_each_source()
        generalised = generalised_inflation(self.correlation, list(sources.values()))
        place = np.zeros(len(every), dtype=np.int64)
        for at, own in enumerate(sources.values()):
            place[own] = at
        nearest = np.abs(self.correlation - np.eye(len(every))).argmax(axis=1)
        return pd.DataFrame(
            {
                "feature": self.names,
                "column": np.array(list(sources), dtype=object)[place],
                "vif": factors,
                "tolerance": 1 / factors,
                "gvif": generalised[place],
                "group": [group or None for group in self.groups.tolist()],
                "nearest": [self.names[at] for at in nearest],
                "correlation": self.correlation[every, nearest],
            }
        ).astype({"group": "Int64"})

    def describe(self) -> dict[str, Any]:
        """Figures of all features together."""
        number, rank = condition(self.correlation)
        factors = inflation(self.correlation)
        finite = factors[np.isfinite(factors)]
        return {
            "features": len(self.at),
            "rank": rank,
            "condition_number": number,
            "largest_vif": finite.max() if len(finite) else None,
            "groups": int(self.groups.max(initial=0)),
            "threshold": THRESHOLD,
            "linkage": LINKAGE,
        }


def measure_collinearity(folds: BlockFolds, winner: Winner) -> Collinearity | str:
    """Correlate the winner's features over all training rows; or say why that was not done."""
    whole = folds.whole(winner.preparation, fit_intercept=True)
    wide = len(whole.columns.names)
    if wide > MOST:
        return f"{wide:,} features are more than the {MOST:,} whose correlations are decomposed"
    shown = np.isin(whole.columns.names, winner.final.coefficients["feature"].unique())
    covariances = _covariances(whole)
    variances = np.array([np.diagonal(covariance) for covariance in covariances])
    varying = (variances > NOTHING * variances.max()).all(axis=0) & shown
    if np.count_nonzero(varying) < PAIR:
        return "fewer than two features vary"
    at = np.flatnonzero(varying)
    correlations = [correlation_of(covariance[np.ix_(at, at)]) for covariance in covariances]
    spread = np.sqrt(variances.mean(axis=0))
    return Collinearity(whole.columns, at, np.mean(correlations, axis=0), spread)


def _covariances(whole: AnyFold) -> list[Floats]:
    """Covariances (q, q) of the features, of each imputation."""
    if isinstance(whole, FoldProblem):
        return [
            part.gram
            if isinstance(part, GramProblem)
            else _of_rows((as_dense(part.X) - part.centre) / part.scale, part.weight)
            for part in whole.parts
        ]
    return [_of_rows(as_dense(draw.X), whole.training.weight) for draw in whole.draws]


def _of_rows(X: Floats, weight: Floats) -> Floats:
    share = weight / weight.sum()
    centred = X - share @ X
    covariance: Floats = (centred.T * share) @ centred
    return covariance
