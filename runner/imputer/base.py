"""What every imputer offers: a scikit-learn transformer, and whether moments suffice for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runner.spec import Spec

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import TransformerMixin


class Imputer(Spec):
    """How missing values are filled, numeric and categorical columns apart.

    `indicator` adds a 0/1 column for each numeric column that has missing values on the rows the
    imputer is fitted on. `categorical` says what happens to a missing category: "missing" makes
    it a level of its own, "most_frequent" fills in the commonest level.
    """

    fills: ClassVar[bool] = True
    name: str
    indicator: bool
    categorical: Literal["missing", "most_frequent"]

    def numeric(self, seed: int) -> TransformerMixin:
        """An unfitted transformer of numeric columns (n, p), NaN where missing.

        It keeps columns without any observed value, filled with a constant, so that every fold
        has the same columns.
        """
        raise NotImplementedError

    def plain(self, fitted: TransformerMixin, columns: pd.DataFrame) -> TransformerMixin:
        """The fitted `numeric` transformer as one of scikit-learn's, for the saved model.

        Args:
            fitted: what `numeric` gave, fitted.
            columns: the numeric columns that it was fitted to.
        """
        del columns
        return fitted

    def fill_value(self) -> Literal["mean"] | float | None:
        """What fills a missing value if that is linear in the data, else None."""
        return None

    def encoder_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that fill categorical columns before they are encoded.

        Whatever their types, they come out as objects with NaN where missing: None would be
        another level than NaN, and a column that is all missing would not be text.
        """
        import numpy as np
        import pandas as pd
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import FunctionTransformer

        steps: list[tuple[str, Any]] = [
            (name, FunctionTransformer(method, kw_args=how, feature_names_out="one-to-one"))
            for name, method, how in (
                ("objects", pd.DataFrame.astype, {"dtype": object}),
                ("gaps", pd.DataFrame.fillna, {"value": np.nan}),
            )
        ]
        if self.categorical == "most_frequent":  # else NaN is a level of its own
            commonest = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
            steps.append(("imputer", commonest))
        return steps
