"""Fill each column from a ridge regression on the others, in rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.imputer.copying import copying_step
from runner.imputer.drawing import DrawingImputer
from runner.spec import Count, NotNegative

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from runner.imputer.chained import ChainedRidge


class Linear(DrawingImputer):
    """Chained ridge regressions (van Buuren & Groothuis-Oudshoorn 2011).

    Missing values are the regressions' predictions; with `multiple`, draws around those of
    regressions that are themselves drawn.
    """

    name: Literal["linear"]
    alpha: NotNegative
    max_iter: Count
    tol: NotNegative

    def plain(self, fitted: ChainedRidge, columns: pd.DataFrame) -> Pipeline:
        """An IterativeImputer with the same regressions, behind a step that copies."""
        from sklearn.pipeline import Pipeline

        copy = copying_step().fit(columns)
        return Pipeline([("copy", copy), ("imputer", fitted.as_iterative_imputer(columns))])

    def numeric(self, seed: int) -> ChainedRidge:
        """The numbers of scikit-learn's IterativeImputer(Ridge()); `seed` is for draws only."""
        from runner.imputer.chained import ChainedRidge

        return ChainedRidge(
            alpha=self.alpha,
            max_iter=self.max_iter,
            tol=self.tol,
            draw_seed=None if self.multiple is None else seed,
        )
