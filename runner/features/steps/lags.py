"""The past of columns, and of the target itself, in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import ValidationInfo, field_validator, model_validator

from runner.errors import ConfigError
from runner.features.steps.base import RowStep
from runner.features.steps.lag_features import LagFeatures
from runner.spec import Count

if TYPE_CHECKING:
    from runner.features.steps.base import Roles


class Lags(RowStep):
    """What `columns`, and with `target` the target, were before, counted in rows of the group.

    The columns leave the model, as their values are not known when the forecast is made, `horizon`
    rows ahead; all others are taken as known by then. `season` is of no use to the model: it says
    how many rows before the seasonal naive forecast looks.
    """

    keeps_rows: ClassVar[bool] = True
    kind: Literal["lags"]
    target: bool
    horizon: Count
    lags: list[Count]
    windows: list[Count]
    differences: list[Count]
    season: Count | None

    @field_validator("lags")
    @classmethod
    def _known(cls, lags: list[int], info: ValidationInfo) -> list[int]:
        horizon = info.data.get("horizon", 1)
        if any(lag < horizon for lag in lags):
            raise ValueError(
                f"{min(lags)} is less than the horizon, {horizon}: so near the row nothing is "
                "known when the forecast is made"
            )
        return lags

    @field_validator("lags", "windows", "differences")
    @classmethod
    def _once(cls, counts: list[int]) -> list[int]:
        twice = [count for count in counts if counts.count(count) > 1]
        if twice:
            raise ValueError(f"{twice[0]} is there more than once")
        return counts

    @model_validator(mode="after")
    def _makes_something(self) -> Self:
        if not (self.target or self.columns):
            raise ValueError("target is false and columns are none: there is nothing to look at")
        if not (self.lags or self.windows or self.differences):
            raise ValueError("lags, windows and differences are empty: there is nothing to make")
        return self

    @property
    def looks_back(self) -> bool:
        """Whether it needs the target of earlier rows."""
        return self.target

    def transformer(self, columns: tuple[str, ...], roles: Roles) -> LagFeatures:
        """See LagFeatures; the target comes after the columns.

        Raises:
            ConfigError: rows have no time, or there is no one target.
        """
        if roles.time is None or (self.target and roles.target is None):
            raise ConfigError("a step of lags needs dataset.time and dataset.target")
        own = (roles.target,) if self.target and roles.target is not None else ()
        return LagFeatures(
            columns=(*columns, *own),
            lags=tuple(self.lags),
            windows=tuple(self.windows),
            differences=tuple(self.differences),
            horizon=self.horizon,
            time=roles.time,
            group=roles.group,
            remembers="all",
        )
