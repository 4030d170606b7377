"""What a fold is prepared with: imputer, encoder and scaler, for the columns of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import TransformerMixin
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    from runner.records import Floats


class ImputerKind(Protocol):
    """What the folds need to know of an imputer."""

    @property
    def indicator(self) -> bool:
        """Whether missing numeric values get a 0/1 column."""

    @property
    def categorical(self) -> str:
        """Missing or most_frequent."""

    def numeric(self, seed: int) -> TransformerMixin:
        """An unfitted transformer of the numeric columns."""

    def plain(self, fitted: TransformerMixin, columns: pd.DataFrame) -> TransformerMixin:
        """The fitted transformer as one of scikit-learn's."""

    def encoder_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps before the encoder."""

    def fill_value(self) -> Literal["mean"] | float | None:
        """What fills a missing value if that is linear in the data, else None."""


class FeaturesKind(Protocol):
    """What the folds need to know of the features."""

    @property
    def scale(self) -> bool:
        """Whether columns are standardised."""

    @property
    def drop(self) -> str | None:
        """Which level is left out: first, if_binary or none."""

    def encoder(self) -> OneHotEncoder:
        """An unfitted encoder."""

    def scaler_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that standardise."""


@dataclass(frozen=True)
class Preparation:
    """How the columns of a table become the columns that a model sees."""

    imputer: ImputerKind
    features: FeaturesKind
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    verbose_names: bool  # whether names need a prefix to differ
    seed: int

    def steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps of a scikit-learn Pipeline: `columns`, and `scaler` if there is one."""
        from sklearn.compose import ColumnTransformer
        from sklearn.pipeline import Pipeline

        parts: list[tuple[str, Any, list[str]]] = []
        if self.numeric:
            parts.append(("numeric", self.imputer.numeric(self.seed), list(self.numeric)))
        if self.categorical:
            encode = [*self.imputer.encoder_steps(), ("encoder", self.features.encoder())]
            parts.append(("categorical", Pipeline(encode), list(self.categorical)))
        columns = ColumnTransformer(parts, verbose_feature_names_out=self.verbose_names)
        return [("columns", columns), *self.features.scaler_steps()]

    def transformer(self) -> Pipeline:
        """The steps as an unfitted Pipeline without a model."""
        from sklearn.pipeline import Pipeline

        return Pipeline(self.steps())

    def fit_parameters(self, weight: Floats | None) -> dict[str, Any]:
        """Keyword arguments of `fit` that carry row weights (n,) to the scaler."""
        if weight is None or not self.features.scaler_steps():
            return {}
        return {"scaler__sample_weight": weight}
