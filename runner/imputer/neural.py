"""Fill each column from a small neural network on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.imputer.base import Imputer
from runner.spec import Count, NotNegative

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.imputer.chained_regressors import ChainedRegressors


class Neural(Imputer):
    """Chained perceptrons with one hidden layer, of standardised columns, by full-batch L-BFGS.

    With standardised target y, prediction f and weights w, a network minimises

        1/2 mean (y - f)^2 + alpha/2 sum w^2

    so that, as in an elastic net, `alpha` means the same whatever the number of rows.
    """

    name: Literal["neural"]
    hidden: Count
    alpha: NotNegative
    steps: Count
    max_iter: Count
    tol: NotNegative

    def numeric(self, seed: int) -> ChainedRegressors:
        """scikit-learn's MLPRegressor, a seed for each."""
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        from runner.imputer.chained_regressors import ChainedRegressors

        network = MLPRegressor(
            hidden_layer_sizes=(self.hidden,),
            solver="lbfgs",
            max_iter=self.steps,
            random_state=seed,
        )
        standardised = TransformedTargetRegressor(
            make_pipeline(StandardScaler(), network), transformer=StandardScaler()
        )
        return ChainedRegressors(
            standardised,
            max_iter=self.max_iter,
            tol=self.tol,
            # scikit-learn divides its penalty by the rows
            per_row={"regressor__mlpregressor__alpha": self.alpha},
            random_state=seed,
        )

    def plain(self, fitted: ChainedRegressors, columns: pd.DataFrame) -> Pipeline:
        """An IterativeImputer with the same networks."""
        return fitted.as_pipeline(columns)
