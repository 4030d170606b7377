"""A compiled model comes in, with rows; predictions and what they are made of go out.

It needs NumPy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.compiled.gaps import LevelCodes, as_numbers
from runner.core.target_scale import Log, Sqrt, undo_yeo_johnson
from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from runner.records import Booleans, Floats, Integers

    Columns = Mapping[str, "NDArray[Any] | Coded"]

PLAIN = 0.5  # the threshold of a classifier that applies none of its own


@dataclass(frozen=True)
class Coded:
    """A column of few distinct values, as a dictionary of them."""

    codes: Integers  # (n,) positions in the levels, negative where a value is missing
    levels: Sequence[Any]


@dataclass(frozen=True)
class _Response:
    """One response of a model, for rows that are few: Python's own numbers take less time then."""

    intercept: float
    numeric: list[tuple[str, float, float]]  # name, coefficient, and what a gap adds in all
    categorical: list[tuple[str, LevelCodes, list[float]]]  # name, levels, and what each adds

    def of(self, row: Mapping[str, Any]) -> float:
        """What it adds up for a row."""
        total = self.intercept
        for name, coefficient, gap in self.numeric:
            value = row.get(name)
            total += gap if value is None or value != value else coefficient * value  # noqa: PLR0124
        for name, codes, numbers in self.categorical:
            total += numbers[codes[row.get(name)]]
        return total


class LinearModel:
    """Predicts what the Pipeline predicts that a form was compiled from.

    A column that adds nothing, whatever its value, is not looked at. Where a gap is not filled, the
    prediction is NaN, or None of a label.

    Args:
        form: as `compile_model` gives it, or JSON has it.
    """

    def __init__(self, form: Mapping[str, Any]) -> None:
        self.form = form
        self.intercept = np.array(form["intercept"], dtype=np.float64)
        self.names = [str(column["name"]) for column in form["columns"]]
        self.base = self.intercept + sum(map(_mean_of, form["columns"]))
        numeric, categorical = _sorted_columns(form["columns"])
        width = len(self.intercept)
        self._numeric = [str(column["name"]) for column in numeric]
        self._fill = np.array([column["fill"] for column in numeric], dtype=np.float64)
        self._coefficients = _stacked([column["coefficients"] for column in numeric], width)
        self._missing = _stacked([column["missing"] for column in numeric], width)
        self._codes, self._tables = {}, {}
        for column in categorical:
            levels, numbers = zip(*column["levels"], strict=True) if column["levels"] else ((), ())
            self._codes[str(column["name"])] = LevelCodes(levels)
            rows = [*numbers, column["other"], column["missing"]]
            self._tables[str(column["name"])] = _stacked(rows, width)
        self._classes = None if form["classes"] is None else np.array(form["classes"])

    @property
    def used(self) -> list[str]:
        """The columns that can make a difference, numeric ones first."""
        return [*self._numeric, *self._codes]

    def link_scale(self, columns: Columns) -> Floats:
        """What the model adds up for each row, (n, K).

        Args:
            columns: by name, (n,) each; those that add nothing may be absent.

        Raises:
            DataError: a column is absent, or holds what is no number.
        """
        total = np.tile(self.intercept, (_height(columns), 1))
        for _, added in self._added(columns):
            total += added
        return total

    def contributions(self, columns: Columns) -> Floats:
        """What each column adds less its training mean, (n, p, K), in the order of the form.

        With `base` they sum to `link_scale`. Where means are not known they are taken as 0.
        """
        found = np.zeros((_height(columns), len(self.names), len(self.intercept)))
        position = {name: at for at, name in enumerate(self.names)}
        for name, added in self._added(columns):
            found[:, position[name]] = added
        means = np.array([_mean_of(column) + 0 * self.intercept for column in self.form["columns"]])
        return found - means if len(means) else found

    def predict(self, columns: Columns) -> NDArray[Any]:
        """What the Pipeline's `predict` gives: numbers (n,) or (n, t), labels (n,), risks (n,)."""
        return self.predicted(self.link_scale(columns))

    def probabilities(self, columns: Columns) -> Floats:
        """The probability (n, c) of each class, in the order of `classes`."""
        return self.chances(self.link_scale(columns))

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
        """What is predicted of a few rows; None, NaN and what is absent are gaps."""
        return self.predicted(self.link_scale_of_rows(rows))

    def link_scale_of_rows(self, rows: Sequence[Mapping[str, Any]]) -> Floats:
        """As `link_scale`, (n, K), of rows as `rows` takes them."""
        try:
            sums = [[response.of(row) for response in self._responses] for row in rows]
        except TypeError:  # text, or a missing value of pandas' own
            return self.link_scale(self._columns_of(rows))
        return np.array(sums, dtype=np.float64).reshape(len(rows), len(self.intercept))

    def predicted(self, eta: Floats) -> NDArray[Any]:
        """What is predicted at link-scale values (n, K); see `predict`."""
        if self._classes is not None:
            return self._labels(eta)
        values = Log().undo(eta) if self.form["link"] == "log" else self._undone(eta)
        return values if len(self.intercept) > 1 else values[:, 0]

    def chances(self, eta: Floats) -> Floats:
        """The probabilities (n, c) at link-scale values (n, K), in the order of `classes`."""
        if self._classes is None:
            raise DataError(f"a model with the link {self.form['link']} has no probabilities")
        if self.form["link"] == "logit":
            second = _logistic(eta[:, 0])
            return np.column_stack([1 - second, second])
        powers = np.exp(eta - eta.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def _added(self, columns: Columns) -> Iterator[tuple[str, Floats]]:
        """Of each column that is used what it adds, (n, K)."""
        absent = [name for name in self.used if name not in columns]
        if absent:
            raise DataError(f"the rows have no column {', '.join(map(repr, absent))}")
        for at, name in enumerate(self._numeric):
            x, own = as_numbers(name, _values(columns[name])), self._coefficients[at]
            gaps: Booleans = np.isnan(x)
            if not gaps.any():
                yield name, x[:, None] * own
                continue
            added = np.where(gaps, self._fill[at], x)[:, None] * own
            yield name, added + gaps[:, None] * self._missing[at]
        for name, codes in self._codes.items():
            yield name, self._tables[name][_codes_of(codes, columns[name])]

    def _columns_of(self, rows: Sequence[Mapping[str, Any]]) -> Columns:
        """The columns that are used, (n,) each."""
        columns = {name: np.empty(len(rows), dtype=object) for name in self.used}
        for name, column in columns.items():
            column[:] = [row.get(name) for row in rows]
        return columns

    @cached_property
    def _responses(self) -> list[_Response]:
        """The same model for a row at a time."""
        gaps = self._fill[:, None] * self._coefficients + self._missing
        return [
            _Response(
                above,
                list(
                    zip(
                        self._numeric,
                        self._coefficients[:, k].tolist(),
                        gaps[:, k].tolist(),
                        strict=True,
                    )
                ),
                [
                    (name, codes, self._tables[name][:, k].tolist())
                    for name, codes in self._codes.items()
                ],
            )
            for k, above in enumerate(self.intercept.tolist())
        ]

    def _labels(self, eta: Floats) -> NDArray[Any]:
        """The class of each row, (n,); None where a gap is not filled."""
        assert self._classes is not None  # noqa: S101 - its callers ask
        labels: NDArray[Any] = self._classes[self._called(eta)]
        unknown = np.isnan(eta).any(axis=1)
        if unknown.any():
            labels = labels.astype(object)
            labels[unknown] = None
        return labels

    def _called(self, eta: Floats) -> Integers:
        """The position of each row's class, (n,)."""
        threshold = self.form["threshold"]
        if self.form["link"] == "softmax":
            return np.asarray(eta.argmax(axis=1))
        if threshold is None or threshold == PLAIN:
            return (eta[:, 0] > 0).astype(np.int64)
        at = self.form["classes"].index(self.form["positive"])
        called = self.chances(eta)[:, at] >= threshold
        return np.asarray(np.where(called, at, 1 - at))

    def _undone(self, z: Floats) -> Floats:
        """Values (n, K) in the target's units."""
        transform = self.form["transform"]
        match transform and transform["name"]:
            case None:
                return z
            case "log":
                return Log().undo(z)
            case "sqrt":
                return Sqrt().undo(z)
        return undo_yeo_johnson(z, transform["lambda"], transform["mean"], transform["sd"])


def _sorted_columns(
    columns: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The numeric and the categorical columns that add anything."""
    used = [column for column in columns if adds(column)]
    numeric = [column for column in used if column["kind"] == "numeric"]
    return numeric, [column for column in used if column["kind"] == "categorical"]


def adds(column: Mapping[str, Any]) -> bool:
    """Whether any number of a form's column is other than 0."""
    numbers = (column.get("coefficients", ()), column["missing"], column.get("other", ()))
    levels = (own for _, own in column.get("levels", ()))
    return any(any(own) for own in (*numbers, *levels))


def _mean_of(column: Mapping[str, Any]) -> Floats | float:
    """What a column adds on average, (K,); 0 where that is not known."""
    return 0.0 if column["mean"] is None else np.array(column["mean"], dtype=np.float64)


def _stacked(numbers: list[list[float]], width: int) -> Floats:
    return np.array(numbers, dtype=np.float64).reshape(len(numbers), width)


def _height(columns: Columns) -> int:
    """How many rows there are."""
    first = next(iter(columns.values()), ())
    return len(first.codes if isinstance(first, Coded) else first)


def _values(column: NDArray[Any] | Coded) -> NDArray[Any]:
    if not isinstance(column, Coded):
        return column
    levels = np.array([*column.levels, None], dtype=object)
    return levels[np.where(column.codes < 0, len(column.levels), column.codes)]


def _codes_of(known: LevelCodes, column: NDArray[Any] | Coded) -> Integers:
    """The row (n,) of a table of levels for each value of a column."""
    if not isinstance(column, Coded):
        return known.of(column)
    own = np.array([known[level] for level in [*column.levels, None]])
    return np.asarray(own[np.where(column.codes < 0, len(column.levels), column.codes)])


def _logistic(eta: Floats) -> Floats:
    """1 / (1 + exp(-eta)), without overflow."""
    small = np.exp(-np.abs(eta))
    return np.asarray(np.where(eta >= 0, 1.0, small) / (1.0 + small))
