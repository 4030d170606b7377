"""A run's rows and folds come in; what forecasts without a model score on them goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.core.folds import Folds, kept_rows
from runner.core.metrics import score_predictions
from runner.features.looking_back import Forecast
from runner.statistics.naive_forecasts import naive_forecasts
from runner.store.tables import summarise_folds

if TYPE_CHECKING:
    from runner.core.folds import BlockFolds, Preparation
    from runner.core.metrics import MetricName
    from runner.family import Family
    from runner.features import Features
    from runner.records import Floats, Integers, Split, Table

NAMES = {"naive": "last_value", "seasonal_naive": "seasonal_naive"}
SCORED = {"gaussian", "poisson", "gamma"}  # families whose target is one amount


@dataclass(frozen=True)
class Judge:
    """Scores forecasts on the rows that the model is scored on, those of them that have one."""

    family: Family
    table: Table
    split: Split
    preparation: Preparation  # whose rule for rows leaves out some

    def describe(self, forecast: Floats) -> dict[str, Any]:
        """The scores of a forecast (n,), NaN where it says nothing, and how many rows that are."""
        sides = [self._predicted(*self.split.sides(fold)) for fold in self.split.folds]
        tested = self._predicted(self.split.train, self.split.test)
        by_fold = [self._scores(forecast, rows) for rows in sides]
        folds = {name: np.array([fold[name] for fold in by_fold]) for name in self.family.metrics}
        return {
            "cv": summarise_folds({str(name): scores for name, scores in folds.items()}),
            "test": self._scores(forecast, tested) if len(tested) else None,
            "left_out": {
                "validation": sum(int(np.isnan(forecast[rows]).sum()) for rows in sides),
                "test": int(np.isnan(forecast[tested]).sum()),
            },
        }

    def _predicted(self, training: Integers, rows: Integers) -> Integers:
        return kept_rows(self.table, training, rows, self.preparation)[1]

    def _scores(self, forecast: Floats, rows: Integers) -> dict[MetricName, float]:
        """Each metric; NaN without any row, or where an amount that must be positive is not."""
        rows = rows[np.isfinite(forecast[rows])]
        metrics, observed = self.family.metrics, self.table.observed(rows)
        said = forecast[rows]
        if not len(rows) or (not self.family.squared and said.min() <= 0):
            return dict.fromkeys(metrics, np.nan)
        if self.family.squared:
            found = score_predictions(metrics, observed.y, said[:, None], observed.weight)
        else:
            scoring = self.family.scoring(observed, observed)
            found = scoring.score(metrics, np.log(said)[:, None, None])
        return {name: float(score[0]) for name, score in found.items()}


def judge_baselines(
    features: Features, family: Family, folds: BlockFolds, preparation: Preparation
) -> dict[str, Any] | None:
    """`last_value`, and `seasonal_naive` where there is a season, scored as the model is.

    None where no step looks at the past, or the target is not one amount.
    """
    forecast = Forecast.of(features)
    if forecast is None or not isinstance(folds, Folds) or family.name not in SCORED:
        return None
    table = folds.table
    assert table.time is not None  # noqa: S101 - lags need it
    said = naive_forecasts(
        table.target, table.time, table.group, horizon=forecast.horizon, season=forecast.season
    )
    judge = Judge(family, table, folds.split, preparation)
    return {NAMES[name]: judge.describe(values) for name, values in said.items()}
