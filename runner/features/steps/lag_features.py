"""Columns in order of time come in; their past, counted in rows within a group, goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from runner.dataset.column_numbers import numbers_of
from runner.errors import DataError
from runner.features.steps.past import Past, Rows
from runner.imputer.clock import Clock

if TYPE_CHECKING:
    from runner.records import Floats


class LagFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Puts in the place of columns what they were some rows before, within the row's group.

    For each column c of `columns`, NaN where the past is not known:

    - `c_lag_k`: the value k rows before;
    - `c_mean_w`: the mean of the w rows that end `horizon` rows before, NaN if one is missing;
    - `c_difference_d`: the value `horizon` rows before less the one d rows before that.

    Rows are counted in order of time, one after the other whatever lies between their times. Those
    to transform follow the last rows that were fitted, group by group; where they are fitted rows
    themselves, each counts once, as it is now. Rows that are left out between those fitted and
    those to transform, or among the latter, are not counted.

    Args:
        columns: whose past is used, numbers.
        lags: how many rows before, each at least `horizon`.
        windows: how many rows a mean has.
        differences: how many rows lie between what is compared.
        horizon: how many rows ahead is forecast, at least 1: nothing later than so many rows
            before a row enters its features.
        time: the column of times: numbers, dates, or text that spells dates.
        group: the column whose values tell the series apart; None for a single series.
        remembers: the `last` fitted rows that later ones look back to, or `all`, so that each of
            them has its past where it comes alone.
    """

    def __init__(  # noqa: PLR0913 - a parameter for each key, as scikit-learn has them
        self,
        *,
        columns: tuple[str, ...],
        lags: tuple[int, ...],
        windows: tuple[int, ...],
        differences: tuple[int, ...],
        horizon: int,
        time: str,
        group: str | None,
        remembers: Literal["last", "all"] = "last",
    ) -> None:
        self.columns = columns
        self.lags = lags
        self.windows = windows
        self.differences = differences
        self.horizon = horizon
        self.time = time
        self.group = group
        self.remembers = remembers

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Remember rows of each group, and the names `made_` of the new columns.

        Raises:
            DataError: a time is missing, or twice in a group; a column is not one of numbers, or
                has the name of a new one.
            ValueError: a lag is below the horizon, or a count below 1.
        """
        del y
        self._check_counts()
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self._check_names()
        self.clock_ = Clock.of(X[self.time])
        rows = self._rows(X)
        past = self._past(X, rows.take(np.zeros(len(X), dtype=bool)), rows)
        known = past.last(len(X) if self.remembers == "all" else self._reach())
        self.history_group_, self.history_time_ = known.group, known.time
        self.history_values_ = known.numbers
        self.made_ = self._new_names()
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Rows (n, p) with new columns in the place of `columns`, in their order and index.

        Raises:
            DataError: a time is missing, twice in a group, or spelled in another way.
        """
        check_is_fitted(self)
        X = X[list(self.feature_names_in_)]
        known = Rows(self.history_group_, self.history_time_, self.history_values_)
        past = self._past(X, known, self._rows(X))
        is_own, parts = past.own >= 0, self._parts(past)
        made = np.empty((len(X), len(self.columns), len(parts)))
        for number, part in enumerate(parts):
            made[past.own[is_own], :, number] = part[is_own]
        names = self._new_names()
        new = pd.DataFrame(made.reshape(len(X), len(names)), index=X.index, columns=names)
        return pd.concat([X.drop(columns=list(self.columns)), new], axis=1)

    def get_feature_names_out(self, input_features: object = None) -> Any:  # noqa: ANN401 - an array
        """The names of the columns that `transform` gives, in order."""
        del input_features
        check_is_fitted(self)
        kept = [name for name in self.feature_names_in_ if name not in self.columns]
        return np.asarray([*kept, *self._new_names()], dtype=object)

    def _check_counts(self) -> None:
        for name in ("lags", "windows", "differences"):
            if any(count < 1 for count in getattr(self, name)):
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.horizon < 1:
            raise ValueError(f"horizon must be at least 1, not {self.horizon}")
        if any(lag < self.horizon for lag in self.lags):
            raise ValueError(
                f"lags must be at least the horizon, {self.horizon}, not {self.lags}: what is "
                "later is not known when the forecast is made"
            )

    def _check_names(self) -> None:
        names = self.get_feature_names_out().tolist()
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"a column of lags would have the name of another: {twice[0]!r}")

    def _reach(self) -> int:
        """How many rows before a row its features look back to."""
        ends = [self.horizon + count for count in self.differences]
        ends += [self.horizon + count - 1 for count in self.windows]
        return max([*self.lags, *ends], default=0)

    def _new_names(self) -> list[str]:
        """For each column those of the parts."""
        ends = [f"lag_{count}" for count in self.lags]
        ends += [f"mean_{count}" for count in self.windows]
        ends += [f"difference_{count}" for count in self.differences]
        return [f"{column}_{end}" for column in self.columns for end in ends]

    def _parts(self, past: Past) -> list[Floats]:
        """What is made of all columns, (n, q) each: lags, means, differences."""
        values, horizon = past.rows.numbers, self.horizon
        parts = [past.before(values, lag) for lag in self.lags]
        parts += [past.before(past.means(width), horizon) for width in self.windows]
        latest = past.before(values, horizon)
        return parts + [latest - past.before(values, horizon + d) for d in self.differences]

    def _rows(self, X: pd.DataFrame) -> Rows:
        time = self.clock_.read(X[self.time])
        labels = pd.Series(0, index=X.index) if self.group is None else X[self.group]
        for name, missing in ((self.time, np.isnan(time)), (self.group, labels.isna())):
            if missing.any():
                raise DataError(f"{name!r} is missing in {int(missing.sum())} rows: lags need it")
        values = np.empty((len(X), len(self.columns)))
        for j, name in enumerate(self.columns):
            numbers = numbers_of(X[name])
            if numbers is None:
                raise DataError(f"{name!r} is not a column of numbers: it can have no lags")
            values[:, j] = numbers
        return Rows(labels.astype(object).to_numpy(), time, values)

    def _past(self, X: pd.DataFrame, remembered: Rows, rows: Rows) -> Past:
        """The rows of X after remembered ones; raises DataError if a group has a time twice."""
        past = Past.of(remembered, rows)
        at = past.repeated()
        if at is not None:
            count = int(np.sum((rows.time == rows.time[at]) & (rows.group == rows.group[at])))
            where = "" if self.group is None else f" of {self.group} {rows.group[at]}"
            raise DataError(
                f"{self.time} is {X[self.time].iloc[at]} in {count} rows{where}: lags are counted "
                "in rows, and need one for each time; name the column that tells series apart in "
                "dataset.group"
            )
        return past
