"""Interpolation along time within groups: incomplete columns and times in, complete ones out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from runner.imputer.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.interpolate import BSpline

    from runner.records import Booleans, Floats, Integers

Method = Literal["linear", "nearest", "previous", "spline"]


@dataclass(frozen=True)
class Series:
    """A column's observed values in the order of group and time, those of equal times averaged."""

    key: Integers  # (m,) ascending: group * stride + rank of the time
    time: Floats  # (m,) seconds
    value: Floats  # (m,)
    mean: float  # of all observed values, 0 if there is none
    splines: dict[int, BSpline]  # by group, for those that have one


@dataclass(frozen=True)
class Neighbours:
    """The observed values before and after each of k times, in the same group."""

    time_before: Floats  # (k,)
    value_before: Floats
    has_before: Booleans  # whether there is one at or before the time; else the above mean nothing
    time_after: Floats
    value_after: Floats
    has_after: Booleans  # whether there is one after it


class AlongTime(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fills a value from those that its group's training rows have before and after it.

    - `linear`: on the straight line between the two neighbours in time;
    - `nearest`: the neighbour closer in time, the earlier of two as close;
    - `previous`: the last value at or before the row's time, never a later one;
    - `spline`: on the spline of degree `order` through all of the group's values, with not-a-knot
      ends (de Boor 2001); as `linear` where they are no more than `order`.

    Values of equal times are averaged. Beyond the first and the last value the nearest is held
    (by `previous`, beyond the last alone). Where a group has no such value, its name is unknown,
    or a row's time is missing, the mean of the column's observed training values is taken.

    Args:
        method: see above.
        order: the degree of the spline.
        time: the column of times: numbers, dates, or text that spells dates.
        group: the column whose values tell the series apart; None for a single series.
    """

    def __init__(self, *, method: Method, order: int, time: str, group: str | None) -> None:
        self.method = method
        self.order = order
        self.time = time
        self.group = group

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Keep the series of rows (n, p numeric columns and those of time and group)."""
        del y
        self.columns_ = [name for name in X if name not in {self.time, self.group}]
        self.clock_ = Clock.of(X[self.time])
        self.times_: Floats = np.unique(self.clock_.read(X[self.time]))  # NaN, if any, is last
        self.groups_ = pd.Index(self._labels(X).dropna().unique(), dtype=object)
        time, key = self._places(X)
        self.series_ = [self._series(time, key, values) for values in self._values(X).T]
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """Complete the numeric columns of rows, (n, p)."""
        check_is_fitted(self)
        filled = self._values(X)
        time, key = self._places(X)
        for j, series in enumerate(self.series_):
            gaps = np.flatnonzero(np.isnan(filled[:, j]))
            filled[gaps, j] = series.mean
            placed = gaps[key[gaps] >= 0]
            if placed.size and series.key.size:
                filled[placed, j] = self._along(series, time[placed], key[placed])
        return filled

    def get_feature_names_out(self, input_features: object = None) -> Any:  # noqa: ANN401 - an array
        """The numeric columns' names."""
        del input_features
        return np.asarray(self.columns_, dtype=object)

    @property
    def _stride(self) -> int:
        return len(self.times_) + 1

    def _values(self, X: pd.DataFrame) -> Floats:
        return X[self.columns_].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)

    def _labels(self, X: pd.DataFrame) -> pd.Series:
        """Each row's group."""
        if self.group is None:
            return pd.Series(0, index=X.index, dtype=object)
        return X[self.group].astype(object)

    def _places(self, X: pd.DataFrame) -> tuple[Floats, Integers]:
        """Each row's time (n,), and its key (n,): -1 without time, or of an unknown group.

        The rank of a time is the number of training times that are not later, so that one key
        orders rows by group and then by time, as far as the training rows can tell.
        """
        time = self.clock_.read(X[self.time])
        group = self.groups_.get_indexer(self._labels(X)).astype(np.int64)
        key = group * self._stride + np.searchsorted(self.times_, time, side="right")
        return time, np.where((group < 0) | np.isnan(time), -1, key)

    def _series(self, time: Floats, key: Integers, values: Floats) -> Series:
        """The series of one column of the training rows (n,)."""
        observed = ~np.isnan(values)
        mean = float(values[observed].mean()) if observed.any() else 0.0
        placed = observed & (key >= 0)
        kept, first, at = np.unique(key[placed], return_index=True, return_inverse=True)
        sums = np.bincount(at, weights=values[placed], minlength=len(kept))
        value = sums / np.bincount(at, minlength=len(kept))
        series = Series(kept, time[placed][first], value, mean, {})
        return series if self.method != "spline" else self._with_splines(series)

    def _with_splines(self, series: Series) -> Series:
        from scipy.interpolate import make_interp_spline

        everything = np.arange(len(series.key))
        splines = {
            group: make_interp_spline(series.time[at], series.value[at], k=self.order)
            for group, at in _by_group(series.key // self._stride, everything)
            if len(at) > self.order
        }
        return Series(series.key, series.time, series.value, series.mean, splines)

    def _along(self, series: Series, time: Floats, key: Integers) -> Floats:
        """A column at times (k,) of which the keys (k,) are given."""
        near = self._neighbours(series, key)
        if self.method == "previous":
            return np.where(near.has_before, near.value_before, series.mean)
        held = np.where(near.has_before, near.value_before, series.mean)
        held = np.where(near.has_after & ~near.has_before, near.value_after, held)
        between = near.has_before & near.has_after
        filled = np.where(between, _between(self.method, near, time), held)
        if series.splines:
            for group, at in _by_group(key // self._stride, np.flatnonzero(between)):
                if group in series.splines:
                    filled[at] = series.splines[group](time[at])
        return filled

    def _neighbours(self, series: Series, key: Integers) -> Neighbours:
        after = np.searchsorted(series.key, key, side="right")
        before, last = after - 1, len(series.key) - 1
        group, groups = key // self._stride, series.key // self._stride
        has_before = (before >= 0) & (groups[before] == group)
        has_after = (after <= last) & (groups[np.minimum(after, last)] == group)
        after = np.minimum(after, last)
        return Neighbours(
            time_before=series.time[before],
            value_before=series.value[before],
            has_before=has_before,
            time_after=series.time[after],
            value_after=series.value[after],
            has_after=has_after,
        )


def _by_group(group: Integers, at: Integers) -> Iterator[tuple[int, Integers]]:
    """Each group, and those of the positions `at` that are of it."""
    at = at[np.argsort(group[at], kind="stable")]
    codes, starts = np.unique(group[at], return_index=True)
    for code, some in zip(codes, np.split(at, starts[1:]), strict=False):  # no group, one part
        yield int(code), some


def _between(method: Method, near: Neighbours, time: Floats) -> Floats:
    """The value at times (k,) that have a neighbour on both sides; the others mean nothing."""
    since, gap = time - near.time_before, near.time_after - near.time_before
    gap = np.where(near.has_before & near.has_after, gap, 1.0)
    share = since / gap
    if method == "nearest":
        return np.where(share <= 0.5, near.value_before, near.value_after)  # noqa: PLR2004 - half
    return near.value_before + share * (near.value_after - near.value_before)
