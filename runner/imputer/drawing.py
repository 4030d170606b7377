"""Imputers that can draw several plausible values for each missing one: multiple imputation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runner.imputer.base import Imputer


class DrawingImputer(Imputer):
    """An imputer with random draws.

    With `multiple` M, missing values are drawn M times over (Rubin 1987), to carry the uncertainty
    about them into the results. `pool` says what is made of the M completed tables: a model for
    each, whose predictions are averaged, or one model of all their rows stacked.
    """

    multiple: Annotated[int, Field(ge=2)] | None
    pool: Literal["predictions", "stacked"]

    @property
    def draws(self) -> int:
        """M, or 1."""
        return self.multiple or 1

    @property
    def stacks(self) -> bool:
        """As `pool` says."""
        return self.multiple is not None and self.pool == "stacked"
