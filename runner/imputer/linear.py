"""Fill each column from a ridge regression on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.imputer.base import Imputer
from runner.spec import Count, NotNegative

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.imputer.chained import ChainedRidge


class Linear(Imputer):
    """Chained ridge regressions (van Buuren & Groothuis-Oudshoorn 2011), one predictive mean."""

    name: Literal["linear"]
    alpha: NotNegative
    max_iter: Count
    tol: NotNegative

    def plain(self, fitted: ChainedRidge, columns: pd.DataFrame) -> Pipeline:
        """An IterativeImputer with the same regressions, behind a step that copies.

        It writes to what it is given, and pandas hands out read-only arrays.
        """
        import numpy as np
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import FunctionTransformer

        copy = FunctionTransformer(np.array, feature_names_out="one-to-one").fit(columns)
        return Pipeline([("copy", copy), ("imputer", fitted.as_iterative_imputer(columns))])

    def numeric(self, seed: int) -> ChainedRidge:
        """The numbers of scikit-learn's IterativeImputer(Ridge()); `seed` is not used."""
        from runner.imputer.chained import ChainedRidge

        del seed
        return ChainedRidge(alpha=self.alpha, max_iter=self.max_iter, tol=self.tol)
