"""Rows with too many gaps: which are left out of training, and what becomes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from runner.errors import DataError
from runner.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from runner.records import Booleans


class RowRule(Spec):
    """Rows that miss a larger share than `drop` of their features do not train a model.

    It is a property of the row alone, so that nothing is learnt from others. `predict` says what
    becomes of such a row where a prediction is wanted, in validation and test rows: it is imputed
    like all others, refused with an error, or skipped, which leaves it without a prediction and
    out of the scores.
    """

    drop: Annotated[float, Field(ge=0, lt=1)] | None
    predict: Literal["impute", "refuse", "skip"]

    def within(self, features: pd.DataFrame) -> Booleans:
        """Which rows, (n,), miss no more than the share."""
        if self.drop is None:
            return np.ones(len(features), dtype=bool)
        share = features.isna().to_numpy().mean(axis=1)
        within: Booleans = share <= self.drop
        return within

    def predicted(self, features: pd.DataFrame) -> Booleans:
        """Which rows, (n,), get a prediction.

        Raises:
            DataError: a row must be refused.
        """
        within = self.within(features)
        if self.predict == "impute":
            return np.ones(len(features), dtype=bool)
        if self.predict == "refuse" and not within.all():
            raise DataError(
                f"imputer.rows.predict is refuse, and {int((~within).sum()):,} of {len(within):,} "
                f"rows to predict miss more than {self.drop:.0%} of their features: choose impute "
                "or skip"
            )
        return within
