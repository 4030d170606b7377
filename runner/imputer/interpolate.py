"""Fill from the values before and after in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from runner.errors import ConfigError
from runner.imputer.base import Imputer

if TYPE_CHECKING:
    from runner.core.folds import Preparation
    from runner.imputer.base import DataSeen
    from runner.imputer.series import AlongTime


class Interpolate(Imputer):
    """Interpolation along the dataset's time column, within its group column if it has one.

    Only training rows are interpolated between, so that with split=time nothing comes from the
    future of a fold; with another split, a validation row lies between training rows. `order` is
    the degree of `method=spline`, and the others do not use it.

    scikit-learn has no such imputer, so that a saved model needs this package where it is loaded,
    and the columns of time and group to predict. It holds the observed training values.
    """

    uses_roles: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    name: Literal["interpolate"]
    method: Literal["linear", "nearest", "previous", "spline"]
    order: Annotated[int, Field(ge=1, le=5)]

    def check_data(self, data: DataSeen, preparation: Preparation) -> None:
        """The dataset must name the time, and neither role may be a feature as well."""
        features = (*preparation.numeric, *preparation.categorical)
        for key, column in zip(("time", "group"), preparation.roles, strict=True):
            if column in features:
                raise ConfigError(
                    f"imputer={self.name} needs dataset.{key} as it is, but dataset.features has "
                    f"{column} too: leave it out of them"
                )
        if preparation.roles[0] is None:
            raise ConfigError(
                f"imputer={self.name} needs dataset.time: name the column that holds it, or choose "
                "another imputer if there is none"
            )
        super().check_data(data, preparation)

    def numeric_along(self, seed: int, time: str | None, group: str | None) -> AlongTime:
        """A transformer of the numeric columns and those of time and group; no use of `seed`.

        Raises:
            ConfigError: there is no time.
        """
        from runner.imputer.series import AlongTime

        del seed
        if time is None:
            raise ConfigError(f"imputer={self.name} needs dataset.time")
        return AlongTime(method=self.method, order=self.order, time=time, group=group)
