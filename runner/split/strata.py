"""Rows with codes come in; orders and blocks that share each code out go out, and their check."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.checks import CLASS_NOT_VALIDATED
from runner.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.checks import Finding
    from runner.records import Booleans, Fold, Integers, Split

SHOWN = 5  # folds that a finding names


def by_stratum(order: Integers, strata: Integers) -> Integers:
    """The order (n,), sorted by the rows' strata (n,); within one it stays as it is.

    Dealt out in turn, each stratum and all rows alike are shared out to a difference of one.
    """
    return order[np.argsort(strata[order], kind="stable")]


def first_of_each(order: Integers, strata: Integers, count: int) -> Integers:
    """The order (n,) with rows at its beginning, as many as `count`, that are shared out by strata.

    They are taken at equal distances from the rows sorted by stratum, so that a stratum has its
    share of them to a difference of less than one.
    """
    if count == 0:
        return order
    rows = by_stratum(order, strata)
    taken = np.zeros(len(rows), dtype=bool)
    taken[((np.arange(count) + 0.5) * len(rows) / count).astype(np.int64)] = True
    return np.concatenate([rows[taken], rows[~taken]])


def most_alike(drawn: Sequence[Booleans], strata: Integers, share: float) -> Booleans:
    """The one of some choices (n,) of rows that has the most even share of all strata."""
    sizes = np.bincount(strata)
    present = sizes > 0

    def unevenness(chosen: Booleans) -> float:
        has = np.bincount(strata[chosen], minlength=len(sizes))
        return float(np.abs(has[present] / sizes[present] - share).max())

    return min(drawn, key=unevenness)


def grouped_blocks(group: Integers, folds: int, seed: int, strata: Integers | None) -> Integers:
    """The block (n,) of each row, the same for all rows of a group.

    Args:
        group: (n,) codes.
        folds: how many blocks.
        seed: of the order of equal groups.
        strata: (n,) that are shared out as far as groups let them; None balances rows alone.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold  # slow to import

    block = np.empty(len(group), dtype=np.int64)
    if strata is None or np.bincount(strata).max() < folds:  # which the latter refuses
        splitter = GroupKFold(folds, shuffle=True, random_state=seed)
    else:
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # check_strata says more of small classes
        for number, (_, validation) in enumerate(splitter.split(block, strata, group)):
            block[validation] = number
    return block


def check_strata(split: Split, strata: Integers, labels: Sequence[Any]) -> list[Finding]:
    """Whether each side of each fold has what the family needs of it.

    Args:
        split: of the table's rows.
        strata: (n,) codes of all of them.
        labels: of the classes, by code; none where 1 is an event and 0 is none.

    Returns:
        A finding if a validation side, or the test rows, lack a class or have no event.

    Raises:
        DataError: a training side does, or k folds have fewer rows of it than folds.
    """
    needed = {code: f"row of the class {label!r}" for code, label in enumerate(labels)}
    needed = needed or {1: "event"}
    has = _Counts.of(split, strata, 1 + max(*needed, int(strata.max())))
    for code, name in needed.items():
        _check_enough(split, int(has.train[code]), name)
        _check_training(has, code, name)
    said = [each for code, name in needed.items() if (each := _unvalidated(has, code, name))]
    return [CLASS_NOT_VALIDATED.found("; ".join(said))] if said else []


@dataclass(frozen=True)
class _Counts:
    """How many rows of each code there are."""

    train: Integers  # (K,)
    test: Integers  # (K,)
    training: Integers  # (folds, K)
    validation: Integers  # (folds, K)

    @classmethod
    def of(cls, split: Split, strata: Integers, codes: int) -> _Counts:
        def count(rows: Integers) -> Integers:
            return np.bincount(strata[rows], minlength=codes)

        sides = [split.sides(fold) for fold in split.folds]
        return cls(
            train=count(split.train),
            test=count(split.test),
            training=np.array([count(training) for training, _ in sides]),
            validation=np.array([count(validation) for _, validation in sides]),
        )


def _check_enough(split: Split, count: int, name: str) -> None:
    """Raise DataError if k folds share out fewer rows of a class than there are folds."""
    folds = [fold for fold in split.folds if fold.partition == 0]
    if _each_validates_once(folds) and count < len(folds):
        fewer = f"choose split.folds={count}, or" if count > 1 else "choose split=holdout, or"
        raise DataError(
            f"split.folds is {len(folds)}, but the training rows have only {count} {_many(name)}: "
            f"{fewer} {_instead(name)}"
        )


def _each_validates_once(folds: list[Fold]) -> bool:
    """Whether each fold trains on all blocks but its own one."""
    return len(folds) > 1 and all(len(fold.training) == len(folds) - 1 for fold in folds)


def _check_training(has: _Counts, code: int, name: str) -> None:
    lacking = np.flatnonzero(has.training[:, code] == 0)
    if len(lacking):
        count = int(has.train[code] + has.test[code])
        raise DataError(
            f"the training side of fold {lacking[0] + 1} has no {name}, of {count} in all: choose "
            f"another split.folds, split=kfold, which shares them out, or {_instead(name)}"
        )


def _unvalidated(has: _Counts, code: int, name: str) -> str:
    """Which folds, or test rows, have no row of a class; empty if all have."""
    folds = [str(at + 1) for at in np.flatnonzero(has.validation[:, code] == 0)]
    said = []
    if folds:
        some = ", ".join(folds[:SHOWN]) + (", ..." if len(folds) > SHOWN else "")
        said.append(f"the validation side of fold {some}")
    if has.test.any() and not has.test[code]:
        said.append("the test rows")
    return f"there is no {name} in {' and '.join(said)}" if said else ""


def _many(name: str) -> str:
    return name.replace("row of", "rows of") if name.startswith("row") else f"{name}s"


def _instead(name: str) -> str:
    if name == "event":
        return "look whether dataset.event is the right column"
    return "merge the class with another"
