"""Which columns of a file have which role, and what is said of one that cannot be used."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Protocol

from runner.dataset.date_like import look_like_dates
from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from runner.dataset.written_numbers import Notation

    Spellings = list[str | int | float]

SINGLE = ("time", "group", "weight", "event", "offset", "exposure")  # roles of one column each
MOST_LEVELS = 0.5  # a text column with more levels than this share of its rows is no category
FEW_LEVELS = 20
SOME = 12  # columns that a message lists
MOST_CLASSES = 20  # labels of a target, for a family of classes to be suggested
SHOWN = 3  # values that a message shows
LARGEST = 1e150  # in size: the squares of larger ones are infinite


class ColumnRoles(Protocol):
    """Which columns a config names, and for what."""

    @property
    def targets(self) -> list[str]:
        """What is predicted."""

    @property
    def features(self) -> list[str] | None:
        """What it is predicted from; None for every column without another role."""

    @property
    def drop(self) -> list[str]:
        """Columns that are left out."""

    @property
    def categorical(self) -> list[str]:
        """Columns of codes that are no quantities."""

    @property
    def text(self) -> list[str]:
        """Columns of free text."""

    @property
    def na_values(self) -> Spellings | dict[str, Spellings]:
        """Further spellings of a missing value, of all columns or by column."""

    @property
    def dates(self) -> list[str] | dict[str, str]:
        """Columns of dates, perhaps with how they are written."""

    @property
    def notation(self) -> Notation | None:
        """How numbers are written in texts, if they may be."""

    @property
    def time(self) -> str | None:
        """Orders the rows."""

    @property
    def group(self) -> str | None:
        """Its rows stay together."""

    @property
    def weight(self) -> str | None:
        """How much a row counts."""

    @property
    def event(self) -> str | None:
        """Whether the target is the time of an event."""

    @property
    def offset(self) -> str | None:
        """A known part of the linear predictor."""

    @property
    def exposure(self) -> str | None:
        """How much could happen, whose logarithm is an offset."""

    def missing_in(self, column: str) -> Spellings:
        """The further spellings of a missing value in a column."""


def check_roles(columns: Sequence[str], roles: ColumnRoles) -> None:
    """Raise DataError unless each column that has a role is there."""
    for problem in role_problems(columns, roles):
        raise problem


def role_problems(columns: Sequence[str], roles: ColumnRoles) -> Iterator[DataError]:
    """An error for each column that has a role and is not there."""
    named = [("target", name) for name in roles.targets]
    named += [(key, name) for key in SINGLE if (name := getattr(roles, key)) is not None]
    for key in ("features", "drop", "categorical", "text", "dates"):
        named += [(key, name) for name in getattr(roles, key) or []]
    if isinstance(roles.na_values, dict):
        named += [("na_values", name) for name in roles.na_values]
    for key, name in named:
        if name not in columns:
            yield no_column(columns, f"dataset.{key}", name)
    yield from _outcome_problems(roles)


def _outcome_problems(roles: ColumnRoles) -> Iterator[DataError]:
    """An error for each column of the outcome that has another role too."""
    for name in roles.targets:
        if name in (roles.features or []):
            yield DataError(f"dataset.features names the target {name!r}")
        if roles.targets.count(name) > 1:
            yield DataError(f"dataset.target names {name!r} more than once")
            return
    for key in ("event", "offset", "exposure"):
        name = getattr(roles, key)
        if name in roles.targets:
            yield DataError(f"dataset.{key} and dataset.target both name {name!r}")
    if roles.event in (roles.features or []):
        yield DataError(f"dataset.features names the event {roles.event!r}")


def feature_names(columns: Sequence[str], roles: ColumnRoles) -> list[str]:
    """The features, in the order of the config or of the file; raises DataError if none is left."""
    others = {*roles.targets, *roles.drop, *(getattr(roles, key) for key in SINGLE)}
    names = roles.features or [name for name in columns if name not in others]
    names = list(dict.fromkeys([*names, *roles.text]))
    names = [name for name in names if name not in roles.drop]
    if not names:
        raise DataError("no usable feature: every column is the target, has a role or is dropped")
    return names


def sentinels(values: Iterable[str | float]) -> list[Any]:
    """Each spelling of a missing value as text and, where it is one, as a number."""
    spellings: list[Any] = []
    for value in values:
        spellings.append(str(value))
        try:
            spellings.append(float(value))
        except ValueError:
            continue
    return spellings


def target_not_numeric(
    name: str,
    odd: Sequence[object],
    count: str,
    notation: Notation | None = None,
    family: str | None = None,
) -> DataError:
    """The target holds something else.

    Args:
        name: of the target.
        odd: values that are no numbers.
        count: how many there are, of how many.
        notation: in which they are numbers.
        family: that takes them as labels.
    """
    more = ", ".join(repr(value) for value in list(dict.fromkeys(map(str, odd)))[:SHOWN])
    if look_like_dates(odd):
        remedy = "these are dates, so it may be dataset.time; choose another dataset.target"
    elif notation is not None:
        remedy = f"write {notation.keys}"
    elif family is not None:
        remedy = (
            f"if these are labels of classes, choose family={family}; else put spellings of a "
            "missing value into dataset.na_values, or choose another target"
        )
    else:
        remedy = "put spellings of a missing value into dataset.na_values, or choose another target"
    return DataError(
        f"the target {name!r} is not numeric: it holds {more} ({count} are no numbers): {remedy}"
    )


def family_of_labels(labels: int) -> str | None:
    """The family for a target with so many labels; None if these are too few or too many."""
    if 2 < labels <= MOST_CLASSES:  # noqa: PLR2004 - two are binomial
        return "multinomial"
    return "binomial" if labels == 2 else None  # noqa: PLR2004


def several_labelled(names: Sequence[str]) -> DataError:
    """Only one column can hold labels."""
    return DataError(
        f"dataset.target names {len(names)} columns ({', '.join(names)}), but the family predicts "
        "one: name one of them, or choose family=multi_gaussian for several columns of numbers"
    )


def refuse_dated_labels(name: str, values: Sequence[object]) -> None:
    """Raise DataError if what should be labels is dates."""
    if look_like_dates(values):
        raise DataError(
            f"the target {name!r} holds dates, not labels: it may be dataset.time; choose another "
            "dataset.target"
        )


def event_unusable(name: str, odd: Sequence[object]) -> DataError:
    """The event has values that do not say whether it was one."""
    more = ", ".join(repr(value) for value in odd[:SHOWN])
    return DataError(
        f"dataset.event names {name!r}, which must be 1 for an event and 0 for a censored row, or "
        f"true and false, but holds {more}: write it so"
    )


def not_numbers(key: str, name: str, odd: Sequence[object]) -> DataError:
    """A column of numbers is one of something else."""
    more = ", ".join(repr(value) for value in odd[:SHOWN])
    return DataError(f"dataset.{key} names {name!r}, which must be numeric, but holds {more}")


def incomplete(key: str, name: str, count: int) -> DataError:
    """A column that must have a value in every row has not."""
    return DataError(
        f"dataset.{key} names {name!r}, which is missing or infinite in {_rows(count)} with a "
        "target: fill it in, or take these rows out of the file"
    )


def exposure_not_positive(name: str, count: int, first: float) -> DataError:
    """The logarithm of an exposure is needed."""
    return DataError(
        f"dataset.exposure names {name!r}, which must be positive, but is 0 or negative in "
        f"{_rows(count)} (the first: {first:g}): correct them, or take them out of the file"
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def target_constant(name: str, value: object, rows: int) -> DataError:
    """There is nothing to predict."""
    said = f"{value:g}" if isinstance(value, float) else repr(value)
    return DataError(
        f"the target {name!r} is {said} in all {rows} rows that have one: choose another "
        "dataset.target"
    )


def target_missing(name: str) -> DataError:
    """No row is left."""
    return DataError(f"no row has a value of the target {name!r}")


def weight_unusable(name: str) -> DataError:
    """A weight must be a finite number, not negative."""
    return DataError(f"the weight {name!r} must be numeric, not missing, not negative and finite")


def no_value(name: str) -> DataError:
    """All values are missing."""
    return DataError(f"the column {name!r} has no value at all: add it to dataset.drop")


def infinite(name: str, count: int) -> DataError:
    """Some values are infinite."""
    return DataError(f"the column {name!r} has {count} infinite values: clean or drop it")


def too_large(name: str, count: int) -> DataError:
    """Some values have squares beyond what a number can be."""
    return DataError(
        f"the column {name!r} has {count} values above {LARGEST:g} in size, too large to square: "
        "clean or drop it"
    )


def dates(name: str) -> DataError:
    """A feature holds dates."""
    return DataError(
        f"the column {name!r} holds dates: make it dataset.time, or put it into dataset.dates to "
        "count days, or drop it"
    )


def refuse_written_otherwise(
    name: str, distinct: Sequence[object], other: Callable[[], Notation | None]
) -> None:
    """Raise DataError if a text column holds dates, or numbers in another notation.

    Args:
        name: of the column.
        distinct: some of its texts, none of them missing.
        other: finds the notation.
    """
    if look_like_dates(distinct):
        raise dates(name)
    notation = other()
    if notation is not None:
        raise DataError(
            f"the column {name!r} is text, but numbers with {notation.keys}: say so, or put the "
            "column into dataset.categorical"
        )


def refuse_numeric_text(name: str, share: float, odd: Sequence[str]) -> None:
    """Raise DataError if more than half of a text column's rows are numbers, but for the odd."""
    if share > MOST_LEVELS:
        some = ", ".join(repr(value) for value in odd[:SHOWN])
        raise DataError(
            f"the column {name!r} is numeric but for {some or 'being text'}: put such spellings "
            "into dataset.na_values, or the column into dataset.categorical"
        )


def refuse_free_text(name: str, levels: int, rows: int) -> None:
    """Raise DataError if a text column has too many levels to be a category."""
    if levels > max(FEW_LEVELS, MOST_LEVELS * rows):
        raise DataError(
            f"the column {name!r} has {levels} different texts in {rows} rows: drop it, or "
            "put it into dataset.categorical if it is a category all the same, or into "
            "dataset.text, with features=text, which counts its words"
        )


def no_column(columns: Sequence[str], key: str, name: str) -> DataError:
    """A key names a column that is not there."""
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    some = ", ".join(columns[:SOME]) + (", ..." if len(columns) > SOME else "")
    return DataError(f"{key} names {name!r}, which is not a column{hint} (columns: {some})")
