"""Natural logarithms of numeric columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from runner.features.steps.base import ColumnStep

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline


class Log(ColumnStep):
    """The natural logarithm of value + `offset`, which must be positive.

    A coefficient b of log(x) in a model of y itself: where x is one per cent larger, y is larger
    by about b / 100.
    """

    kind: Literal["log"]
    offset: float

    def transformer(self) -> Pipeline:
        """A check that there are logarithms, and scikit-learn's FunctionTransformer to them."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import FunctionTransformer

        from runner.features.steps.positive import Positive

        remedy = (
            "set features.steps.{step}.offset greater than {needed}, or leave such columns out "
            "of features.steps.{step}.columns"
        )
        taken = FunctionTransformer(
            log_of, kw_args={"offset": self.offset}, feature_names_out="one-to-one"
        )
        check = Positive(step=self.kind, limit=-self.offset + 0.0, remedy=remedy)
        return Pipeline([("positive", check), ("log", taken)])


def log_of(X: pd.DataFrame, *, offset: float) -> pd.DataFrame:
    """ln(x + offset) of each value x, (n, p)."""
    return (X + offset).apply(np.log)
