"""Products of two columns, beside them: how the effect of one depends on the other."""

from __future__ import annotations

import difflib
import itertools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from runner.errors import ConfigError
from runner.features.steps.base import FeatureStep, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from runner.features.steps.base import SortedColumns
    from runner.records import Floats


class Interactions(FeatureStep):
    """The products of the `terms`, named a:b, and, with `pairs`, of each two of `columns`.

    A category has a product for each level of the training rows, town_x:price, and with another
    category one for each two levels. `standardise` takes numeric columns less their mean and over
    their standard deviation before they are multiplied.

    The coefficient of a:b is how much the slope of b changes per unit of a, and that of a per unit
    of b. With `standardise` the units are standard deviations over the training rows, and the
    coefficients of a and b are the slopes where the other is at its mean; that of town_x:price is
    how much the slope of price in x differs from that in no town, per standard deviation of price.
    """

    takes: ClassVar[tuple[Sort, ...]] = ("numeric", "categorical")
    keeps: ClassVar[bool] = True
    kind: Literal["interactions"]
    terms: list[str]
    pairs: bool
    standardise: bool

    def chosen(self, name: str, columns: SortedColumns) -> tuple[str, ...]:
        """Those of `columns`, if their pairs are asked for, and those of the terms."""
        of_pairs = super().chosen(name, columns)
        usable = columns.of(self.takes)
        wanted = set(of_pairs) if self.pairs else set()
        for term in self.terms:
            two = two_of(term, usable)
            if two is None:
                raise self._no_term(name, term, usable)
            wanted |= set(two)
        return tuple(one for one in usable if one in wanted)

    def transformer(self) -> Multiplied:
        """See Multiplied."""
        return Multiplied(
            patterns=tuple(self.columns) if self.pairs else (),
            terms=tuple(self.terms),
            standardise=self.standardise,
        )

    def _no_term(self, name: str, term: str, usable: Sequence[str]) -> ConfigError:
        """What is wrong with a term, and what is near it."""
        key = f"features.steps.{name}.terms"
        parts = term.split(":")
        if len(parts) != 2 or parts[0] == parts[1]:  # noqa: PLR2004
            return ConfigError(f"{key} has {term!r}, but must have names of two columns as a:b")
        known = {part: part for part in usable}
        near = [
            known.get(part) or next(iter(difflib.get_close_matches(part, usable, n=1)), None)
            for part in parts
        ]
        hint = "" if None in near else f"; did you mean '{near[0]}:{near[1]}'?"
        wrong = next(part for part in parts if part not in known)
        return ConfigError(
            f"{key} has {term!r}, but {wrong!r} is no numeric or categorical column{hint}"
        )


def two_of(term: str, names: Iterable[str]) -> tuple[str, str] | None:
    """The two of some names that a term a:b means, whose own names may have colons."""
    known = set(names)
    for at in (at for at, letter in enumerate(term) if letter == ":"):
        first, second = term[:at], term[at + 1 :]
        if first != second and {first, second} <= known:
            return first, second
    return None


@dataclass(frozen=True)
class _Factor:
    """What a column is in a product: (n, m) numbers with a name each."""

    names: list[str]
    numbers: Floats


class Multiplied(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The products of pairs of columns; those that are not numbers are categories.

    Args:
        patterns: of columns, each two of which make a pair.
        terms: more pairs, as a:b; those of columns that are not there are passed over.
        standardise: whether numbers are standardised first.
    """

    def __init__(
        self, *, patterns: tuple[str, ...], terms: tuple[str, ...], standardise: bool
    ) -> None:
        self.patterns = patterns
        self.terms = terms
        self.standardise = standardise

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn means, standard deviations and levels of rows (n, p)."""
        del y
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.numeric_ = [str(name) for name in X.select_dtypes("number")]
        self.categorical_ = [str(name) for name in X if name not in set(self.numeric_)]
        how = self.standardise
        self.scaler_ = StandardScaler(with_mean=how, with_std=how)
        self.encoder_ = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        for learnt, names in ((self.scaler_, self.numeric_), (self.encoder_, self.categorical_)):
            if names:
                learnt.fit(X[names])
        self.pairs_ = list(self._pairs())
        factors = self._factors(X.iloc[:1])
        self.names_ = [
            f"{left}:{right}"
            for first, second in self.pairs_
            for left in factors[first].names
            for right in factors[second].names
        ]
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """Rows (n, p) to their products, (n, made)."""
        factors = self._factors(X)
        made = np.empty((len(X), len(self.names_)))
        start = 0
        for first, second in self.pairs_:
            left, right = factors[first].numbers, factors[second].numbers
            products = (left[:, :, None] * right[:, None, :]).reshape(len(X), -1)
            made[:, start : start + products.shape[1]] = products
            start += products.shape[1]
        return made

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """a:b, or COLUMN_LEVEL in the place of a category."""
        del input_features
        return np.array(self.names_, dtype=object)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Each pair once, a category before a number."""
        numeric, every = set(self.numeric_), [*self.numeric_, *self.categorical_]
        of_pairs = [one for one in every if any(fnmatchcase(one, p) for p in self.patterns)]
        terms = [two for two in (two_of(term, every) for term in self.terms) if two is not None]
        seen: set[frozenset[str]] = set()
        for first, second in [*itertools.combinations(of_pairs, 2), *terms]:
            if frozenset((first, second)) not in seen:
                seen.add(frozenset((first, second)))
                turned = first in numeric and second not in numeric
                yield (second, first) if turned else (first, second)

    def _factors(self, X: pd.DataFrame) -> dict[str, _Factor]:
        """What each column is in a product."""
        factors = {}
        if self.numeric_:
            scaled = np.asarray(self.scaler_.transform(X[self.numeric_]), dtype=np.float64)
            for at, name in enumerate(self.numeric_):
                factors[name] = _Factor([name], scaled[:, [at]])
        if self.categorical_:
            codes = np.asarray(self.encoder_.transform(X[self.categorical_]), dtype=np.float64)
            names = [str(name) for name in self.encoder_.get_feature_names_out(self.categorical_)]
            start = 0
            for name, levels in zip(self.categorical_, self.encoder_.categories_, strict=True):
                end = start + len(levels)
                factors[name] = _Factor(names[start:end], codes[:, start:end])
                start = end
        return factors
