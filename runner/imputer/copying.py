"""A step before scikit-learn's IterativeImputer: columns of any types in, floats of its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def copying_step() -> Pipeline:
    """An unfitted transformer of numeric columns (n, p) to floats, NaN where missing.

    IterativeImputer writes to what it is given, and pandas hands out read-only arrays. Types with
    gaps of their own, such as Int64, would become objects in a plain array.
    """
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    frame = FunctionTransformer(pd.DataFrame, feature_names_out="one-to-one")
    copy = FunctionTransformer(
        pd.DataFrame.to_numpy,
        kw_args={"dtype": np.float64, "na_value": np.nan, "copy": True},
        feature_names_out="one-to-one",
    )
    return Pipeline([("frame", frame), ("copy", copy)])
