"""The power of each positive column that makes it most like a normal one: Box and Cox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from runner.features.steps.base import ColumnStep

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline


class BoxCox(ColumnStep):
    """(x^l - 1) / l, or ln x where l is 0, of positive x (Box & Cox 1964).

    Each column's l has the largest likelihood if the training rows' values are normal afterwards.
    A column that does not vary there stays as it is.
    """

    kind: Literal["box_cox"]

    def transformer(self) -> Pipeline:
        """A check, and scikit-learn's PowerTransformer of the columns that vary."""
        from sklearn.compose import ColumnTransformer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import PowerTransformer

        from runner.features.steps.positive import Positive

        remedy = (
            "set features.steps.{step}.kind=yeo_johnson, which takes any number, or leave such "
            "columns out of features.steps.{step}.columns"
        )
        power = PowerTransformer(method="box-cox", standardize=False)
        of_varying = ColumnTransformer(
            [("power", power, varying)], remainder="passthrough", verbose_feature_names_out=False
        )
        check = Positive(step=self.kind, limit=0.0, remedy=remedy)
        return Pipeline([("positive", check), ("power", of_varying)])


def varying(frame: pd.DataFrame) -> list[str]:
    """The names of the columns with more than one value: others have no likelihood to maximise."""
    values = frame.to_numpy(np.float64)
    return [str(name) for name in frame.columns[values.min(axis=0) < values.max(axis=0)]]
