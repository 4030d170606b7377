"""Categories as what the target is on average where they are, each row's own target left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from sklearn.base import BaseEstimator, TransformerMixin

from runner.errors import ConfigError
from runner.features.steps.base import FeatureStep, Sort
from runner.spec import NotNegative

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from sklearn.preprocessing import TargetEncoder

    from runner.family import Family
    from runner.records import Floats

TargetType = Literal["auto", "binary", "multiclass", "continuous"]
USABLE: dict[str, tuple[TargetType, ...]] = {  # of families of classes, and of several targets
    "binomial": ("continuous", "binary", "auto"),
    "multinomial": ("multiclass", "auto"),
    "multi_gaussian": (),
}


class TargetEncoding(FeatureStep):
    """Each level as the mean of the target in the training rows that have it, drawn to that of all.

    A training row is encoded by the means of the rows in the other of `folds` inner folds, so that
    its own target is not among its features; any other row by those of all training rows. A level
    not seen in them is the mean of all. Of `multiclass` there is a column for each class, its
    share.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("categorical",)
    kind: Literal["target_encoding"]
    target_type: TargetType
    smooth: NotNegative | Literal["auto"]
    folds: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)]

    def check_family(self, name: str, family: Family) -> None:
        """Refuse several targets, and a type that is not the family's."""
        numbers: tuple[TargetType, ...] = ("continuous", "auto")
        usable = USABLE.get(family.name, numbers)
        if not usable:
            raise ConfigError(
                f"features.steps.{name} encodes by one target, but family={family.name} has "
                "several: leave the step out, or predict one target at a time"
            )
        if self.target_type not in usable:
            raise ConfigError(
                f"features.steps.{name}.target_type is {self.target_type!r}, which is not for "
                f"family={family.name}: set features.steps.{name}.target_type={usable[0]}"
            )

    def transformer(self) -> CrossFittedMeans:
        """See CrossFittedMeans."""
        return CrossFittedMeans(
            target_type=self.target_type, smooth=self.smooth, folds=self.folds, seed=self.seed
        )


class CrossFittedMeans(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """scikit-learn's TargetEncoder with inner folds that are the same every time.

    What `fit_transform` gives of rows is not what `transform` gives of the same rows: their own
    targets are in the latter.

    Args:
        target_type: as TargetEncoder's.
        smooth: as TargetEncoder's.
        folds: how many inner folds there are, stratified by classes.
        seed: of the shuffling into them.
    """

    def __init__(
        self, *, target_type: TargetType, smooth: float | Literal["auto"], folds: int, seed: int
    ) -> None:
        self.target_type = target_type
        self.smooth = smooth
        self.folds = folds
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: Floats) -> Self:
        """Learn the means of the target (n,) by level of rows (n, p)."""
        self._prepare(y).fit(X, self._settled(y))
        return self

    def fit_transform(self, X: pd.DataFrame, y: Floats) -> Floats:
        """The same, and rows, (n, p) or (n, p * classes), by means without their own targets."""
        encoded: Floats = self._prepare(y).fit_transform(X, self._settled(y))
        return encoded

    def transform(self, X: pd.DataFrame) -> Floats:
        """Rows, (n, p) or (n, p * classes), by the means of all rows that it was fitted to."""
        encoded: Floats = self.encoder_.transform(X)
        return encoded

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """The columns' own names, COLUMN_CLASS where there is one for each class."""
        names: NDArray[np.object_] = self.encoder_.get_feature_names_out(input_features)
        return names

    def _prepare(self, y: Floats) -> TargetEncoder:
        """Keep an unfitted encoder for the type of the target."""
        from sklearn.model_selection import KFold, StratifiedKFold
        from sklearn.preprocessing import TargetEncoder
        from sklearn.utils.multiclass import type_of_target

        own = type_of_target(y) if self.target_type == "auto" else self.target_type
        self.classes_are_ = own != "continuous"
        folds = StratifiedKFold if self.classes_are_ else KFold
        self.encoder_ = TargetEncoder(
            target_type=own,
            smooth=self.smooth,
            cv=folds(self.folds, shuffle=True, random_state=self.seed),
        )
        return self.encoder_

    def _settled(self, y: Floats) -> Floats | NDArray[np.int64]:
        """Codes of classes as whole numbers, by which their columns are named."""
        return y.astype(np.int64) if self.classes_are_ else y
