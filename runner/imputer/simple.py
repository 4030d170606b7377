"""Imputers that fill a column from that column alone, with a statistic or a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from runner.imputer.base import Imputer

if TYPE_CHECKING:
    from sklearn.impute import SimpleImputer


class Simple(Imputer):
    """A statistic of the column's observed values."""

    by_column: ClassVar[bool] = True
    takes_blocks: ClassVar[bool] = True
    name: Literal["mean", "median", "most_frequent"]

    def numeric(self, seed: int) -> SimpleImputer:
        """scikit-learn's SimpleImputer; `seed` is not used."""
        from sklearn.impute import SimpleImputer

        del seed
        return SimpleImputer(strategy=self.name, keep_empty_features=True)

    def linear_fill(self) -> Literal["mean"] | None:
        """The mean is linear in the data, the median and the mode are not."""
        return "mean" if self.name == "mean" else None


class Constant(Imputer):
    """The same number everywhere."""

    by_column: ClassVar[bool] = True
    takes_blocks: ClassVar[bool] = True
    name: Literal["constant"]
    value: float

    def numeric(self, seed: int) -> SimpleImputer:
        """scikit-learn's SimpleImputer; `seed` is not used."""
        from sklearn.impute import SimpleImputer

        del seed
        return SimpleImputer(strategy="constant", fill_value=self.value, keep_empty_features=True)

    def linear_fill(self) -> float:
        """The constant itself."""
        return self.value


class Zero(Imputer):
    """0 everywhere."""

    by_column: ClassVar[bool] = True
    takes_blocks: ClassVar[bool] = True
    name: Literal["zero"]

    def numeric(self, seed: int) -> SimpleImputer:
        """scikit-learn's SimpleImputer; `seed` is not used."""
        from sklearn.impute import SimpleImputer

        del seed
        return SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True)

    def linear_fill(self) -> float:
        """Zero."""
        return 0.0
