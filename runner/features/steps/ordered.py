"""Categories that have an order, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from runner.errors import DataError
from runner.features.steps.base import FeatureStep, Sort
from runner.features.steps.level_text import level_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from runner.records import Floats

SHOWN = 12  # levels that a message lists
Level = str | int | float


class Ordered(FeatureStep):
    """The columns' levels as 0, 1, 2, ..., in the order of `levels`, which lists all of them.

    Where a value is missing still, it is the median of the training rows' numbers.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("categorical",)
    kind: Literal["ordered"]
    levels: Annotated[list[Level], Field(min_length=2)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        spelt = [text for level in self.levels for text in _spellings(level)]
        twice = [text for text in spelt if spelt.count(text) > 1]
        if twice:
            raise ValueError(f"levels has {twice[0]!r} more than once")
        return self

    def transformer(self) -> LevelCodes:
        """See LevelCodes."""
        return LevelCodes(levels=tuple(self.levels))


class LevelCodes(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Categorical columns as the positions of their levels in a list.

    The parts are scikit-learn's: an OrdinalEncoder, and a SimpleImputer of medians.

    Args:
        levels: texts or numbers, the lowest first; a number stands for its text as well.
        step: what messages call the step.
    """

    def __init__(self, *, levels: Sequence[Level], step: str = "") -> None:
        self.levels = levels
        self.step = step

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the medians of rows (n, p).

        Raises:
            DataError: a column has a level that is not listed.
        """
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OrdinalEncoder

        del y
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        order = np.array([level_text(level) for level in self.levels], dtype=object)
        self.encoder_ = OrdinalEncoder(
            categories=[order] * X.shape[1],
            handle_unknown="use_encoded_value",  # of gaps: other levels are refused before
            unknown_value=np.nan,
        ).fit(self._listed(X))
        self.filler_ = SimpleImputer(strategy="median", keep_empty_features=True)
        self.filler_.fit(self.encoder_.transform(self._listed(X)))
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """Rows (n, p) of positions, a median where a value is missing; raises as `fit` does."""
        filled: Floats = self.filler_.transform(self.encoder_.transform(self._listed(X)))
        return filled

    def _listed(self, X: pd.DataFrame) -> pd.DataFrame:
        """The levels as the encoder knows them."""
        columns = {str(name): self._texts(X[name]) for name in X}
        return pd.DataFrame(columns, index=X.index, dtype=object)

    def _texts(self, column: pd.Series) -> NDArray[np.object_]:
        known = {text: level_text(level) for level in self.levels for text in _spellings(level)}
        codes, levels = pd.factorize(column)
        for level in levels:
            if level_text(level) not in known:
                raise self._unlisted(str(column.name), level)
        texts = [known[level_text(level)] for level in levels]
        found: NDArray[np.object_] = np.array([*texts, np.nan], dtype=object)[codes]
        return found

    def _unlisted(self, column: str, level: object) -> DataError:
        some = ", ".join(map(str, self.levels[:SHOWN])) + (", ..." * (len(self.levels) > SHOWN))
        return DataError(
            f"features.steps.{self.step}.levels does not list {level!r}, which the column "
            f"{column!r} holds (listed: {some}): put it where it belongs among them, or, if it "
            "stands for a missing value, into dataset.na_values"
        )


def _spellings(level: Level) -> set[str]:
    """The texts that a level of the config may have in the data: of 1 they are 1 and 1.0."""
    return {str(level), level_text(level)}
