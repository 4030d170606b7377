"""Fill each column from a regression on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.imputer.base import Imputer
from runner.imputer.copying import copying_step
from runner.spec import Count, NotNegative

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class Iterative(Imputer):
    """Chained Bayesian ridge regressions (van Buuren & Groothuis-Oudshoorn 2011), one draw."""

    name: Literal["iterative"]
    max_iter: Count
    tol: NotNegative
    n_nearest_features: Count | None

    def numeric(self, seed: int) -> Pipeline:
        """scikit-learn's IterativeImputer; `seed` picks the features when there are too many."""
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - enables the next
        from sklearn.impute import IterativeImputer
        from sklearn.pipeline import Pipeline

        imputer = IterativeImputer(
            max_iter=self.max_iter,
            tol=self.tol,
            n_nearest_features=self.n_nearest_features,
            random_state=seed,
            keep_empty_features=True,
        )
        return Pipeline([("copy", copying_step()), ("imputer", imputer)])
