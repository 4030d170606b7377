"""What every imputer offers: scikit-learn transformers, and whether moments suffice for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field

from runner.imputer.row_rule import RowRule
from runner.spec import Share, Spec

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import TransformerMixin
    from sklearn.impute import MissingIndicator

    from runner.core.folds import Preparation


class DataSeen(Protocol):
    """What an imputer may ask of the data before the search."""

    def missing_numeric(self) -> dict[str, int]:
        """How many values the numeric columns lack, those that lack any."""

    def left_out(self, preparation: Preparation) -> dict[str, int]:
        """How many rows the rule for rows leaves out; raises FitError or DataError if it cannot."""


Limit = Annotated[float, Field(ge=0, lt=1)]


class ColumnRule(Spec):
    """Columns that miss a larger share than `drop` of a fold's training rows are left out."""

    drop: Limit | None


class Imputer(Spec):
    """How missing values are filled, numeric and categorical columns apart.

    `indicator` adds a 0/1 column for each numeric column that has missing values on the rows the
    imputer is fitted on; `auto` only where more than `indicator_threshold` of them are missing;
    `only` replaces all columns by such ones. `categorical` says what happens to a missing
    category: "missing" makes it a level of its own, "most_frequent" fills in the commonest level,
    "constant" the level `categorical_value`. `delta` shifts every filled numeric value by so many
    standard deviations of the column's observed values. `columns` and `rows` say what is left out
    for having too many gaps.
    """

    fills: ClassVar[bool] = True
    # whether a column is filled with one value, learnt from that column alone
    by_column: ClassVar[bool] = False
    # whether arrays of numbers are filled as columns by name are, all of them or, by column, some
    takes_blocks: ClassVar[bool] = False
    # whether the columns with a role, time and group, are needed to fill the others
    uses_roles: ClassVar[bool] = False
    # whether a saved model has values of single training rows, or what lies between two of them
    keeps_rows: ClassVar[bool] = False
    name: str
    indicator: bool | Literal["auto", "only"]
    indicator_threshold: Share
    categorical: Literal["missing", "most_frequent", "constant"]
    categorical_value: str
    delta: float
    columns: ColumnRule
    rows: RowRule

    def check_data(self, data: DataSeen, preparation: Preparation) -> None:
        """Say before the search what of the data this section cannot take.

        Raises:
            ConfigError: the dataset lacks what the section needs.
            DataError: the values, or a row that must be refused.
            FitError: the rule for rows leaves none.
        """
        if self.rows.drop is not None:
            data.left_out(preparation)

    @property
    def fills_blocks(self) -> bool:
        """Whether its filler takes arrays of all columns or, by column, of some."""
        return self.takes_blocks and self.delta == 0

    @property
    def draws(self) -> int:
        """How many times values are imputed."""
        return 1

    @property
    def stacks(self) -> bool:
        """Whether one model is fitted to the rows of all draws, and not a model to each."""
        return False

    def numeric(self, seed: int) -> TransformerMixin:
        """An unfitted transformer of numeric columns (n, p), NaN where missing, to (n, p).

        It keeps columns without any observed value, filled with a constant, so that every fold
        has the same columns.
        """
        raise NotImplementedError

    def numeric_along(self, seed: int, time: str | None, group: str | None) -> TransformerMixin:
        """As `numeric`, of an imputer that uses the time and group columns of the names given.

        These come after the numeric columns, and are not among what comes out.
        """
        del time, group
        return self.numeric(seed)

    def plain(self, fitted: TransformerMixin, columns: pd.DataFrame) -> TransformerMixin:
        """The fitted `numeric` transformer as one of scikit-learn's, for the saved model.

        Args:
            fitted: what `numeric` gave, fitted.
            columns: the numeric columns that it was fitted to.
        """
        del columns
        return fitted

    def filler(
        self, seed: int, roles: tuple[str | None, str | None] = (None, None)
    ) -> TransformerMixin:
        """An unfitted transformer of numeric columns (n, p) to (n, p), the shift included.

        Args:
            seed: of what is drawn at random.
            roles: the names of the time and the group column.
        """
        imputer = self.numeric_along(seed, *roles)
        if self.delta == 0:
            return imputer
        from runner.imputer.delta import Shifted

        return Shifted(imputer, self.delta)

    def plain_part(self, name: str, fitted: Any, columns: pd.DataFrame) -> Any:  # noqa: ANN401
        """A fitted part of the preparation as scikit-learn's own, where it can be.

        Args:
            name: numeric, indicator or categorical.
            fitted: the part.
            columns: those of the part, of the rows that it was fitted to.
        """
        if name == "numeric":
            return fitted.plain() if self.delta != 0 else self.plain(fitted, columns)
        if name == "indicator" and self.indicator == "auto":
            return fitted.plain()
        return fitted

    def linear_fill(self) -> Literal["mean"] | float | None:
        """What fills a missing value if that is linear in the data, else None."""
        return None

    def fill_value(self) -> Literal["mean"] | float | None:
        """What fills a missing value if moments suffice for the whole section, else None."""
        return None if self.key_of_rows() else self.linear_fill()

    def key_of_rows(self) -> str | None:
        """What of the section needs the rows, as KEY=VALUE; None where moments suffice."""
        asked = (
            (self.linear_fill() is None, f"imputer={self.name}"),
            (self.indicator == "only", "imputer.indicator=only"),
            (self.categorical == "constant", "imputer.categorical=constant"),
            (self.delta != 0, f"imputer.delta={self.delta}"),
            (self.columns.drop is not None, f"imputer.columns.drop={self.columns.drop}"),
            (self.rows.drop is not None, f"imputer.rows.drop={self.rows.drop}"),
        )
        return next((said for needed, said in asked if needed), None)

    def indicators(self) -> MissingIndicator | None:
        """An unfitted transformer to 0/1 columns, if the config asks for any."""
        if self.indicator is False:
            return None
        from sklearn.impute import MissingIndicator

        from runner.imputer.indicator import FrequentMissing

        if self.indicator == "auto":
            return FrequentMissing(threshold=self.indicator_threshold)
        return MissingIndicator(error_on_new=False)

    def encoder_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that fill categorical columns before they are encoded."""
        from sklearn.impute import SimpleImputer

        steps = self.object_steps()
        if self.categorical == "most_frequent":  # else NaN is a level of its own
            commonest = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
            steps.append(("imputer", commonest))
        elif self.categorical == "constant":
            one = SimpleImputer(
                strategy="constant", fill_value=self.categorical_value, keep_empty_features=True
            )
            steps.append(("imputer", one))
        return steps

    def object_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that bring categorical columns to one type.

        Whatever their types, they come out as objects with NaN where missing: None would be
        another level than NaN, and a column that is all missing would not be text.
        """
        import numpy as np
        import pandas as pd
        from sklearn.preprocessing import FunctionTransformer

        return [
            (name, FunctionTransformer(method, kw_args=how, feature_names_out="one-to-one"))
            for name, method, how in (
                ("objects", pd.DataFrame.astype, {"dtype": object}),
                ("gaps", pd.DataFrame.fillna, {"value": np.nan}),
            )
        ]
