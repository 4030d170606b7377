"""Steps that use the past come in; what they ask of the other sections, and of the folds, goes out.

A model must not know, when it forecasts a row, what is later than its features are: so that rows
that train end `horizon` times before the first row that is forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.checks import UNEVEN_TIMES
from runner.errors import ConfigError
from runner.features.steps.base import SortedColumns
from runner.statistics.series_gaps import DAY, series_gaps

if TYPE_CHECKING:
    from runner.checks import Finding
    from runner.dataset import Dataset
    from runner.family import Family
    from runner.features.feature_set import Features
    from runner.records import Integers, Split, Table
    from runner.statistics.series_gaps import SeriesGaps

KIND = "lags"
UNITS = (("day", DAY), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))


@dataclass(frozen=True)
class Forecast:
    """What is forecast: how many rows ahead, and how many rows a season has, if it has one."""

    horizon: int
    season: int | None

    @classmethod
    def of(cls, features: Features) -> Forecast | None:
        """By the steps of lags, of several horizons the longest; None without such a step."""
        steps = _steps(features).values()
        seasons = [step.season for step in steps if step.season is not None]
        horizons = [step.horizon for step in steps]
        return cls(max(horizons), next(iter(seasons), None)) if horizons else None


def check_sections(features: Features, dataset: Dataset, family: Family) -> None:
    """Whether the other sections have what steps of lags need.

    Raises:
        ConfigError: there is no time, no one target of numbers, or two steps take the target.
    """
    taken = ""
    for key, step in _steps(features).items():
        if getattr(dataset, "time", None) is None:
            raise ConfigError(f"{key} needs dataset.time: name the column that orders the rows")
        if not step.target:
            continue
        several = isinstance(getattr(dataset, "target", None), list)
        if several or family.reads == "labels" or family.takes_event:
            raise ConfigError(
                f"{key}.target is true, but the past of {dataset.target_name} is no column of "
                f"numbers with family={family.name}: set {key}.target=false"
            )
        if taken:
            raise ConfigError(f"{key}.target is true, but {taken} has the target's past already")
        taken = key


def check_columns(features: Features, table: Table) -> None:
    """Whether the past of each column is taken once.

    Raises:
        ConfigError: two steps of lags mean one column.
    """
    columns = SortedColumns(table.numeric, table.categorical, table.text)
    taken: dict[str, str] = {}
    for key, step in _steps(features).items():
        for column in step.chosen(key.rpartition(".")[2], columns):
            if column in taken:
                raise ConfigError(
                    f"{key}.columns has {column!r}, whose past {taken[column]} has taken already"
                )
            taken[column] = key


def check_split(features: Features, splitter: str, table: Table, split: Split) -> None:
    """Whether all that a model is trained on is known when it forecasts.

    Args:
        features: the section.
        splitter: the option of the split.
        table: its rows.
        split: how they are divided.

    Raises:
        ConfigError: a fold, or the training rows, end too late for the rows after them.
    """
    time = table.time
    if time is None or not _steps(features):
        return
    ahead = _times_ahead(time, split)
    for key, step in _steps(features).items():
        if ahead >= step.horizon:
            continue
        if splitter != "time":
            raise ConfigError(
                f"{key} uses the past, so that models have to be trained on earlier rows than "
                f"those that they forecast, and split={splitter} mixes them: choose split=time"
            )
        raise ConfigError(
            f"{key}.horizon is {step.horizon}, so that split.gap must be at least "
            f"{rows_between(time, step.horizon)}: the rows before those that are forecast are not "
            "known so early, and must not be trained on"
        )


def rows_between(time: Integers, horizon: int) -> int:
    """The least `split.gap` that keeps a horizon, wherever a fold begins.

    A single series has horizon - 1 rows between; rows of one time stay together, so that of more
    of these one row of the first time is enough to leave out all of them.

    Args:
        time: (n,) ranks.
        horizon: how many times ahead is forecast.
    """
    if horizon == 1:
        return 0
    counts = np.unique(time, return_counts=True)[1]
    sums = np.r_[0, np.cumsum(counts)]
    width = min(horizon - 2, len(counts))
    return int((sums[width:] - sums[: len(sums) - width]).max()) + 1


def spacing(features: Features, table: Table) -> list[Finding]:
    """What a reader should know of the times, where lags count rows."""
    name = table.roles[0]
    if name is None or not _steps(features):
        return []
    from runner.imputer.clock import Clock  # pandas, which no config needs

    times = table.role_values[name]
    clock = Clock.of(times)
    found = series_gaps(clock.read(times), table.group, dates=clock.form is not None)
    if found.regular:
        return []
    said = f"{found.others:,} of {found.steps:,} steps from a row to the next"
    return [UNEVEN_TIMES.found(f"{said} are not {_written(found, dates=clock.form is not None)}")]


def _written(found: SeriesGaps, *, dates: bool) -> str:
    """The commonest step, with its unit."""
    unit, step = "", found.step
    if found.unit == "month":
        unit = "month"
    elif dates:
        unit, size = next((u for u in UNITS if step % u[1] == 0), UNITS[-1])
        step /= size
    return f"{step:g} {unit}{'' if step == 1 else 's'}" if unit else f"{step:g}"


def _times_ahead(time: Integers, split: Split) -> float:
    """How many times the first row to forecast is after the last that trains, the fewest."""
    sides = [*map(split.sides, split.folds), (split.train, split.test)]
    return min(
        (int(time[later].min()) - int(time[early].max()) for early, later in sides if len(later)),
        default=np.inf,
    )


def _steps(features: Features) -> dict[str, Any]:
    """The steps of lags by key; their module is not imported for any others."""
    own = features.row_steps.items()
    return {f"features.steps.{name}": step for name, step in own if step.kind == KIND}
