"""What a fold is prepared with: imputer, encoder and scaler, for the columns of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from runner.core.folds.filled_entries import FilledEntries
from runner.core.folds.kept_columns import KeptColumns
from runner.core.folds.word_counts import WordCounts
from runner.randomness import derive_seed

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import TransformerMixin
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    from runner.records import Booleans, Floats, Table


class RowRuleKind(Protocol):
    """Which rows train a model, and which get a prediction."""

    @property
    def drop(self) -> float | None:
        """The largest share of missing features of a row that trains; None for any."""

    def within(self, features: pd.DataFrame) -> Booleans:
        """Which rows, (n,), train."""

    def predicted(self, features: pd.DataFrame) -> Booleans:
        """Which rows, (n,), get a prediction."""


class ColumnRuleKind(Protocol):
    """Which columns are left out."""

    @property
    def drop(self) -> float | None:
        """The largest share of missing training rows of a column that is kept; None for any."""


class ImputerKind(Protocol):
    """What the folds need to know of an imputer."""

    @property
    def indicator(self) -> bool | Literal["auto", "only"]:
        """Which missing values get a 0/1 column."""

    @property
    def indicator_threshold(self) -> float:
        """The share above which `auto` adds a column."""

    @property
    def categorical(self) -> str:
        """Missing, most_frequent or constant."""

    @property
    def columns(self) -> ColumnRuleKind:
        """Which columns are left out."""

    @property
    def rows(self) -> RowRuleKind:
        """Which rows are left out."""

    @property
    def draws(self) -> int:
        """How many times values are imputed."""

    @property
    def stacks(self) -> bool:
        """Whether one model is fitted to the rows of all draws, and not a model to each."""

    @property
    def by_column(self) -> bool:
        """Whether a column is filled with one value, learnt from that column alone."""

    @property
    def fills_blocks(self) -> bool:
        """Whether arrays are filled as columns by name are, all of them or, by column, some."""

    @property
    def uses_roles(self) -> bool:
        """Whether the time and group columns are needed."""

    def filler(
        self, seed: int, roles: tuple[str | None, str | None] = (None, None)
    ) -> TransformerMixin:
        """An unfitted transformer of the numeric columns."""

    def plain_part(self, name: str, fitted: Any, columns: pd.DataFrame) -> Any:  # noqa: ANN401
        """A fitted part of the preparation as scikit-learn's own."""

    def indicators(self) -> TransformerMixin | None:
        """An unfitted transformer to 0/1 columns."""

    def object_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that bring categorical columns to one type."""

    def encoder_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps before the encoder."""

    def fill_value(self) -> Literal["mean"] | float | None:
        """What fills a missing value if moments suffice, else None."""


class ColumnSorts(Protocol):
    """The names of a table's columns, by sort."""

    @property
    def numeric(self) -> tuple[str, ...]:
        """Of numbers."""

    @property
    def categorical(self) -> tuple[str, ...]:
        """Of categories."""

    @property
    def text(self) -> tuple[str, ...]:
        """Of free text."""

    @property
    def entries(self) -> tuple[str, ...]:
        """Of a sparse matrix, which has all features where there is one."""


class FeaturesKind(Protocol):
    """What the folds need to know of the features."""

    @property
    def learns(self) -> bool:
        """Whether more is learnt of the rows than one-hot codes, so that moments do not suffice."""

    @property
    def scale(self) -> bool:
        """Whether columns are standardised."""

    @property
    def drop(self) -> str | None:
        """Which level is left out: first, if_binary or none."""

    def encoder(self) -> OneHotEncoder:
        """An unfitted encoder."""

    def stages(
        self,
        columns: Any,  # noqa: ANN401 - the features' own record of them
        counts: WordCounts | None,
        *,
        verbose_names: bool,
    ) -> list[tuple[str, Any]]:
        """Unfitted steps after gaps are filled, of the table's columns by sort."""

    def scaler_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that standardise."""


@dataclass(frozen=True)
class Preparation:
    """How the columns of a table become the columns that a model sees."""

    imputer: ImputerKind
    features: FeaturesKind
    columns: ColumnSorts
    roles: tuple[str | None, str | None]  # the time and the group column
    verbose_names: bool  # whether names need a prefix to differ
    seed: int
    # columns with gaps in the run's training rows, which get the indicators in every fold, be they
    # zeros in some; None: those with gaps in the rows that are fitted
    gappy: tuple[str, ...] | None = None

    def unscaled_steps(self, table: Table | None = None) -> list[tuple[str, Any]]:
        """Unfitted steps of a scikit-learn Pipeline before its scaler.

        `columns` fills gaps and, where the features learn no more, encodes; else their stages come
        after it. Of a table the words of texts are counted once.
        """
        from runner.core.folds.named_columns import column_transformer

        if self.columns.entries:
            filler = self.imputer.filler(self.seed, self.roles)
            return [("columns", FilledEntries(filler, self.columns.entries))]
        parts, count = self._parts(), len(self.numeric) + len(self.categorical)
        if not self.features.learns:
            verbose = self.verbose_names
            named = column_transformer(parts, count, verbose_feature_names_out=verbose)
            return [("columns", named)]
        columns = column_transformer(parts, count, verbose_feature_names_out=False)
        counts = None if table is None else WordCounts(table.features, table.counted)
        stages = self.features.stages(self.columns, counts, verbose_names=self.verbose_names)
        return [("columns", columns.set_output(transform="pandas")), *stages]

    @property
    def numeric(self) -> tuple[str, ...]:
        """Names of the numeric columns."""
        return self.columns.numeric

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the categorical columns."""
        return self.columns.categorical

    def drawn(self) -> tuple[Preparation, ...]:
        """The same preparation once per draw of the imputer, each with a seed of its own."""
        return tuple(
            replace(self, seed=derive_seed(self.seed, "draw", number))
            for number in range(self.imputer.draws)
        )

    def transformer(self, table: Table | None = None) -> Pipeline:
        """The steps as an unfitted Pipeline without a model, for rows of a table or of any."""
        from sklearn.pipeline import Pipeline

        return Pipeline([*self.unscaled_steps(table), *self.scaler_steps()])

    def unscaled(self, table: Table) -> Pipeline:
        """The same without the scaler, for rows of a table."""
        from sklearn.pipeline import Pipeline

        return Pipeline(self.unscaled_steps(table))

    def scaler_steps(self) -> list[tuple[str, Any]]:
        """Unfitted steps that standardise; a matrix stays sparse, as it is not centred.

        With an intercept that makes no difference to a model.
        """
        steps = self.features.scaler_steps()
        for _, scaler in steps if self.columns.entries else []:
            scaler.set_params(with_mean=False)
        return steps

    def fit_parameters(self, weight: Floats | None) -> dict[str, Any]:
        """Keyword arguments of `fit` that carry row weights (n,) to the scaler."""
        if weight is None or not self.scaler_steps():
            return {}
        return {"scaler__sample_weight": weight}

    def _parts(self) -> list[tuple[str, Any, Any]]:
        """The parts of the ColumnTransformer: name, unfitted transformer, its columns."""
        from sklearn.pipeline import Pipeline

        parts: list[tuple[str, Any, Any]] = []
        if self.columns.text:
            parts.append(("text", "passthrough", list(self.columns.text)))
        only = self.imputer.indicator == "only"
        if self.numeric and not only:
            filler = self.imputer.filler(self.seed, self.roles)
            parts.append(("numeric", filler, self._kept(self.numeric, self.role_columns)))
        if self.numeric and self.imputer.indicator is not False:
            indicators, names = self._indicators(self.numeric)
            parts.append(("indicator", indicators, self._kept(names)))
        if self.categorical and only:
            indicators, names = self._indicators(self.categorical)
            marked = Pipeline([*self.imputer.object_steps(), ("indicator", indicators)])
            parts.append(("categorical", marked, self._kept(names)))
        elif self.categorical:
            steps = self.imputer.encoder_steps()
            if not self.features.learns:  # else their stages encode
                steps.append(("encoder", self.features.encoder()))
            parts.append(("categorical", Pipeline(steps), self._kept(self.categorical)))
        return parts

    def _indicators(self, names: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        """An unfitted transformer to 0/1 columns, and the columns that it is given."""
        indicators: Any = self.imputer.indicators()
        if self.gappy is None or self.imputer.indicator == "auto":
            return indicators, names
        return indicators.set_params(features="all"), tuple(n for n in names if n in self.gappy)

    @property
    def role_columns(self) -> list[str]:
        """The time and group columns, each once, if the imputer needs them."""
        named = [name for name in self.roles if name]
        return list(dict.fromkeys(named)) if self.imputer.uses_roles else []

    def _kept(self, names: tuple[str, ...], roles: list[str] | None = None) -> Any:  # noqa: ANN401
        """The columns of a part, or what chooses them when it is fitted."""
        drop = self.imputer.columns.drop
        everything = [*names, *(roles or [])]
        return everything if drop is None else KeptColumns(names, drop, tuple(roles or ()))
