"""A table comes in; the same goes out with the target as a family wants it, or an error why not."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.records import Booleans, Floats, Integers, Table

    Label = str | bool | int | float

SHOWN = 8  # labels that a message names
MOST_CLASSES = 20  # more labels that are numbers are taken for a quantity
TWO = 2
# texts for which YAML gives a boolean
SPELT = {True: ("true", "yes", "on", "y"), False: ("false", "no", "off", "n")}


def one_target(table: Table, family: str) -> Table:
    """The table, whose target must be one column; raises DataError if it is several."""
    if table.target.ndim > 1:
        raise DataError(
            f"dataset.target names {table.target.shape[1]} columns, but family={family} predicts "
            "one: name one of them, or choose family=multi_gaussian"
        )
    return table


def several_targets(table: Table) -> Table:
    """The table, whose target must be several columns; raises DataError if it is one."""
    if table.target.ndim == 1:
        raise DataError(
            "dataset.target names one column, but family=multi_gaussian predicts several: give a "
            "list such as dataset.target=[a,b], or choose family=gaussian"
        )
    return table


def two_classes(table: Table, positive: Label | None = None) -> Table:
    """The table with a target of 0 and 1, and the labels as (negative, positive).

    Args:
        table: with labels.
        positive: the label that is 1, as such or as text. None: true, or 1 where the other is
            lower, or else the rarer label (of two with as many rows the last in order).

    Raises:
        DataError: there are not two labels, or `positive` is neither of them.
    """
    _check_labelled(table, "binomial")
    if len(table.labels) != TWO:
        raise _not_two(table)
    code = (
        _rarer(table)
        if positive is None
        else _code_of(positive, table.labels, "family.positive is")
    )
    labels = (table.labels[1 - code], table.labels[code])
    return replace(table, target=(table.target == code).astype(np.float64), labels=labels)


def several_classes(table: Table) -> Table:
    """The table, which must have three labels or more, each in two rows or more.

    Raises:
        DataError: it has not.
    """
    _check_labelled(table, "multinomial")
    if len(table.labels) <= TWO:
        raise DataError(
            f"the target has the labels {_listed(table)}, but family=multinomial is for three or "
            "more: choose family=binomial"
        )
    rare = np.flatnonzero(_rows_of(table) < TWO)
    if len(rare):
        raise DataError(
            f"the target has labels that cannot both train and be tested, {_listed(table, rare)}: "
            f"{_remedy_of_rare(table)}"
        )
    return table


def counts(table: Table) -> Table:
    """The table, whose target must not be negative; it may be no whole number, as rates are none.

    Raises:
        DataError: it is negative somewhere.
    """
    y = one_target(table, "poisson").target
    if bad := _first(y, y < 0):
        raise DataError(
            f"the target is a negative count in {bad}, but family=poisson takes 0 and more: "
            "correct or leave out these rows, or choose family=gaussian"
        )
    return table


def amounts(table: Table) -> Table:
    """The table, whose target must be positive.

    Raises:
        DataError: it is 0 or negative somewhere.
    """
    y = one_target(table, "gamma").target
    if bad := _first(y, y <= 0):
        raise DataError(
            f"the target is 0 or negative in {bad}, but family=gamma takes positive amounts: leave "
            "out these rows, or choose family=poisson, which takes 0, or gaussian"
        )
    return table


def times(table: Table) -> Table:
    """The table, whose target must be positive times, of events at least one.

    Raises:
        DataError: there is no dataset.event, no event, or a time that is not positive.
    """
    y = one_target(table, "cox").target
    if table.event is None:
        raise DataError(
            "family=cox needs dataset.event: name the column that is 1 where the target is the "
            "time of an event, and 0 where of censoring"
        )
    if bad := _first(y, y <= 0):
        raise DataError(
            f"the target is a time that is 0 or negative in {bad}, but family=cox takes positive "
            "times: correct or leave out these rows"
        )
    if not table.event.any():
        raise DataError(
            f"dataset.event is 0 in all {table.n_rows:,} rows, so that no event tells of the "
            "features: is it the right column, or does 1 mean censored there?"
        )
    return table


def class_weight(
    codes: Floats, labels: Sequence[Label], asked: Literal["balanced"] | Mapping[Any, float]
) -> Floats:
    """The factor (n,) of each row's weight that its class has.

    Args:
        codes: of the rows' labels, (n,).
        labels: (K,).
        asked: balanced is n / (K n_k), scikit-learn's, with n_k of the n rows in a row's class of
            K; or weights by label, 1 for those that are not named.

    Raises:
        DataError: a label is none of the target's.
    """
    code = codes.astype(np.int64)
    if asked == "balanced":
        count = np.bincount(code, minlength=len(labels))
        factor: Floats = count.sum() / (len(count) * np.maximum(count, 1))
        return factor[code]
    assert not isinstance(asked, str)  # noqa: S101 - the config allows one word
    factor = np.ones(len(labels))
    for label, weight in asked.items():
        factor[_code_of(label, labels, "family.class_weight names")] = weight
    return factor[code]


def _check_labelled(table: Table, family: str) -> None:
    """A target that is no file's column has numbers only."""
    one_target(table, family)
    if not table.labels:
        raise DataError(
            f"the target holds {len(np.unique(table.target)):,} different numbers, but "
            f"family={family} predicts labels: choose family=gaussian, or another dataset"
        )


def _not_two(table: Table) -> DataError:
    if _is_quantity(table):
        remedy = "as these are numbers, family=gaussian may be meant"
    else:
        remedy = "choose family=multinomial, or merge labels"
    return DataError(
        f"the target has {len(table.labels):,} labels, {_listed(table)}, but family=binomial takes "
        f"two: {remedy}"
    )


def _remedy_of_rare(table: Table) -> str:
    if _is_quantity(table):
        return "as these are numbers, family=gaussian may be meant"
    return "merge them with others, or leave out these rows"


def _is_quantity(table: Table) -> bool:
    """Whether the labels look like values of a number instead."""
    numbers = not any(isinstance(label, str | bool) for label in table.labels)
    return numbers and len(table.labels) > MOST_CLASSES


def _rarer(table: Table) -> int:
    """The code of the label that is positive where none is named."""
    first, last = table.labels
    if last is True or (not isinstance(last, str) and last == 1 > first):
        return 1
    rows = _rows_of(table)
    return 0 if rows[0] < rows[1] else 1


def _code_of(asked: Any, labels: Sequence[Label], key: str) -> int:  # noqa: ANN401 - a scalar
    """Which label is meant."""
    for same in (_is, _is_text_of):
        found = [code for code, label in enumerate(labels) if same(asked, label)]
        if len(found) == 1:
            return found[0]
    texts = [str(label) for label in labels]
    near = difflib.get_close_matches(str(asked), texts, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    some = ", ".join(map(repr, labels[:SHOWN])) + (", ..." if len(texts) > SHOWN else "")
    raise DataError(f"{key} {asked!r}, which is no label of the target{hint} (labels: {some})")


def _is(asked: object, label: object) -> bool:
    return asked == label


def _is_text_of(asked: object, label: object) -> bool:
    """Whether one is how the other is written: 1 and "1", or true and "yes"."""
    if isinstance(asked, bool):
        return str(label).lower() in SPELT[asked]
    if isinstance(label, bool):
        return str(asked).lower() in SPELT[label]
    return str(asked) == str(label)


def _rows_of(table: Table) -> Integers:
    """How many rows (K,) each label has."""
    return np.bincount(table.target.astype(np.int64), minlength=len(table.labels))


def _listed(table: Table, codes: Integers | None = None) -> str:
    """Some labels, the most frequent first, with their rows."""
    rows = _rows_of(table)
    order = np.argsort(-rows, kind="stable") if codes is None else codes
    said = [
        f"{table.labels[code]!r} ({rows[code]:,} row{'' if rows[code] == 1 else 's'})"
        for code in order[:SHOWN]
    ]
    return ", ".join(said) + (", ..." if len(order) > SHOWN else "")


def _first(y: Floats, bad: Booleans) -> str:
    """How many rows are bad, with the first value; empty if none is."""
    count = int(bad.sum())
    rows = f"{count:,} of {len(y):,} rows"
    return f"{rows} (the first: {y[bad][0]:g})" if count else ""
