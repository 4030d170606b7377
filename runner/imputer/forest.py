"""Fill each column from a random forest on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.base import Imputer
from runner.spec import Count

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.imputer.chained_regressors import ChainedRegressors


class Forest(Imputer):
    """Chained random forests (missForest, Stekhoven & Buehlmann 2012), with its stopping rule."""

    keeps_rows: ClassVar[bool] = True
    name: Literal["forest"]
    n_estimators: Count
    max_features: Literal["sqrt", "log2"] | None
    min_samples_leaf: Count
    max_leaf_nodes: Count | None
    max_iter: Count

    def numeric(self, seed: int) -> ChainedRegressors:
        """Forests of scikit-learn's, a seed for each."""
        from sklearn.ensemble import RandomForestRegressor

        from runner.imputer.chained_regressors import ChainedRegressors

        forest = RandomForestRegressor(
            n_estimators=self.n_estimators,
            max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf,
            max_leaf_nodes=self.max_leaf_nodes,
            random_state=seed,
        )
        return ChainedRegressors(
            forest, stop="increase", max_iter=self.max_iter, n_jobs=-1, random_state=seed
        )

    def plain(self, fitted: ChainedRegressors, columns: pd.DataFrame) -> Pipeline:
        """An IterativeImputer with the same forests."""
        return fitted.as_pipeline(columns)
