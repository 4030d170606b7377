"""Fill each column from boosted trees on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.base import Imputer
from runner.spec import Count, NotNegative, Positive

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.imputer.chained_regressors import ChainedRegressors


class Boosting(Imputer):
    """Chained gradient boosting on histograms (Ke et al. 2017)."""

    keeps_rows: ClassVar[bool] = True
    name: Literal["boosting"]
    n_estimators: Count
    learning_rate: Positive
    max_leaf_nodes: Count
    min_samples_leaf: Count
    max_iter: Count
    tol: NotNegative

    def numeric(self, seed: int) -> ChainedRegressors:
        """scikit-learn's HistGradientBoostingRegressor, a seed for each."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        from runner.imputer.chained_regressors import ChainedRegressors

        trees = HistGradientBoostingRegressor(
            max_iter=self.n_estimators,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            early_stopping=False,
            random_state=seed,
        )
        return ChainedRegressors(trees, max_iter=self.max_iter, tol=self.tol, random_state=seed)

    def plain(self, fitted: ChainedRegressors, columns: pd.DataFrame) -> Pipeline:
        """An IterativeImputer with the same trees."""
        return fitted.as_pipeline(columns)
